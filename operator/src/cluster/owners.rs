//! Which session an object belongs to.

use crds::BallSession;
use kube::runtime::reflector::ObjectRef;
use kube::{Resource, ResourceExt};

use crate::cluster::keys::Key;
use crate::session::labels;

/// The session that owns a child. Where somebody took the owner away, the label still names it.
pub(super) fn session_of<K>(child: &K) -> Option<Key>
where
    K: Resource<DynamicType = ()>,
{
    let owner = child.owner_references().iter().find_map(|owner| {
        ObjectRef::<BallSession>::from_owner_ref(child.meta().namespace.as_deref(), owner, ())
    });
    owner.map(|owner| owner.into_kind_unchecked(())).or_else(|| session_by_label(child))
}

/// The session that a label names.
pub(super) fn session_by_label<K: Resource>(object: &K) -> Option<Key> {
    let name = object.labels().get(labels::INSTANCE)?;
    Some(ObjectRef::new(name).within(object.meta().namespace.as_deref()?))
}

#[cfg(test)]
mod tests {
    use k8s_openapi::api::core::v1::Service;
    use serde_json::{Value, json};

    use super::*;

    fn service(metadata: &Value) -> Service {
        serde_json::from_value(json!({"metadata": metadata})).unwrap()
    }

    fn owner(kind: &str, name: &str) -> Value {
        json!({"apiVersion": "ballsession.dev/v1alpha1", "kind": kind, "name": name, "uid": "1"})
    }

    #[test]
    fn children_name_their_session_as_owner_or_by_label() {
        let harbor = Some(Key::new("harbor").within("lighthouse"));
        let owned =
            service(&json!({"namespace": "lighthouse", "ownerReferences": [owner("BallSession", "harbor")]}));
        assert_eq!(session_of(&owned), harbor);
        let labelled = service(&json!({
            "namespace": "lighthouse", "labels": {"app.kubernetes.io/instance": "harbor"},
            "ownerReferences": [owner("Other", "pier")]
        }));
        assert_eq!(session_of(&labelled), harbor);
        assert_eq!(session_of(&service(&json!({"namespace": "lighthouse"}))), None);
    }
}
