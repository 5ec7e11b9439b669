//! Where the server of a session is.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use k8s_openapi::api::core::v1::Pod;
use kube::ResourceExt;

use crate::clients::ServerPlace;
use crate::session::pod::{condition, is_server, node};
use crate::timestamps::between;

/// What the scheduler says of a pod that a pod on a node does not want beside it: "node(s) didn't satisfy existing pods
/// anti-affinity rules".
const KEPT_AWAY: &str = "existing pods anti-affinity";

/// Where the server's pod is among those of a session, once it has a node. One on its way out, or that failed, is none; of
/// several it is the last.
pub(in crate::controller) fn server_place(pods: &[Arc<Pod>], time: Timestamp) -> Option<ServerPlace<'_>> {
    let pod = newest_server(pods)?;
    let node = node(pod)?;
    let scheduled =
        condition(pod, "PodScheduled").and_then(|condition| condition.last_transition_time.as_ref());
    let scheduled = scheduled.map(|time| time.0);
    let since = scheduled.or(created(pod)).map(|since| between(since, time));
    Some(ServerPlace { node, since: since.unwrap_or_default() })
}

/// A server that no node takes because of where other pods are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::controller) struct KeptAway {
    /// The name of its pod.
    pub(in crate::controller) pod: String,
    /// For how long that has been so.
    pub(in crate::controller) since: Duration,
    /// The scheduler's words.
    pub(in crate::controller) why: String,
}

/// The server among the pods of a session, where the scheduler says that pods on other nodes keep it away.
pub(in crate::controller) fn kept_away(pods: &[Arc<Pod>], time: Timestamp) -> Option<KeptAway> {
    let pod = newest_server(pods).filter(|pod| node(pod).is_none())?;
    let scheduled = condition(pod, "PodScheduled").filter(|scheduled| scheduled.status == "False")?;
    let is_unschedulable = scheduled.reason.as_deref() == Some("Unschedulable");
    let why = scheduled.message.clone().filter(|why| is_unschedulable && why.contains(KEPT_AWAY))?;
    let since = scheduled.last_transition_time.as_ref().map_or(time, |since| since.0);
    Some(KeptAway { pod: pod.name_any(), since: between(since, time), why })
}

fn newest_server(pods: &[Arc<Pod>]) -> Option<&Arc<Pod>> {
    pods.iter().filter(|pod| is_server(pod)).max_by_key(|pod| created(pod))
}

fn created(pod: &Pod) -> Option<Timestamp> {
    pod.metadata.creation_timestamp.as_ref().map(|time| time.0)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn pod(change: impl FnOnce(&mut Value)) -> Arc<Pod> {
        let mut pod = json!({
            "metadata": {
                "name": "harbor-server-x", "labels": {"app.kubernetes.io/component": "server"},
                "creationTimestamp": "2026-01-01T00:00:00Z",
                "ownerReferences": [{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "o", "uid": "o", "controller": true}]
            },
            "spec": {"nodeName": "a", "containers": []},
            "status": {"conditions": [
                {"type": "PodScheduled", "status": "True", "lastTransitionTime": "2026-01-01T00:00:10Z"}
            ]}
        });
        change(&mut pod);
        Arc::new(serde_json::from_value(pod).unwrap())
    }

    #[test]
    fn a_server_is_somewhere_once_it_has_a_node_and_until_it_goes() {
        let time = "2026-01-01T00:00:17Z".parse().unwrap();
        let here = pod(|_| ());
        let place = ServerPlace { node: "a", since: Duration::from_secs(7) };
        assert_eq!(server_place(std::slice::from_ref(&here), time), Some(place));
        for gone in [
            pod(|pod| pod["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:00:16Z")),
            pod(|pod| pod["status"]["phase"] = json!("Failed")),
            pod(|pod| pod["metadata"]["labels"] = json!({"app.kubernetes.io/component": "client"})),
            pod(|pod| pod["metadata"]["ownerReferences"] = json!([])),
            pod(|pod| drop(pod["spec"].as_object_mut().unwrap().remove("nodeName"))),
        ] {
            assert_eq!(server_place(&[gone], time), None);
        }
        // Its successor is there already.
        let next = pod(|pod| {
            pod["metadata"]["creationTimestamp"] = json!("2026-01-01T00:00:15Z");
            pod["spec"] = json!({"containers": []});
        });
        assert_eq!(server_place(&[here, next], time), None);
    }

    #[test]
    fn a_server_is_kept_away_where_the_scheduler_says_so() {
        let time = "2026-01-01T00:00:17Z".parse().unwrap();
        let why = "0/2 nodes are available: 1 node(s) didn't satisfy existing pods anti-affinity rules, \
                   1 node(s) had untolerated taint(s).";
        let of = |reason: &str, message: &str| {
            let scheduled = json!({"type": "PodScheduled", "status": "False", "reason": reason, "message": message,
                                   "lastTransitionTime": "2026-01-01T00:00:10Z"});
            let pod = pod(|pod| {
                pod["spec"] = json!({"containers": []});
                pod["status"]["conditions"] = json!([scheduled]);
            });
            kept_away(&[pod], time)
        };
        let found =
            KeptAway { pod: "harbor-server-x".into(), since: Duration::from_secs(7), why: why.into() };
        assert_eq!(of("Unschedulable", why), Some(found));
        assert_eq!(of("SchedulerError", why), None);
        assert_eq!(of("Unschedulable", "0/2 nodes are available: 2 Insufficient cpu."), None);
        assert_eq!(kept_away(&[pod(|_| ())], time), None);
    }
}
