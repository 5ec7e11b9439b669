//! What admission made of a child when it was created, and what nobody can change of it any more. Policies and webhooks that
//! look at what is created alone, as many do, leave a child that differs from what was asked for; to ask again would undo
//! what somebody wants, or be refused for ever.

use crds::contract::APPLIED_HASH_ANNOTATION;
use kube::{Resource, ResourceExt};
use serde::Serialize;
use serde_json::{Value, json};

use crate::session::short_hash;

/// Whether the spec of a child is as the API server took it when what `hash` names was created: nobody has changed it since,
/// so whatever differs is admission's.
pub(super) fn is_as_created<K: Resource>(live: &K, hash: &str) -> bool {
    let stamp = live.annotations().get(APPLIED_HASH_ANNOTATION);
    live.meta().generation == Some(1) && stamp.is_some_and(|stamp| stamp == hash)
}

/// Leaves out of `patch` the spec: what else differs is still worth a write.
pub(super) fn without_spec(patch: &Value) -> Value {
    let mut rest = patch.clone();
    if let Some(fields) = rest.as_object_mut() {
        fields.remove("spec");
    }
    rest
}

/// Puts into `patch` what cannot be changed of the live child: the selector of a Deployment, with the labels of its pods that it
/// wants.
pub(super) fn keep_immutable<K: Resource<DynamicType = ()> + Serialize>(patch: &mut Value, live: &K) {
    let Ok(live) = serde_json::to_value(live) else { return };
    let selector = &live["spec"]["selector"];
    if K::kind(&()) != "Deployment" || selector.is_null() || patch["spec"]["selector"] == *selector {
        return;
    }
    patch["spec"]["selector"] = selector.clone();
    let labels = &mut patch["spec"]["template"]["metadata"]["labels"];
    for (key, value) in selector["matchLabels"].as_object().into_iter().flatten() {
        labels[key.as_str()] = value.clone();
    }
}

/// Names all that is stored of a child but its status, and what changes with that.
pub(super) fn fingerprint<K: Resource + Serialize>(live: &K) -> String {
    let mut live = json!(live);
    live["status"].take();
    live["metadata"]["resourceVersion"].take();
    live["metadata"]["managedFields"].take();
    short_hash(&live)
}

#[cfg(test)]
mod tests {
    use k8s_openapi::api::apps::v1::Deployment;
    use k8s_openapi::api::core::v1::Service;

    use super::*;

    fn deployment(change: &Value) -> Deployment {
        let mut live = json!({
            "metadata": {"generation": 1, "annotations": {"ballsession.dev/applied-hash": "abc"}, "resourceVersion": "7"},
            "spec": {"selector": {"matchLabels": {"app": "harbor"}},
                     "template": {"metadata": {"labels": {"app": "harbor"}}}}
        });
        let merged = change.as_object().unwrap().iter();
        merged.for_each(|(place, value)| *live.pointer_mut(place).unwrap() = value.clone());
        serde_json::from_value(live).unwrap()
    }

    #[test]
    fn a_spec_is_as_created_until_it_is_changed_or_something_else_is_asked_for() {
        let created = deployment(&json!({}));
        assert!(is_as_created(&created, "abc"));
        assert!(!is_as_created(&created, "abd"), "something else is asked for");
        assert!(!is_as_created(&deployment(&json!({"/metadata/generation": 2})), "abc"), "it was changed");
        let service: Service = serde_json::from_value(
            json!({"metadata": {"annotations": {"ballsession.dev/applied-hash": "abc"}}}),
        )
        .unwrap();
        assert!(!is_as_created(&service, "abc"), "its changes are not counted");
    }

    /// O4: refused for ever, as the field is immutable.
    #[test]
    fn a_selector_that_was_changed_at_its_creation_is_kept() {
        let asked = json!({"spec": {"selector": {"matchLabels": {"app": "harbor"}},
                                    "template": {"metadata": {"labels": {"app": "harbor", "part": "server"}}}}});
        let mut patch = asked.clone();
        keep_immutable(&mut patch, &deployment(&json!({})));
        assert_eq!(patch, asked);
        let selector = json!({"matchLabels": {"app": "harbor", "team": "a"}});
        keep_immutable(&mut patch, &deployment(&json!({"/spec/selector": selector})));
        assert_eq!(patch["spec"]["selector"], selector);
        assert_eq!(
            patch["spec"]["template"]["metadata"]["labels"],
            json!({"app": "harbor", "part": "server", "team": "a"})
        );
    }

    #[test]
    fn a_status_is_no_part_of_what_a_child_is() {
        let one = fingerprint(&deployment(&json!({})));
        assert_eq!(fingerprint(&deployment(&json!({"/metadata/resourceVersion": "8"}))), one);
        assert_ne!(fingerprint(&deployment(&json!({"/metadata/annotations": {"a": "b"}}))), one);
    }
}
