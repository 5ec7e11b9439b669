//! What the pods of a session say about themselves.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;
use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::{ContainerState, ContainerStatus, Pod};
use kube::ResourceExt;

use crate::controller::observe::reason::{Explanation, Reason};
use crate::session::labels::{COMPONENT, Component, INDEX_ANNOTATION};

/// The pods that a session has now; those on their way out no longer count.
#[derive(Debug, Default)]
pub(super) struct ObservedPods {
    /// The server's.
    pub(super) server: Option<ObservedPod>,
    /// Those of the Job's clients, by index.
    pub(super) clients: Vec<ObservedPod>,
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
}

impl ObservedPods {
    /// Sorts the pods with the labels of a session. A pod with these labels that nobody made for it is none of its own.
    pub(super) fn of(pods: &[Arc<Pod>], job: Option<&Job>) -> Self {
        let staying = || pods.iter().filter(|pod| pod.metadata.deletion_timestamp.is_none());
        let is = |pod: &Pod, component: Component| {
            pod.labels().get(COMPONENT).is_some_and(|value| value == component.as_str())
        };
        let servers =
            staying().filter(|pod| is(pod, Component::Server) && is_controlled(pod, "ReplicaSet", None));
        let job = job.and_then(|job| job.metadata.uid.as_deref());
        let mut clients: Vec<_> = staying()
            .filter(|pod| job.is_some() && is(pod, Component::Client) && is_controlled(pod, "Job", job))
            .map(|pod| ObservedPod::of(pod))
            .collect();
        clients.sort_by(|a, b| (a.index, &a.name).cmp(&(b.index, &b.name)));
        // While one server follows another, that which works or came last.
        let server = servers.max_by_key(|pod| {
            let created = pod.metadata.creation_timestamp.as_ref().map(|time| time.0);
            (ready_since(pod).is_some(), created)
        });
        Self { server: server.map(|pod| ObservedPod::of(pod)), clients }
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
    fn of(pod: &Pod) -> Self {
        let status = pod.status.as_ref();
        let index = pod.annotations().get(INDEX_ANNOTATION).or_else(|| pod.labels().get(INDEX_ANNOTATION));
        Self {
            name: pod.name_any(),
            index: index.and_then(|index| index.parse().ok()),
            node: pod.spec.as_ref().and_then(|spec| spec.node_name.clone()),
            ip: status.and_then(|status| status.pod_ip.clone()),
            ready_since: ready_since(pod),
            succeeded: status.and_then(|status| status.phase.as_deref()) == Some("Succeeded"),
            problem: problem(pod),
        }
    }
}

fn is_controlled(pod: &Pod, kind: &str, uid: Option<&str>) -> bool {
    pod.owner_references().iter().any(|owner| {
        owner.controller == Some(true) && owner.kind == kind && uid.is_none_or(|uid| owner.uid == uid)
    })
}

fn condition<'a>(pod: &'a Pod, kind: &str) -> Option<&'a k8s_openapi::api::core::v1::PodCondition> {
    let conditions = pod.status.as_ref()?.conditions.as_deref().unwrap_or_default();
    conditions.iter().find(|condition| condition.type_ == kind)
}

fn ready_since(pod: &Pod) -> Option<Timestamp> {
    let ready = condition(pod, "Ready").filter(|ready| ready.status == "True")?;
    Some(ready.last_transition_time.as_ref().map_or(Timestamp::UNIX_EPOCH, |time| time.0))
}

fn problem(pod: &Pod) -> Option<Explanation> {
    let name = pod.name_any();
    let scheduled = condition(pod, "PodScheduled").filter(|scheduled| scheduled.status == "False");
    if let Some(scheduled) =
        scheduled.filter(|scheduled| scheduled.reason.as_deref() == Some("Unschedulable"))
    {
        let why = scheduled.message.as_deref().unwrap_or("no node takes it");
        return Some(Reason::Unschedulable.with_message(format!("{name}: {why}")));
    }
    let containers = pod.status.as_ref()?.container_statuses.as_deref().unwrap_or_default();
    containers.iter().find_map(|container| container_problem(&name, container))
}

fn container_problem(pod: &str, container: &ContainerStatus) -> Option<Explanation> {
    let waiting = container.state.as_ref()?.waiting.as_ref()?;
    let (reason, why) = (waiting.reason.as_deref()?, waiting.message.as_deref());
    match reason {
        "ErrImagePull"
        | "ImagePullBackOff"
        | "InvalidImageName"
        | "ErrImageNeverPull"
        | "RegistryUnavailable"
        | "ImageInspectError"
        | "SignatureValidationFailed" => {
            let why = why.unwrap_or(reason);
            Some(Reason::ImagePullFailed.with_message(format!("{pod}: image {}: {why}", container.image)))
        }
        "CrashLoopBackOff" => {
            let last = container.last_state.as_ref().and_then(termination);
            Some(
                Reason::CrashLooping
                    .with_message(format!("{pod}: {}", last.unwrap_or_else(|| reason.into()))),
            )
        }
        "CreateContainerConfigError" | "CreateContainerError" | "RunContainerError" => {
            let why = why.unwrap_or(reason);
            Some(Reason::CrashLooping.with_message(format!("{pod}: the container cannot start: {why}")))
        }
        _ => None,
    }
}

/// How a container ended, with its termination message.
fn termination(state: &ContainerState) -> Option<String> {
    let ended = state.terminated.as_ref()?;
    let how = match ended.reason.as_deref() {
        Some("Error") | None => format!("exit code {}", ended.exit_code),
        Some(reason) => format!("{reason}, exit code {}", ended.exit_code),
    };
    // A log's tail stands in for a message that was not written: its last line says most.
    let message = ended.message.as_deref().unwrap_or_default();
    let message = message.lines().map(str::trim).rfind(|line| !line.is_empty());
    Some(message.map_or(how.clone(), |message| format!("{how}: {message}")))
}

/// The indexes of the clients of a Job whose pods did what they were to do.
pub(in crate::controller) fn finished_clients(pods: &[Arc<Pod>], job: &Job) -> BTreeSet<u32> {
    let uid = job.metadata.uid.as_deref();
    let clients = pods.iter().filter(|pod| is_controlled(pod, "Job", uid)).map(|pod| ObservedPod::of(pod));
    clients.filter(|pod| pod.succeeded).filter_map(|pod| pod.index).collect()
}

/// How many pods a Job has.
pub(in crate::controller) fn count_client_pods(pods: &[Arc<Pod>], job: &Job) -> usize {
    ObservedPods::of(pods, Some(job)).clients.len()
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
        let found = ObservedPods::of(&pods, Some(&job()));
        assert_eq!(found.server.unwrap().node.as_deref(), Some("a"));
        let indices: Vec<_> = found.clients.iter().map(|pod| pod.index).collect();
        assert_eq!(indices, [Some(2), Some(10)]);
        assert_eq!(ObservedPods::of(&pods, None).clients, []);
        let mut other = job();
        other.metadata.uid = Some("job-2".into());
        assert_eq!(ObservedPods::of(&pods, Some(&other)).clients, []);
    }

    #[test]
    fn of_two_servers_the_ready_one_is_the_server() {
        let mut old = Arc::unwrap_or_clone(pod("server", 0, &ready("2026-01-01T00:00:00Z")));
        old.metadata.name = Some("old".into());
        let new = pod("server", 0, &json!({}));
        assert_eq!(ObservedPods::of(&[Arc::new(old), new], None).server.unwrap().name, "old");
    }

    #[test]
    fn what_keeps_a_pod_from_coming_up() {
        let problem = |status: &Value| ObservedPod::of(&pod("server", 0, status)).problem;
        for (reason, message, expected) in [
            (
                "ImagePullBackOff",
                "not found",
                Reason::ImagePullFailed
                    .with_message("harbor-server-x: image registry.example/s:7: not found"),
            ),
            (
                "CrashLoopBackOff",
                "back-off 10s",
                Reason::CrashLooping.with_message("harbor-server-x: exit code 1: cannot listen: in use"),
            ),
            (
                "CreateContainerConfigError",
                "runs as root",
                Reason::CrashLooping
                    .with_message("harbor-server-x: the container cannot start: runs as root"),
            ),
        ] {
            assert_eq!(problem(&waiting(reason, message)), Some(expected));
        }
        assert_eq!(problem(&waiting("ContainerCreating", "")), None);
        let killed = json!({"containerStatuses": [{
            "name": "c", "image": "", "imageID": "", "ready": false, "restartCount": 1,
            "state": {"waiting": {"reason": "CrashLoopBackOff"}},
            "lastState": {"terminated": {"exitCode": 137, "reason": "OOMKilled"}}
        }]});
        assert_eq!(problem(&killed).unwrap().message, "harbor-server-x: OOMKilled, exit code 137");
        let unschedulable = json!({"conditions": [
            {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/3 nodes are available"}
        ]});
        assert_eq!(
            problem(&unschedulable),
            Some(Reason::Unschedulable.with_message("harbor-server-x: 0/3 nodes are available"))
        );
    }
}
