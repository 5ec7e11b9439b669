//! Pods of clients that nobody plans for any more: what they belonged to was deleted, and they were left behind.

use k8s_openapi::api::core::v1::Pod;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::ResourceExt;

use crate::session::labels::{Component, INSTANCE, JOB_INDEX, SESSION_UID};
use crate::session::owner::controller;
use crate::session::pod::{is_over, is_part};

/// A pod that belongs to nobody, as far as the watches know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suspect {
    /// The name of its session, in its namespace.
    pub session: String,
    /// The UID of its session; `None` of a pod that an earlier version's Job left behind, which is nobody's whether the
    /// session is there or not.
    pub session_uid: Option<String>,
}

/// Whether there is nobody who takes care of an object, as far as it says itself: what has an owner goes with it, or is its
/// business.
pub fn is_on_its_own(metadata: &ObjectMeta) -> bool {
    controller(metadata).is_none() && metadata.deletion_timestamp.is_none()
}

/// Whether a pod of ours belongs to nobody. `is_session` says whether there is a session of this name and UID: its own
/// plan removes what is not wanted of it.
pub fn suspect(pod: &Pod, is_session: impl Fn(&str, &str) -> bool) -> Option<Suspect> {
    let labels = pod.labels();
    if !is_part(pod, Component::Client) || !is_on_its_own(&pod.metadata) {
        return None;
    }
    let session = labels.get(INSTANCE)?.clone();
    if let Some(uid) = labels.get(SESSION_UID) {
        let is_planned = is_session(&session, uid);
        return (!is_planned).then(|| Suspect { session, session_uid: Some(uid.clone()) });
    }
    // Without the mark of a Job somebody made it by hand. One that is over keeps its log.
    let is_of_job = pod.annotations().contains_key(JOB_INDEX) || labels.contains_key(JOB_INDEX);
    (is_of_job && !is_over(pod)).then_some(Suspect { session, session_uid: None })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn pod(change: impl FnOnce(&mut Value)) -> Pod {
        let mut pod = json!({"metadata": {
            "name": "harbor-client-0-x", "namespace": "lighthouse", "uid": "pod-uid",
            "labels": {"app.kubernetes.io/component": "client", "app.kubernetes.io/instance": "harbor",
                       "ballsession.dev/session-uid": "gone"}
        }});
        change(&mut pod);
        serde_json::from_value(pod).unwrap()
    }

    #[test]
    fn what_was_left_behind_belongs_to_nobody() {
        let found = |change: &dyn Fn(&mut Value)| {
            suspect(&pod(change), |name, uid| (name, uid) == ("harbor", "live"))
        };
        let of = |uid: Option<&str>| {
            Some(Suspect { session: "harbor".into(), session_uid: uid.map(str::to_owned) })
        };
        assert_eq!(found(&|_| ()), of(Some("gone")));
        let label = "ballsession.dev/session-uid";
        assert_eq!(found(&|pod| pod["metadata"]["labels"][label] = json!("live")), None);
        assert_eq!(found(&|pod| pod["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:00:00Z")), None);
        let owner = json!([{"apiVersion": "v1", "kind": "K", "name": "o", "uid": "o", "controller": true}]);
        assert_eq!(found(&|pod| pod["metadata"]["ownerReferences"] = owner.clone()), None);
        assert_eq!(
            found(&|pod| pod["metadata"]["labels"]["app.kubernetes.io/component"] = json!("server")),
            None
        );

        // O7: a Job that was deleted without its pods.
        let of_job = |pod: &mut Value| {
            drop(pod["metadata"]["labels"].as_object_mut().unwrap().remove(label));
            pod["metadata"]["annotations"] = json!({"batch.kubernetes.io/job-completion-index": "0"});
        };
        assert_eq!(found(&of_job), of(None));
        assert_eq!(
            found(&|pod| {
                of_job(pod);
                pod["status"] = json!({"phase": "Succeeded"});
            }),
            None
        );
        assert_eq!(
            found(&|pod| {
                of_job(pod);
                pod["metadata"]["annotations"] = json!({});
            }),
            None,
            "somebody made it by hand"
        );
    }
}
