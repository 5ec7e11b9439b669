//! What is kept of what is watched. Of a whole object most is never read, and much of it is the same in all of a kind: kept for
//! each of thousands it is the operator's memory.

use crds::contract::{CONTROLLER_FIELD_MANAGER, OWN_PREFIX};
use k8s_openapi::api::apps::v1::ReplicaSet;
use k8s_openapi::api::core::v1::{Affinity, ContainerStatus, Pod, PodSpec, PodStatus};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::Resource;

use crate::cluster::keys::Guard;
use crate::cluster::managed_fields::shrink;
use crate::session::labels::{Component, JOB_INDEX};
use crate::session::pod::is_part;

/// Where kubectl keeps a copy of what it applied.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// Takes away who wrote which field of a session, and kubectl's copy of it.
pub(super) fn trim_session(session: &mut Guard) {
    let metadata = session.meta_mut();
    metadata.managed_fields = None;
    if let Some(annotations) = &mut metadata.annotations {
        annotations.remove(LAST_APPLIED);
    }
}

/// Takes away which fields of a child others than the controller wrote. What it shall be is compared with all the rest.
pub(super) fn trim_child<K: Resource>(child: &mut K) {
    shrink(child.meta_mut(), CONTROLLER_FIELD_MANAGER);
}

/// Takes away what is never read: who wrote which field, annotations of others, and all of the spec but where the pod is to run; of
/// one that its affinity binds to nodes also what else binds it. Of its status, what its containers were given.
pub(super) fn trim_pod(pod: &mut Pod) {
    pod.metadata.managed_fields = None;
    if let Some(annotations) = &mut pod.metadata.annotations {
        annotations.retain(|name, _| name.starts_with(OWN_PREFIX) || name == JOB_INDEX);
    }
    if let Some(spec) = pod.spec.take() {
        let PodSpec { node_name, scheduling_gates, affinity, node_selector, tolerations, .. } = spec;
        let affinity = affinity.filter(|affinity| affinity.node_affinity.is_some());
        let affinity =
            affinity.map(|Affinity { node_affinity, .. }| Affinity { node_affinity, ..Affinity::default() });
        let is_bound = affinity.is_some();
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
    // By a port of its node clients may reach a server.
    let is_server = is_part(pod, Component::Server);
    if let Some(status) = &mut pod.status {
        status.host_ips = status.host_ips.take().filter(|_| is_server);
        trim_status(status);
    }
}

fn trim_status(status: &mut PodStatus) {
    (status.resources, status.allocated_resources) = (None, None);
    let of_all = [
        &mut status.container_statuses,
        &mut status.init_container_statuses,
        &mut status.ephemeral_container_statuses,
    ];
    for container in of_all.into_iter().flatten().flatten() {
        let ContainerStatus { name, image, ready, restart_count, started, state, last_state, .. } =
            std::mem::take(container);
        let rest = ContainerStatus::default();
        *container =
            ContainerStatus { name, image, ready, restart_count, started, state, last_state, ..rest };
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
    use k8s_openapi::api::core::v1::Service;
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
                "affinity": {"nodeAffinity": {}, "podAffinity": {}}, "nodeSelector": {"disk": "ssd"}, "tolerations": [{"key": "gpu"}],
                "containers": [{"name": "client", "image": "client:1"}]
            },
            "status": {
                "phase": "Running", "podIP": "10.244.1.7", "conditions": [{"type": "Ready", "status": "True"}],
                "hostIPs": [{"ip": "172.18.0.2"}],
                "containerStatuses": [{
                    "name": "client", "image": "client:1", "imageID": "sha256:00", "containerID": "containerd://00", "ready": true,
                    "restartCount": 1, "started": true, "state": {"running": {}}, "lastState": {"terminated": {"exitCode": 1}},
                    "volumeMounts": [{"name": "token", "mountPath": "/var/run/ballsession"}], "resources": {"requests": {"cpu": "10m"}}
                }]
            }
        });
        let mut pod: Pod = serde_json::from_value(whole.clone()).unwrap();
        trim_pod(&mut pod);
        let mut expected = whole;
        expected["metadata"].as_object_mut().unwrap().remove("managedFields");
        expected["metadata"]["annotations"].as_object_mut().unwrap().remove("example.com/networks");
        expected["spec"].as_object_mut().unwrap().remove("volumes");
        expected["spec"]["containers"] = json!([]);
        expected["spec"]["affinity"].as_object_mut().unwrap().remove("podAffinity");
        expected["status"].as_object_mut().unwrap().remove("hostIPs");
        let container = expected.pointer_mut("/status/containerStatuses/0").unwrap().as_object_mut().unwrap();
        for field in ["containerID", "volumeMounts", "resources"] {
            container.remove(field);
        }
        container["imageID"] = json!("");
        let kept: Value = serde_json::to_value(&pod).unwrap();
        assert_eq!(kept, expected);

        let mut server: Pod = serde_json::from_value(json!({
            "metadata": {"name": "s", "labels": {"app.kubernetes.io/component": "server"}},
            "status": {"hostIP": "172.18.0.2", "hostIPs": [{"ip": "172.18.0.2"}, {"ip": "fd00::2"}]}
        }))
        .unwrap();
        trim_pod(&mut server);
        assert_eq!(
            server.status.unwrap().host_ips.map(|all| all.len()),
            Some(2),
            "by a port of its node it is reached"
        );

        pod.spec.as_mut().unwrap().affinity = None;
        trim_pod(&mut pod);
        for field in ["affinity", "nodeSelector", "tolerations"] {
            expected["spec"].as_object_mut().unwrap().remove(field);
        }
        assert_eq!(serde_json::to_value(&pod).unwrap(), expected);
    }

    #[test]
    fn of_sessions_and_children_all_stays_but_who_wrote_what() {
        let managed = json!([{"manager": "kubectl", "operation": "Update", "fieldsV1": {"f:spec": {}}},
                             {"manager": CONTROLLER_FIELD_MANAGER, "operation": "Apply", "fieldsV1": {"f:spec": {}}}]);
        let annotations = json!({LAST_APPLIED: "{}", "example.com/team": "a"});
        let whole = json!({
            "apiVersion": "ballsession.dev/v1alpha1", "kind": "BallSession", "spec": {"clients": 3},
            "metadata": {"name": "harbor", "annotations": annotations, "managedFields": managed},
            "status": {"clients": [{"id": "a", "reconnects": 0}]}
        });
        let mut session: Guard = serde_json::from_value(whole.clone()).unwrap();
        trim_session(&mut session);
        let kept = session.0.unwrap();
        assert_eq!(
            serde_json::to_value(&kept.metadata).unwrap(),
            json!({"name": "harbor", "annotations": {"example.com/team": "a"}})
        );
        assert_eq!(
            (kept.spec.clients, serde_json::to_value(&kept.status).unwrap()),
            (3, whole["status"].clone())
        );
        let mut undecodable: Guard =
            serde_json::from_value(json!({"metadata": whole["metadata"], "spec": "none"})).unwrap();
        trim_session(&mut undecodable);
        assert_eq!(undecodable.meta().managed_fields, None);

        let mut child: Service = serde_json::from_value(json!({
            "metadata": {"name": "harbor-server", "annotations": annotations, "managedFields": managed}, "spec": {"clusterIP": "10.0.0.1"}
        }))
        .unwrap();
        let mut expected = child.clone();
        trim_child(&mut child);
        let entries = expected.metadata.managed_fields.as_mut().unwrap();
        entries[0].fields_v1 = None;
        entries[1].fields_v1.as_mut().unwrap().0 = json!("{\"f:spec\":{}}");
        assert_eq!(child, expected);
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
