//! What a pod that is not ready waits for, by its conditions: gates, a node, its sandbox, its containers.

use std::time::Duration;

use jiff::Timestamp;
use k8s_openapi::api::core::v1::{Pod, PodCondition};
use kube::ResourceExt;

use crate::controller::observe::containers;
use crate::controller::observe::reason::{Explanation, Reason};
use crate::session::pod::{condition, condition_met, phase};
use crate::timestamps::between;

/// What takes longer than this, and usually takes a second or two, does not come by itself.
const USUAL: Duration = Duration::from_secs(20);

/// After so long the events of a pod that does not start are worth reading.
const SLOW: Duration = Duration::from_secs(15);

/// What a pod waits for.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Awaited {
    /// Why it does not come up.
    pub(super) problem: Option<Explanation>,
    /// What it waits for, in words that follow its name.
    pub(super) words: Option<String>,
    /// When that becomes a problem.
    pub(super) stuck_in: Option<Duration>,
}

/// What a pod waits for at `time`, of which the last event that warns says `event`; nothing of one that is ready or done.
pub(super) fn awaited(pod: &Pod, event: Option<&str>, time: Timestamp) -> Awaited {
    let phase = phase(pod);
    if phase == Some("Succeeded") {
        return Awaited::default();
    }
    let name = pod.name_any();
    let scheduling = condition(pod, "PodScheduled").filter(|scheduled| scheduled.status == "False");
    if let Some(problem) = scheduling.and_then(|scheduled| not_scheduled(pod, &name, scheduled)) {
        return Awaited { problem: Some(problem), ..Awaited::default() };
    }
    if let Some(problem) = containers::problem(pod, &name) {
        return Awaited { problem: Some(problem), ..Awaited::default() };
    }
    let not_true = |kind: &str| condition(pod, kind).filter(|condition| condition.status == "False");
    // It turns False again when the pod is done.
    if let Some(sandbox) = not_true("PodReadyToStartContainers").filter(|_| phase == Some("Pending")) {
        let words = "waits for its network and volumes";
        let check = event.unwrap_or("check the CNI, the volumes and the kubelet of its node");
        return Awaited::of(&name, words, check, sandbox, time).noted_when_slow(pod, time);
    }
    if let Some(words) = containers::awaited(pod) {
        let is_starting = starts_slowly(pod, time).is_some();
        let problem = event.filter(|_| is_starting);
        let problem = problem.map(|event| Reason::PodStuck.with_message(format!("{name} {words}: {event}")));
        return Awaited { problem, words: Some(words), ..Awaited::default() }.noted_when_slow(pod, time);
    }
    let Some(ready) = not_true("Ready") else { return Awaited::default() };
    if ready.reason.as_deref() == Some("ReadinessGatesNotReady") {
        let why = ready.message.as_deref().unwrap_or("no more is known");
        return Awaited::of(&name, "waits for its readiness gates", why, ready, time);
    }
    match containers::unready_beside_ours(pod) {
        Some(other) => {
            let words = format!("waits for its container {other}");
            Awaited::of(&name, &words, "somebody added it, see its log", ready, time)
        }
        None => Awaited::default(),
    }
}

impl Awaited {
    /// Something that a pod has waited for since `condition` became what it is.
    fn of(pod: &str, words: &str, check: &str, condition: &PodCondition, time: Timestamp) -> Self {
        let since = condition.last_transition_time.as_ref().map_or(time, |since| since.0);
        let lasted = between(since, time);
        let left = USUAL.checked_sub(lasted).filter(|left| !left.is_zero());
        let problem = || Reason::PodStuck.with_message(format!("{pod} {words}: {check}"));
        Self { problem: left.is_none().then(problem), words: Some(words.to_owned()), stuck_in: left }
    }

    /// The same, looked at again when the pod's events are worth reading.
    fn noted_when_slow(self, pod: &Pod, time: Timestamp) -> Self {
        let left =
            starts_for(pod, time).and_then(|lasted| SLOW.checked_sub(lasted)).filter(|left| !left.is_zero());
        Self { stuck_in: self.stuck_in.into_iter().chain(left).min(), ..self }
    }
}

/// Whether a pod that has a node does not start in the usual time, and its status does not say why.
pub(super) fn starts_slowly(pod: &Pod, time: Timestamp) -> Option<&str> {
    let is_slow = starts_for(pod, time).is_some_and(|lasted| lasted >= SLOW);
    let is_explained = || containers::problem(pod, "").is_some();
    pod.metadata.uid.as_deref().filter(|_| is_slow && !is_explained())
}

/// For how long a pod has had a node, and has not started.
fn starts_for(pod: &Pod, time: Timestamp) -> Option<Duration> {
    let is_pending = phase(pod) == Some("Pending");
    let is_on_its_way = is_pending && pod.metadata.deletion_timestamp.is_none();
    let scheduled = condition_met(pod, "PodScheduled").filter(|_| is_on_its_way)?;
    let since = scheduled.last_transition_time.as_ref()?.0;
    Some(between(since, time))
}

fn not_scheduled(pod: &Pod, name: &str, scheduled: &PodCondition) -> Option<Explanation> {
    match scheduled.reason.as_deref()? {
        "Unschedulable" => {
            let why = scheduled.message.as_deref().unwrap_or("no node takes it");
            Some(Reason::Unschedulable.with_message(format!("{name}: {why}")))
        }
        "SchedulingGated" => {
            let gates = pod.spec.iter().flat_map(|spec| spec.scheduling_gates.iter().flatten());
            let gates: Vec<_> = gates.map(|gate| gate.name.as_str()).collect();
            let words = format!("{name} is held back by scheduling gates: {}", gates.join(", "));
            Some(Reason::PodStuck.with_message(words))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::controller::observe::pods::tests::pod;

    const SINCE: &str = "2026-01-01T00:00:00Z";

    fn at(second: u64, status: &Value) -> Awaited {
        let time = SINCE.parse::<Timestamp>().unwrap() + Duration::from_secs(second);
        awaited(&pod("server", 0, status), None, time)
    }

    fn stuck(message: &str) -> Option<Explanation> {
        Some(Reason::PodStuck.with_message(format!("harbor-server-x {message}")))
    }

    /// O6: a pod without a network was "not ready yet" for ever.
    #[test]
    fn a_sandbox_that_takes_long_is_a_problem() {
        let status = json!({"phase": "Pending", "conditions": [
            {"type": "PodScheduled", "status": "True", "lastTransitionTime": SINCE},
            {"type": "PodReadyToStartContainers", "status": "False", "lastTransitionTime": SINCE}
        ]});
        let soon = at(5, &status);
        assert_eq!((soon.problem, soon.stuck_in), (None, Some(Duration::from_secs(10))));
        assert_eq!(soon.words.as_deref(), Some("waits for its network and volumes"));
        let late = at(20, &status);
        assert_eq!(
            (late.problem, late.stuck_in),
            (
                stuck(
                    "waits for its network and volumes: check the CNI, the volumes and the kubelet of its node"
                ),
                None
            )
        );
        let mut done = status;
        done["phase"] = json!("Succeeded");
        assert_eq!(at(100, &done), Awaited::default());
    }

    /// O6: what the kubelet says in events alone was nowhere in the status.
    #[test]
    fn a_pod_that_does_not_start_has_its_events_quoted() {
        let starting = |conditions: Value, containers: Value| {
            let status =
                json!({"phase": "Pending", "conditions": conditions, "containerStatuses": containers});
            let mut pod = std::sync::Arc::unwrap_or_clone(pod("server", 0, &status));
            pod.metadata.uid = Some("pod-1".into());
            pod
        };
        let time = |second: u64| SINCE.parse::<Timestamp>().unwrap() + Duration::from_secs(second);
        let of =
            |kind: &str, status: &str| json!({"type": kind, "status": status, "lastTransitionTime": SINCE});
        let scheduled = of("PodScheduled", "True");
        let creating = json!([{"name": "server", "image": "", "imageID": "", "ready": false, "restartCount": 0,
                               "state": {"waiting": {"reason": "ContainerCreating"}}}]);
        let no_sandbox = json!([scheduled.clone(), of("PodReadyToStartContainers", "False")]);
        let event = "FailedCreatePodSandBox: the plugin is away";
        for (pod, words) in [
            (starting(no_sandbox, json!([])), "waits for its network and volumes"),
            (starting(json!([scheduled]), creating), "waits for its image or its container"),
        ] {
            assert_eq!((starts_slowly(&pod, time(14)), starts_slowly(&pod, time(15))), (None, Some("pod-1")));
            assert_eq!(
                awaited(&pod, None, time(5)).stuck_in,
                Some(Duration::from_secs(10)),
                "to read them then"
            );
            let said = awaited(&pod, Some(event), time(20)).problem;
            assert_eq!(said, stuck(&format!("{words}: {event}")));
        }
        let waiting = crate::controller::observe::pods::tests::waiting("ErrImagePull", "denied");
        let explained = starting(json!([of("PodScheduled", "True")]), waiting["containerStatuses"].clone());
        assert_eq!(starts_slowly(&explained, time(60)), None, "the status says it");
    }

    #[test]
    fn gates_and_containers_of_others_are_named() {
        let mut gated = std::sync::Arc::unwrap_or_clone(pod(
            "server",
            0,
            &json!({"conditions": [{"type": "PodScheduled", "status": "False", "reason": "SchedulingGated"}]}),
        ));
        gated.spec.as_mut().unwrap().scheduling_gates =
            serde_json::from_value(json!([{"name": "example.com/quota"}])).unwrap();
        assert_eq!(
            awaited(&gated, None, Timestamp::UNIX_EPOCH).problem,
            stuck("is held back by scheduling gates: example.com/quota")
        );
        let not_ready = |reason: &str, message: &str, containers: Value| {
            json!({"phase": "Running", "containerStatuses": containers, "conditions": [
                {"type": "Ready", "status": "False", "reason": reason, "message": message, "lastTransitionTime": SINCE}
            ]})
        };
        let gate = not_ready("ReadinessGatesNotReady", "gate \"lb\" does not exist", json!([]));
        assert_eq!(at(19, &gate).problem, None);
        assert_eq!(at(20, &gate).problem, stuck("waits for its readiness gates: gate \"lb\" does not exist"));
        let status = |name: &str, ready: bool| json!({"name": name, "image": "", "imageID": "", "ready": ready, "restartCount": 0, "state": {"running": {}}});
        let mesh = json!([status("server", true), status("mesh", false)]);
        let sidecar = not_ready("ContainersNotReady", "containers with unready status: [mesh]", mesh);
        assert_eq!(
            at(30, &sidecar).problem,
            stuck("waits for its container mesh: somebody added it, see its log")
        );
        let ours =
            not_ready("ContainersNotReady", "", json!([status("server", false), status("mesh", false)]));
        assert_eq!(at(30, &ours), Awaited::default(), "its own probe says more elsewhere");
    }
}
