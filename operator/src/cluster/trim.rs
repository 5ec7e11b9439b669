//! What is kept of a pod, and of a ReplicaSet. Of a whole one most is the same in all of a session, and is never read: kept for
//! each of thousands it is the operator's memory.

use crds::contract::OWN_PREFIX;
use k8s_openapi::api::apps::v1::ReplicaSet;
use k8s_openapi::api::core::v1::{Pod, PodSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use crate::session::labels::JOB_INDEX;

/// Takes away what is never read: who wrote which field, annotations of others, and all of the spec but where the pod is to run; of
/// one that its affinity binds to nodes also what else binds it.
pub(super) fn trim(pod: &mut Pod) {
    pod.metadata.managed_fields = None;
    if let Some(annotations) = &mut pod.metadata.annotations {
        annotations.retain(|name, _| name.starts_with(OWN_PREFIX) || name == JOB_INDEX);
    }
    if let Some(spec) = pod.spec.take() {
        let PodSpec { node_name, scheduling_gates, affinity, node_selector, tolerations, .. } = spec;
        let is_bound = affinity.as_ref().is_some_and(|affinity| affinity.node_affinity.is_some());
        let node_selector = node_selector.filter(|_| is_bound);
        let tolerations = tolerations.filter(|_| is_bound);
        let kept = PodSpec {
            node_name,
            scheduling_gates,
            affinity,
            node_selector,
            tolerations,
            ..PodSpec::default()
        };
        pod.spec = Some(kept);
    }
}

/// Takes away all but whose a ReplicaSet is.
pub(super) fn trim_replica_set(set: &mut ReplicaSet) {
    let ObjectMeta { name, namespace, uid, resource_version, owner_references, .. } =
        std::mem::take(&mut set.metadata);
    let metadata =
        ObjectMeta { name, namespace, uid, resource_version, owner_references, ..ObjectMeta::default() };
    *set = ReplicaSet { metadata, ..ReplicaSet::default() };
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn what_is_read_stays() {
        let whole = json!({
            "apiVersion": "v1", "kind": "Pod",
            "metadata": {
                "name": "harbor-client-0-y", "uid": "pod-1", "labels": {"team": "a"}, "creationTimestamp": "2026-01-01T00:00:00Z",
                "annotations": {"ballsession.dev/attempt": "1", "batch.kubernetes.io/job-completion-index": "0", "example.com/networks": "a long list"},
                "ownerReferences": [{"apiVersion": "v1", "kind": "BallSession", "name": "o", "uid": "u", "controller": true}],
                "managedFields": [{"manager": "kubelet", "operation": "Update"}]
            },
            "spec": {
                "nodeName": "b", "schedulingGates": [{"name": "example.com/quota"}], "volumes": [{"name": "token"}],
                "affinity": {"nodeAffinity": {}}, "nodeSelector": {"disk": "ssd"}, "tolerations": [{"key": "gpu"}],
                "containers": [{"name": "client", "image": "client:1"}]
            },
            "status": {"phase": "Running", "podIP": "10.244.1.7", "conditions": [{"type": "Ready", "status": "True"}]}
        });
        let mut pod: Pod = serde_json::from_value(whole.clone()).unwrap();
        trim(&mut pod);
        let mut expected = whole;
        expected["metadata"].as_object_mut().unwrap().remove("managedFields");
        expected["metadata"]["annotations"].as_object_mut().unwrap().remove("example.com/networks");
        expected["spec"].as_object_mut().unwrap().remove("volumes");
        expected["spec"]["containers"] = json!([]);
        let kept: Value = serde_json::to_value(&pod).unwrap();
        assert_eq!(kept, expected);

        pod.spec.as_mut().unwrap().affinity = None;
        trim(&mut pod);
        for field in ["affinity", "nodeSelector", "tolerations"] {
            expected["spec"].as_object_mut().unwrap().remove(field);
        }
        assert_eq!(serde_json::to_value(&pod).unwrap(), expected);
    }

    #[test]
    fn of_a_replica_set_it_stays_whose_it_is() {
        let kept = json!({
            "apiVersion": "apps/v1", "kind": "ReplicaSet",
            "metadata": {"name": "harbor-server-5d", "namespace": "lighthouse", "uid": "set-1", "resourceVersion": "7", "ownerReferences": [
                {"apiVersion": "apps/v1", "kind": "Deployment", "name": "harbor-server", "uid": "u", "controller": true}
            ]}
        });
        let mut whole = kept.clone();
        whole["metadata"]["labels"] = json!({"team": "a"});
        whole["spec"] = json!({"replicas": 1, "selector": {}});
        whole["status"] = json!({"replicas": 1});
        let mut set: ReplicaSet = serde_json::from_value(whole).unwrap();
        trim_replica_set(&mut set);
        let left: Value = serde_json::to_value(&set).unwrap();
        assert_eq!(left["metadata"], kept["metadata"]);
        assert_eq!(set, ReplicaSet { metadata: set.metadata.clone(), ..ReplicaSet::default() });
    }
}
