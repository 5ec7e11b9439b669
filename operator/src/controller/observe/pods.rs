//! What the pods of a session say about themselves.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::Pod;
use kube::ResourceExt;
use report::post::parse_index_ranges;

use crate::controller::observe::awaited::{awaited, condition};
use crate::controller::observe::reason::Explanation;
use crate::session::labels::{COMPONENT, Component, INDEX_ANNOTATION};

/// The pods that a session has now; those on their way out no longer count.
#[derive(Debug, Default)]
pub(super) struct ObservedPods {
    /// The server's.
    pub(super) server: Option<ObservedPod>,
    /// Those of the Job's clients, by index.
    pub(super) clients: Vec<ObservedPod>,
    /// The clients that are done, by index, whether their pods are still there or not.
    pub(super) finished: BTreeSet<u32>,
    /// Why the last of the clients' pods failed, as those do that are evicted: nothing runs in them, and nothing ever will.
    pub(super) last_failure: Option<String>,
}

/// A pod, as far as conditions are concerned.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ObservedPod {
    /// Its name.
    pub(super) name: String,
    /// Which client of its Job it is.
    pub(super) index: Option<u32>,
    /// Where it runs.
    pub(super) node: Option<String>,
    /// Its address.
    pub(super) ip: Option<String>,
    /// Since when it is ready; `None` while it is not.
    pub(super) ready_since: Option<Timestamp>,
    /// It did what it was to do.
    pub(super) succeeded: bool,
    /// Why it does not come up.
    pub(super) problem: Option<Explanation>,
    /// What it waits for, in words that follow its name, where that is known.
    pub(super) awaits: Option<String>,
    /// When what it waits for becomes a problem.
    pub(super) stuck_in: Option<Duration>,
}

impl ObservedPods {
    /// Sorts the pods with the labels of a session. A pod with these labels that nobody made for it is none of its own.
    pub(super) fn of(pods: &[Arc<Pod>], job: Option<&Job>, time: Timestamp) -> Self {
        let staying = || {
            let staying = pods.iter().filter(|pod| pod.metadata.deletion_timestamp.is_none());
            staying.filter(|pod| phase(pod) != Some("Failed"))
        };
        let is = |pod: &Pod, component: Component| {
            pod.labels().get(COMPONENT).is_some_and(|value| value == component.as_str())
        };
        let servers =
            staying().filter(|pod| is(pod, Component::Server) && is_controlled(pod, "ReplicaSet", None));
        let uid = job.and_then(|job| job.metadata.uid.as_deref());
        let is_client =
            |pod: &&Arc<Pod>| uid.is_some() && is(pod, Component::Client) && is_controlled(pod, "Job", uid);
        let mut clients: Vec<_> = staying().filter(is_client).map(|pod| ObservedPod::of(pod, time)).collect();
        clients.sort_by(|a, b| (a.index, &a.name).cmp(&(b.index, &b.name)));
        // While one server follows another, that which works or came last.
        let server = servers.max_by_key(|pod| {
            let created = pod.metadata.creation_timestamp.as_ref().map(|time| time.0);
            (ready_since(pod).is_some(), created)
        });
        let failed = pods.iter().filter(is_client).filter(|pod| phase(pod) == Some("Failed"));
        let last_failed =
            failed.max_by_key(|pod| pod.metadata.creation_timestamp.as_ref().map(|time| time.0));
        Self {
            server: server.map(|pod| ObservedPod::of(pod, time)),
            clients,
            finished: job.map(|job| finished_clients(pods, job)).unwrap_or_default(),
            last_failure: last_failed.map(|pod| failure(pod)),
        }
    }

    /// Clients that have media or are done.
    pub(super) fn served_clients(&self) -> usize {
        let is_served = |pod: &&ObservedPod| {
            let is_finished = pod.index.is_some_and(|index| self.finished.contains(&index));
            !is_finished && (pod.ready_since.is_some() || pod.succeeded)
        };
        self.finished.len() + self.clients.iter().filter(is_served).count()
    }

    /// Client pods that are ready.
    pub(super) fn ready_clients(&self) -> usize {
        self.clients.iter().filter(|pod| pod.ready_since.is_some()).count()
    }

    /// All of them, the server first: without it no client comes up either.
    pub(super) fn all(&self) -> impl Iterator<Item = &ObservedPod> {
        self.server.iter().chain(&self.clients)
    }
}

impl ObservedPod {
    fn of(pod: &Pod, time: Timestamp) -> Self {
        let awaited = awaited(pod, time);
        let status = pod.status.as_ref();
        Self {
            name: pod.name_any(),
            index: index(pod),
            node: pod.spec.as_ref().and_then(|spec| spec.node_name.clone()),
            ip: status.and_then(|status| status.pod_ip.clone()),
            ready_since: ready_since(pod),
            succeeded: phase(pod) == Some("Succeeded"),
            problem: awaited.problem,
            awaits: awaited.words,
            stuck_in: awaited.stuck_in,
        }
    }
}

fn is_controlled(pod: &Pod, kind: &str, uid: Option<&str>) -> bool {
    pod.owner_references().iter().any(|owner| {
        owner.controller == Some(true) && owner.kind == kind && uid.is_none_or(|uid| owner.uid == uid)
    })
}

fn phase(pod: &Pod) -> Option<&str> {
    pod.status.as_ref()?.phase.as_deref()
}

/// Why a pod failed as a whole.
fn failure(pod: &Pod) -> String {
    let status = pod.status.as_ref();
    let reason = status.and_then(|status| status.reason.as_deref()).unwrap_or("Failed");
    let why = status.and_then(|status| status.message.as_deref());
    let why = why.map(|why| format!(": {why}")).unwrap_or_default();
    format!("{} is gone ({reason}{why})", pod.name_any())
}

fn ready_since(pod: &Pod) -> Option<Timestamp> {
    let ready = condition(pod, "Ready").filter(|ready| ready.status == "True")?;
    Some(ready.last_transition_time.as_ref().map_or(Timestamp::UNIX_EPOCH, |time| time.0))
}

/// The indexes of the clients of a Job that did what they were to do: by their pods, and by the Job itself, which knows it
/// still when a pod went with its node. Without an end to the run no client is ever done.
pub(in crate::controller) fn finished_clients(pods: &[Arc<Pod>], job: &Job) -> BTreeSet<u32> {
    if job.spec.as_ref().is_none_or(|spec| spec.active_deadline_seconds.is_none()) {
        return BTreeSet::new();
    }
    let uid = job.metadata.uid.as_deref();
    let done = pods.iter().filter(|pod| is_controlled(pod, "Job", uid) && phase(pod) == Some("Succeeded"));
    let by_job = job.status.as_ref().and_then(|status| status.completed_indexes.as_deref());
    let by_job = by_job.and_then(parse_index_ranges).unwrap_or_default();
    done.filter_map(|pod| index(pod)).chain(by_job).collect()
}

/// The indexes of the clients of a Job whose pods have media now.
pub(in crate::controller) fn ready_clients(pods: &[Arc<Pod>], job: &Job, time: Timestamp) -> BTreeSet<u32> {
    let observed = ObservedPods::of(pods, Some(job), time);
    observed.clients.iter().filter(|pod| pod.ready_since.is_some()).filter_map(|pod| pod.index).collect()
}

/// How many of its clients a Job has pods of, or had.
pub(in crate::controller) fn count_clients(pods: &[Arc<Pod>], job: &Job, time: Timestamp) -> usize {
    let observed = ObservedPods::of(pods, Some(job), time);
    let indexes: BTreeSet<_> = observed.clients.iter().filter_map(|pod| pod.index).collect();
    observed.finished.union(&indexes).count()
}

fn index(pod: &Pod) -> Option<u32> {
    let index = pod.annotations().get(INDEX_ANNOTATION).or_else(|| pod.labels().get(INDEX_ANNOTATION));
    index?.parse().ok()
}

#[cfg(test)]
pub(super) mod tests {
    use serde_json::{Value, json};

    use super::*;

    pub(in super::super) fn job() -> Job {
        serde_json::from_value(json!({
            "metadata": {"name": "harbor-client", "uid": "job-1", "creationTimestamp": "2026-01-01T00:00:00Z"}
        }))
        .unwrap()
    }

    /// A pod on node `b` or, the server's, on `a`, with this status.
    pub(in super::super) fn pod(component: &str, index: usize, status: &Value) -> Arc<Pod> {
        let is_server = component == "server";
        let (kind, owner) = if is_server { ("ReplicaSet", "set-1") } else { ("Job", "job-1") };
        let name = if is_server { "harbor-server-x".into() } else { format!("harbor-client-{index}-y") };
        Arc::new(
            serde_json::from_value(json!({
                "metadata": {
                    "name": name, "namespace": "lighthouse",
                    "labels": {"app.kubernetes.io/component": component, "app.kubernetes.io/instance": "harbor"},
                    "annotations": {"batch.kubernetes.io/job-completion-index": index.to_string()},
                    "ownerReferences": [{"apiVersion": "v1", "kind": kind, "name": "o", "uid": owner, "controller": true}]
                },
                "spec": {"containers": [], "nodeName": if is_server { "a" } else { "b" }},
                "status": status
            }))
            .unwrap(),
        )
    }

    pub(in super::super) fn ready(since: &str) -> Value {
        json!({"podIP": "10.244.1.7", "phase": "Running",
               "conditions": [{"type": "Ready", "status": "True", "lastTransitionTime": since}]})
    }

    pub(in super::super) fn waiting(reason: &str, message: &str) -> Value {
        json!({"containerStatuses": [{
            "name": "c", "image": "registry.example/s:7", "imageID": "", "ready": false, "restartCount": 3,
            "state": {"waiting": {"reason": reason, "message": message}},
            "lastState": {"terminated": {"exitCode": 1, "reason": "Error", "message": "starting\ncannot listen: in use\n\n"}}
        }]})
    }

    #[test]
    fn only_pods_that_stay_and_belong_to_the_session_count() {
        let up = ready("2026-01-01T00:00:00Z");
        let going = |pod: Arc<Pod>| {
            let mut pod = Arc::unwrap_or_clone(pod);
            pod.metadata.deletion_timestamp =
                Some(k8s_openapi::apimachinery::pkg::apis::meta::v1::Time(Timestamp::UNIX_EPOCH));
            Arc::new(pod)
        };
        let by_hand = |pod: Arc<Pod>| {
            let mut pod = Arc::unwrap_or_clone(pod);
            pod.metadata.owner_references = None;
            Arc::new(pod)
        };
        let pods = [
            by_hand(pod("server", 9, &up)),
            pod("server", 0, &up),
            pod("client", 10, &json!({})),
            pod("client", 2, &up),
            going(pod("client", 3, &up)),
            by_hand(pod("client", 4, &up)),
        ];
        let found = ObservedPods::of(&pods, Some(&job()), Timestamp::UNIX_EPOCH);
        assert_eq!(found.server.unwrap().node.as_deref(), Some("a"));
        let indices: Vec<_> = found.clients.iter().map(|pod| pod.index).collect();
        assert_eq!(indices, [Some(2), Some(10)]);
        assert_eq!(ObservedPods::of(&pods, None, Timestamp::UNIX_EPOCH).clients, []);
        let mut other = job();
        other.metadata.uid = Some("job-2".into());
        assert_eq!(ObservedPods::of(&pods, Some(&other), Timestamp::UNIX_EPOCH).clients, []);
    }

    #[test]
    fn of_two_servers_the_ready_one_is_the_server() {
        let mut old = Arc::unwrap_or_clone(pod("server", 0, &ready("2026-01-01T00:00:00Z")));
        old.metadata.name = Some("old".into());
        let new = pod("server", 0, &json!({}));
        assert_eq!(
            ObservedPods::of(&[Arc::new(old), new], None, Timestamp::UNIX_EPOCH).server.unwrap().name,
            "old"
        );
    }
}
