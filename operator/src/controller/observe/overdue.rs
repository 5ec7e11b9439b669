//! Clients' pods on their way out that should be gone: while one may still run, its successor is not made.

use std::time::Duration;

use jiff::Timestamp;
use k8s_openapi::api::core::v1::Pod;
use kube::ResourceExt;

use crate::controller::observe::reason::{Explanation, Reason};
use crate::session::pod::node;
use crate::timestamps::between;

/// How much longer than its own grace a pod may take to go.
const LATE_AFTER: Duration = Duration::from_secs(20);

/// What keeps a pod on its way out at `time`, or how long until that has to be asked. The time of a deletion has the pod's own
/// grace in it already.
pub(super) fn overdue(pod: &Pod, time: Timestamp) -> Result<Explanation, Duration> {
    let deleted = pod.metadata.deletion_timestamp.as_ref().map_or(time, |deleted| deleted.0);
    let left = between(time, deleted + LATE_AFTER);
    if !left.is_zero() {
        return Err(left);
    }
    let name = pod.name_any();
    let message = match node(pod) {
        Some(node) => format!(
            "{name} on node {node} was to end and does not, so that its client is not made anew: check the kubelet and \
             the container runtime of the node"
        ),
        None => format!(
            "{name} without a node was deleted and is still there, so that its client is not made anew: its finalizers are {}",
            pod.finalizers().join(", ")
        ),
    };
    Ok(Reason::PodStuck.with_message(message))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn who_does_not_go_is_named_with_the_node() {
        let pod = |spec: serde_json::Value| -> Pod {
            let metadata = json!({"name": "harbor-client-0-x", "deletionTimestamp": "1970-01-01T00:00:10Z", "finalizers": ["a/b"]});
            serde_json::from_value(json!({"metadata": metadata, "spec": spec})).unwrap()
        };
        let at = |pod: &Pod, second| overdue(pod, Timestamp::from_second(second).unwrap());
        let hanging = pod(json!({"containers": [], "nodeName": "b"}));
        assert_eq!(at(&hanging, 25), Err(Duration::from_secs(5)));
        let explanation = at(&hanging, 30).unwrap();
        assert_eq!(explanation.reason, Reason::PodStuck);
        assert!(explanation.message.starts_with("harbor-client-0-x on node b was to end"), "{explanation:?}");
        let held = at(&pod(json!({"containers": []})), 31).unwrap().message;
        assert!(held.ends_with("its finalizers are a/b"), "{held}");
    }
}
