//! Objects as text: made of structures, most of which are empty, one takes up to ten times the memory. They are read when their
//! session is reconciled.

use std::borrow::Cow;
use std::marker::PhantomData;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::Resource;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// An object, of which only who it is and whose can be said without reading it.
#[derive(Debug, Clone)]
pub struct Kept<K> {
    metadata: ObjectMeta,
    text: Box<str>,
    kind: PhantomData<fn() -> K>,
}

impl<K: Resource + Serialize + DeserializeOwned> Kept<K> {
    /// Keeps an object.
    pub fn of(object: &K) -> Self {
        let ObjectMeta { name, namespace, uid, resource_version, owner_references, .. } =
            object.meta().clone();
        let metadata =
            ObjectMeta { name, namespace, uid, resource_version, owner_references, ..ObjectMeta::default() };
        // What was read from JSON can be written as such.
        let text = serde_json::to_string(object).unwrap_or_default().into_boxed_str();
        Self { metadata, text, kind: PhantomData }
    }

    /// Reads it.
    pub fn object(&self) -> Option<K> {
        serde_json::from_str(&self.text).ok()
    }
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
    use k8s_openapi::api::core::v1::Service;
    use kube::ResourceExt;
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_kept_is_read_back_and_says_without_that_whose_it_is() {
        let service: Service = serde_json::from_value(json!({
            "metadata": {"name": "harbor-server", "namespace": "lighthouse", "uid": "s-1", "resourceVersion": "7", "labels": {"a": "b"},
                         "ownerReferences": [{"apiVersion": "v1", "kind": "BallSession", "name": "harbor", "uid": "u"}],
                         "managedFields": [{"manager": "m", "fieldsV1": "{}"}]},
            "spec": {"ports": [{"port": 8080}]}
        }))
        .unwrap();
        let kept = Kept::of(&service);
        assert_eq!(kept.object(), Some(service.clone()));
        assert_eq!(
            (kept.name_any(), kept.uid(), kept.resource_version()),
            (service.name_any(), service.uid(), service.resource_version())
        );
        assert_eq!(
            (kept.namespace(), kept.owner_references()),
            (service.namespace(), service.owner_references())
        );
        assert_eq!(Kept::<Service>::kind(&()), "Service");
    }
}
