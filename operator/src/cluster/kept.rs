//! Objects as text: made of structures, most of which are empty, one takes up to ten times the memory. They are read when their
//! session is reconciled.

use std::borrow::Cow;
use std::marker::PhantomData;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::Resource;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// An object, of which only who it is, whose, and whether it is being deleted can be said without reading it.
#[derive(Debug, Clone)]
pub struct Kept<K> {
    metadata: ObjectMeta,
    /// `None` of one that could not be written as text.
    text: Option<Box<str>>,
    kind: PhantomData<fn() -> K>,
}

impl<K: Resource<DynamicType = ()> + Serialize + DeserializeOwned> Kept<K> {
    /// Keeps an object.
    pub fn of(object: &K) -> Self {
        let ObjectMeta {
            name, namespace, uid, resource_version, owner_references, deletion_timestamp, ..
        } = object.meta().clone();
        let metadata = ObjectMeta {
            name,
            namespace,
            uid,
            resource_version,
            owner_references,
            deletion_timestamp,
            ..ObjectMeta::default()
        };
        let text = serde_json::to_string(object)
            .inspect_err(|error| report(&K::kind(&()), &metadata, error))
            .ok()
            .map(String::into_boxed_str);
        Self { metadata, text, kind: PhantomData }
    }

    /// Whether a name occurs in it. Without reading it: names have nothing that JSON would escape.
    pub(super) fn mentions(&self, name: &str) -> bool {
        self.text.as_deref().is_some_and(|text| text.contains(name))
    }

    /// Reads it. `None` where that fails, which is logged: to whoever asks there is no such object.
    pub fn object(&self) -> Option<K> {
        // What could not be written was logged then.
        let text = self.text.as_deref()?;
        serde_json::from_str(text).inspect_err(|error| report(&K::kind(&()), &self.metadata, error)).ok()
    }
}

/// What was read from JSON can be written as such, and read again: this is a fault of the program.
fn report(kind: &str, metadata: &ObjectMeta, error: &serde_json::Error) {
    let (namespace, name) = (metadata.namespace.as_deref(), metadata.name.as_deref());
    tracing::error!(kind, namespace, name, %error, "object is left out: it cannot be kept as text");
}

impl<K: Resource> Resource for Kept<K> {
    type DynamicType = K::DynamicType;
    type Scope = K::Scope;

    fn kind(kind: &K::DynamicType) -> Cow<'_, str> {
        K::kind(kind)
    }

    fn group(kind: &K::DynamicType) -> Cow<'_, str> {
        K::group(kind)
    }

    fn version(kind: &K::DynamicType) -> Cow<'_, str> {
        K::version(kind)
    }

    fn plural(kind: &K::DynamicType) -> Cow<'_, str> {
        K::plural(kind)
    }

    fn meta(&self) -> &ObjectMeta {
        &self.metadata
    }

    fn meta_mut(&mut self) -> &mut ObjectMeta {
        &mut self.metadata
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    use k8s_openapi::api::core::v1::Service;
    use kube::ResourceExt;
    use serde::{Deserialize, Serializer};
    use serde_json::json;

    use super::*;

    /// What is logged.
    #[derive(Clone, Default)]
    struct Log(Arc<Mutex<Vec<u8>>>);

    impl Write for Log {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    /// An object that cannot be written as text.
    #[derive(Resource, Deserialize)]
    #[resource(inherit = Service)]
    struct Unwritable {
        metadata: ObjectMeta,
    }

    impl Serialize for Unwritable {
        fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            Err(serde::ser::Error::custom("no words for it"))
        }
    }

    #[test]
    fn what_cannot_be_written_or_read_is_named_in_the_log() {
        let named = |name: &str| ObjectMeta {
            namespace: Some("lighthouse".into()),
            name: Some(name.into()),
            ..ObjectMeta::default()
        };
        let log = Log::default();
        let writer = log.clone();
        let subscriber =
            tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone()).finish();
        tracing::subscriber::with_default(subscriber, || {
            let kept = Kept::of(&Unwritable { metadata: named("pier") });
            assert!(kept.object().is_none() && kept.name_any() == "pier");
            let kept: Kept<Service> =
                Kept { metadata: named("quay"), text: Some("{".into()), kind: PhantomData };
            assert_eq!(kept.object(), None);
        });
        let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
        let lines: Vec<_> = log.lines().collect();
        assert_eq!(lines.len(), 2, "{log}");
        for (line, words) in lines.iter().zip([["\"pier\"", "no words for it"], ["\"quay\"", "EOF"]]) {
            let words = [&words[..], &["ERROR", "\"Service\"", "\"lighthouse\""]].concat();
            assert!(words.iter().all(|word| line.contains(word)), "{line}");
        }
    }

    #[test]
    fn what_is_kept_is_read_back_and_says_without_that_whose_it_is() {
        let service: Service = serde_json::from_value(json!({
            "metadata": {"name": "harbor-server", "namespace": "lighthouse", "uid": "s-1", "resourceVersion": "7", "labels": {"a": "b"},
                         "ownerReferences": [{"apiVersion": "v1", "kind": "BallSession", "name": "harbor", "uid": "u"}],
                         "deletionTimestamp": "2026-01-01T00:00:00Z", "managedFields": [{"manager": "m", "fieldsV1": "{}"}]},
            "spec": {"ports": [{"port": 8080}]}
        }))
        .unwrap();
        let kept = Kept::of(&service);
        assert_eq!(kept.object(), Some(service.clone()));
        assert!(kept.mentions("harbor") && !kept.mentions("quay"));
        assert_eq!(
            (kept.name_any(), kept.uid(), kept.resource_version()),
            (service.name_any(), service.uid(), service.resource_version())
        );
        assert_eq!(
            (kept.namespace(), kept.owner_references(), &kept.meta().deletion_timestamp),
            (service.namespace(), service.owner_references(), &service.metadata.deletion_timestamp)
        );
        assert_eq!(Kept::<Service>::kind(&()), "Service");
    }
}
