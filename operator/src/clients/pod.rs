//! What matters of a pod of a session's clients.

use std::sync::Arc;

use crds::contract::{ATTEMPT_ANNOTATION, RUN_ANNOTATION, SERVER_NODE_ANNOTATION, TEMPLATE_HASH_ANNOTATION};
use jiff::Timestamp;
use k8s_openapi::api::core::v1::{ContainerStateTerminated, Pod};
use kube::ResourceExt;

use crate::clients::node::NAME_FIELD;
use crate::session::Session;
use crate::session::labels::{self, Component, SESSION_UID};
use crate::session::owner::controller;
use crate::session::pod::{condition_met, is_over, is_part, node, phase};

/// A pod of a session's clients.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientPod {
    /// Its name.
    pub name: String,
    /// Distinguishes it from others that have, had or will have the same name.
    pub uid: String,
    /// Which client it is; `None` where nothing readable says so.
    pub index: Option<u32>,
    /// Which attempt it is; 0 of one that was not made by this operator.
    pub attempt: u32,
    /// The hash of what it is made of; empty of one that does not belong to the session, or not directly.
    pub template: String,
    /// The UID of the Job that it belongs to, of one that an earlier version ran.
    pub job: Option<String>,
    /// The run that it was made for, if another run needs another pod.
    pub run: Option<String>,
    /// Where it is to run.
    pub node: Option<String>,
    /// The one node that it may run on, where there is one.
    pub pinned: Option<String>,
    /// The node of its server when it was made, where that matters.
    pub server_node: Option<String>,
    /// It was told to end.
    pub is_terminating: bool,
    /// It was told to end before it had a node, and gets none any more, however long it is kept.
    pub never_runs: bool,
    /// It has media.
    pub is_ready: bool,
    /// How its client ended, whatever else there is in the pod.
    pub end: Option<End>,
    /// When its container ended.
    pub ended_at: Option<Timestamp>,
    /// All of it is over: nothing runs in it, and nothing ever will.
    pub is_over: bool,
}

/// How a client ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// It did what it was to do.
    Succeeded,
    /// It failed, or was evicted.
    Failed,
}

impl ClientPod {
    /// Reads a pod with the labels of the session with this UID whose clients are called `clients`; `None` where it is none of
    /// its clients. One that belongs to the Job by which an earlier version ran them, or that somebody took the owner from,
    /// is made of nothing that is wanted.
    pub fn of(pod: &Pod, session: &str, clients: &str) -> Option<Self> {
        if !is_part(pod, Component::Client) {
            return None;
        }
        let owner = controller(&pod.metadata);
        let is_owned = owner.is_some_and(|owner| owner.uid == session);
        let job = owner.filter(|owner| owner.kind == "Job" && owner.name == clients);
        let is_disowned = owner.is_none() && pod.labels().get(SESSION_UID).is_some_and(|uid| uid == session);
        if !is_owned && job.is_none() && !is_disowned {
            return None;
        }
        let annotation = |key: &str| pod.annotations().get(key);
        let template = annotation(TEMPLATE_HASH_ANNOTATION).filter(|_| is_owned).cloned();
        Some(Self {
            name: pod.name_any(),
            uid: pod.uid().unwrap_or_default(),
            index: labels::client_index(&pod.metadata),
            attempt: annotation(ATTEMPT_ANNOTATION).and_then(|text| text.parse().ok()).unwrap_or_default(),
            template: template.unwrap_or_default(),
            job: job.map(|job| job.uid.clone()),
            run: annotation(RUN_ANNOTATION).cloned(),
            node: node(pod).map(str::to_owned),
            pinned: pinned(pod),
            server_node: annotation(SERVER_NODE_ANNOTATION).cloned(),
            is_terminating: pod.metadata.deletion_timestamp.is_some(),
            never_runs: never_runs(pod),
            is_ready: condition_met(pod, "Ready").is_some(),
            end: end(pod),
            ended_at: terminated(pod).and_then(|ended| ended.finished_at.as_ref()).map(|time| time.0),
            is_over: is_over(pod),
        })
    }

    /// Whether it did what it was to do in this run.
    pub fn has_finished(&self, run: Option<&str>) -> bool {
        run.is_some()
            && self.run.as_deref() == run
            && self.end == Some(End::Succeeded)
            && !self.is_terminating
    }
}

/// Those of these pods that are of a session's clients.
pub fn client_pods(pods: &[Arc<Pod>], session: &Session) -> Vec<ClientPod> {
    let (uid, clients) = (&session.owner.uid, session.client_name());
    pods.iter().filter_map(|pod| ClientPod::of(pod, uid, &clients)).collect()
}

/// The node that the scheduler is bound to.
fn pinned(pod: &Pod) -> Option<String> {
    let affinity = pod.spec.as_ref()?.affinity.as_ref()?.node_affinity.as_ref()?;
    let required = affinity.required_during_scheduling_ignored_during_execution.as_ref()?;
    let mut fields = required.node_selector_terms.iter().flat_map(|term| term.match_fields.iter().flatten());
    let pin = fields.find(|field| field.key == NAME_FIELD && field.operator == "In")?;
    pin.values.as_ref()?.first().cloned()
}

fn never_runs(pod: &Pod) -> bool {
    let containers = pod.status.as_ref().and_then(|status| status.container_statuses.as_deref());
    pod.metadata.deletion_timestamp.is_some() && node(pod).is_none() && containers.is_none_or(<[_]>::is_empty)
}

/// How the client in a pod ended: by its own container, else by the pod, of which nothing else is known when it was evicted
/// before it began, or lost.
fn end(pod: &Pod) -> Option<End> {
    if let Some(ended) = terminated(pod) {
        return Some(if ended.exit_code == 0 { End::Succeeded } else { End::Failed });
    }
    match phase(pod) {
        Some("Succeeded") => Some(End::Succeeded),
        Some("Failed") => Some(End::Failed),
        _ => None,
    }
}

/// How the client's container ended.
fn terminated(pod: &Pod) -> Option<&ContainerStateTerminated> {
    let containers = pod.status.as_ref()?.container_statuses.as_deref()?;
    let client = containers.iter().find(|container| container.name == Component::Client.as_str())?;
    client.state.as_ref()?.terminated.as_ref()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn read(owner: &Value, status: &Value) -> Option<ClientPod> {
        let mut pod = json!({
            "metadata": {
                "name": "harbor-client-3-x", "uid": "pod-uid",
                "labels": {"app.kubernetes.io/component": "client", "ballsession.dev/client-index": "3",
                           "ballsession.dev/session-uid": "session-uid"},
                "annotations": {"ballsession.dev/attempt": "7", "ballsession.dev/template-hash": "t", "ballsession.dev/run": "r"}
            },
            "spec": {"nodeName": "a", "containers": []}, "status": status
        });
        if !owner.is_null() {
            pod["metadata"]["ownerReferences"] = json!([owner]);
        }
        ClientPod::of(&serde_json::from_value(pod).unwrap(), "session-uid", "harbor-client")
    }

    fn owner(kind: &str, name: &str, uid: &str) -> Value {
        json!({"apiVersion": "v1", "kind": kind, "name": name, "uid": uid, "controller": true})
    }

    #[test]
    fn whose_a_pod_is_and_what_of_it_counts() {
        let ours = read(&owner("BallSession", "harbor", "session-uid"), &json!({})).unwrap();
        assert_eq!((ours.index, ours.attempt, ours.template.as_str()), (Some(3), 7, "t"));
        assert_eq!((ours.node.as_deref(), ours.run.as_deref(), ours.end), (Some("a"), Some("r"), None));
        let of_job = read(&owner("Job", "harbor-client", "job-uid"), &json!({})).unwrap();
        assert_eq!((ours.job, of_job.job.as_deref()), (None, Some("job-uid")));
        for not_wanted in [owner("Job", "harbor-client", "job-uid"), Value::Null] {
            assert_eq!(read(&not_wanted, &json!({})).unwrap().template, "", "{not_wanted}");
        }
        for foreign in [owner("BallSession", "harbor", "other-uid"), owner("Job", "pier-client", "job-uid")] {
            assert_eq!(read(&foreign, &json!({})), None, "{foreign}");
        }
    }

    #[test]
    fn what_was_deleted_before_it_had_a_node_never_runs() {
        let never_runs = |change: &dyn Fn(&mut Value)| {
            let mut pod = json!({"metadata": {"deletionTimestamp": "2026-01-01T00:00:00Z"}, "spec": {"containers": []}});
            change(&mut pod);
            super::never_runs(&serde_json::from_value(pod).unwrap())
        };
        assert!(never_runs(&|_| ()));
        assert!(!never_runs(&|pod| pod["spec"]["nodeName"] = json!("a")));
        assert!(!never_runs(&|pod| pod["metadata"] = json!({})));
    }

    #[test]
    fn a_client_ended_when_its_own_container_did() {
        let ended_at = |container: &str| {
            let status = json!({"containerStatuses": [{
                "name": container, "image": "", "imageID": "", "ready": false, "restartCount": 0,
                "state": {"terminated": {"exitCode": 1, "finishedAt": "2026-01-01T00:00:40Z"}}
            }]});
            read(&owner("BallSession", "harbor", "session-uid"), &status).unwrap().ended_at
        };
        assert_eq!(ended_at("client").map(|time| time.to_string()).as_deref(), Some("2026-01-01T00:00:40Z"));
        assert_eq!(ended_at("mesh"), None);
    }

    #[test]
    fn a_pod_is_pinned_to_the_node_of_its_affinity() {
        let pinned = |terms: Value| {
            let required = json!({"nodeSelectorTerms": terms});
            let affinity =
                json!({"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": required}});
            super::pinned(
                &serde_json::from_value(json!({"spec": {"containers": [], "affinity": affinity}})).unwrap(),
            )
        };
        let pin = json!({"key": "metadata.name", "operator": "In", "values": ["b"]});
        let label = json!({"key": "disk", "operator": "In", "values": ["ssd"]});
        assert_eq!(
            pinned(json!([{"matchFields": [pin], "matchExpressions": [label]}])).as_deref(),
            Some("b")
        );
        assert_eq!(pinned(json!([{"matchExpressions": [label]}])), None);
        assert_eq!(super::pinned(&Pod::default()), None);
    }

    /// O6: a sidecar that goes on keeps the pod from its end, but not the client.
    #[test]
    fn the_end_is_that_of_the_client() {
        let container = |name: &str, state: Value| json!({"name": name, "image": "", "imageID": "", "ready": false, "restartCount": 0, "state": state});
        let ended = |code: i32| json!({"terminated": {"exitCode": code}});
        let running = json!({"running": {}});
        for (status, expected, is_over) in [
            (json!({"phase": "Running"}), None, false),
            (json!({"phase": "Succeeded"}), Some(End::Succeeded), true),
            (json!({"phase": "Failed", "reason": "Evicted"}), Some(End::Failed), true),
            (
                json!({"phase": "Running", "containerStatuses": [container("client", ended(0)), container("mesh", running)]}),
                Some(End::Succeeded),
                false,
            ),
            (
                json!({"phase": "Failed", "containerStatuses": [container("mesh", ended(1)), container("client", ended(0))]}),
                Some(End::Succeeded),
                true,
            ),
            (
                json!({"phase": "Running", "containerStatuses": [container("mesh", ended(0)), container("client", ended(137))]}),
                Some(End::Failed),
                false,
            ),
        ] {
            let pod = read(&owner("BallSession", "harbor", "session-uid"), &status).unwrap();
            assert_eq!((pod.end, pod.is_over), (expected, is_over), "{status}");
        }
    }
}
