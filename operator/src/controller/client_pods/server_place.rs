//! Where the server of a session is.

use std::sync::Arc;

use jiff::Timestamp;
use k8s_openapi::api::core::v1::Pod;

use crate::clients::ServerPlace;
use crate::session::pod::{condition, is_server, node};
use crate::timestamps::between;

/// Where the server's pod is among those of a session, once it has a node. One on its way out, or that failed, is none; of
/// several it is the last.
pub(in crate::controller) fn server_place(pods: &[Arc<Pod>], time: Timestamp) -> Option<ServerPlace<'_>> {
    let created = |pod: &&Arc<Pod>| pod.metadata.creation_timestamp.as_ref().map(|time| time.0);
    let pod = pods.iter().filter(|pod| is_server(pod)).max_by_key(created)?;
    let node = node(pod)?;
    let scheduled =
        condition(pod, "PodScheduled").and_then(|condition| condition.last_transition_time.as_ref());
    let scheduled = scheduled.map(|time| time.0);
    let since = scheduled.or(created(&pod)).map(|since| between(since, time));
    Some(ServerPlace { node, since: since.unwrap_or_default() })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

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
}
