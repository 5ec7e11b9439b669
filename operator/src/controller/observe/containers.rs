//! What the containers of a pod say: ours, init containers, and those that somebody added, such as sidecars of a mesh.

use jiff::Timestamp;
use k8s_openapi::api::core::v1::{ContainerState, ContainerStateTerminated, ContainerStatus, Pod};

use crate::controller::observe::reason::{Explanation, Reason};

/// SIGKILL's.
const KILLED: i32 = 137;

/// Why a container does not start, or ends again and again.
pub(super) fn problem(pod: &Pod, name: &str) -> Option<Explanation> {
    let status = pod.status.as_ref()?;
    let init = status.init_container_statuses.as_deref().unwrap_or_default();
    let all = status.container_statuses.as_deref().unwrap_or_default();
    let of_init = init.iter().find_map(|container| {
        let named = format!("{name}: init container {}", container.name);
        starts(&named, container).or_else(|| {
            crashes(container).map(|how| Reason::PodStuck.with_message(format!("{named}: {how}")))
        })
    });
    of_init
        .or_else(|| {
            all.iter().find_map(|container| {
                let named = if is_ours(container) {
                    name.to_owned()
                } else {
                    format!("{name}: container {}", container.name)
                };
                starts(&named, container).or_else(|| {
                    crashes(container).map(|how| Reason::CrashLooping.with_message(format!("{named}: {how}")))
                })
            })
        })
        .or_else(|| runs_on(name, all))
}

/// What containers are waited for, in words that follow the pod's name.
pub(super) fn awaited(pod: &Pod) -> Option<String> {
    let status = pod.status.as_ref()?;
    let init = status.init_container_statuses.as_deref().unwrap_or_default();
    // One that is started is a sidecar, and runs on.
    let running = init.iter().find(|container| {
        let is_running = container.state.as_ref().is_some_and(|state| state.running.is_some());
        is_running && container.started != Some(true)
    });
    if let Some(running) = running {
        return Some(format!("waits for its init container {}", running.name));
    }
    let ours = status.container_statuses.iter().flatten().find(|container| is_ours(container))?;
    let waiting = ours.state.as_ref()?.waiting.as_ref()?.reason.as_deref()?;
    (waiting == "ContainerCreating").then(|| "waits for its image or its container".to_owned())
}

/// A container of somebody else that keeps a pod from being ready whose own is.
pub(super) fn unready_beside_ours(pod: &Pod) -> Option<&str> {
    let status = pod.status.as_ref()?;
    let all = || status.container_statuses.iter().chain(&status.init_container_statuses).flatten();
    let is_ready = |ours: bool| all().any(|container| is_ours(container) == ours && container.ready);
    let sidecars =
        || all().filter(|container| !is_ours(container) && !container.ready && !is_done(container));
    sidecars().next().filter(|_| is_ready(true)).map(|container| container.name.as_str())
}

/// Since when a pod's own container runs that is not ready.
pub(super) fn unready_since_start(pod: &Pod) -> Option<Timestamp> {
    let containers = pod.status.as_ref()?.container_statuses.as_deref()?;
    let ours = containers.iter().find(|container| is_ours(container) && !container.ready)?;
    Some(ours.state.as_ref()?.running.as_ref()?.started_at.as_ref()?.0)
}

/// The containers of pods that the operator makes are called by their part.
fn is_ours(container: &ContainerStatus) -> bool {
    ["server", "client"].contains(&container.name.as_str())
}

fn is_done(container: &ContainerStatus) -> bool {
    container.state.as_ref().is_some_and(|state| state.terminated.is_some())
}

/// Ours is done, and another one keeps the pod from being so.
fn runs_on(name: &str, all: &[ContainerStatus]) -> Option<Explanation> {
    let ours = all.iter().find(|container| is_ours(container))?.state.as_ref()?.terminated.as_ref()?;
    let other = all.iter().find(|container| !is_ours(container) && !is_done(container))?;
    (ours.exit_code == 0).then(|| {
        Reason::PodStuck.with_message(format!(
            "{name} is done, but its container {} runs on and keeps it from ending: make it a native sidecar, or leave it out",
            other.name
        ))
    })
}

/// Why a container does not start.
fn starts(named: &str, container: &ContainerStatus) -> Option<Explanation> {
    let waiting = container.state.as_ref()?.waiting.as_ref()?;
    let (reason, why) = (waiting.reason.as_deref()?, waiting.message.as_deref());
    let why = why.unwrap_or(reason);
    match reason {
        "ErrImagePull"
        | "ImagePullBackOff"
        | "InvalidImageName"
        | "ErrImageNeverPull"
        | "RegistryUnavailable"
        | "ImageInspectError"
        | "SignatureValidationFailed" => {
            Some(Reason::ImagePullFailed.with_message(format!("{named}: image {}: {why}", container.image)))
        }
        "CreateContainerConfigError" | "CreateContainerError" | "RunContainerError" => {
            Some(Reason::CrashLooping.with_message(format!("{named}: the container cannot start: {why}")))
        }
        _ => None,
    }
}

/// How a container ended that is started again, or is not, where it has failed.
fn crashes(container: &ContainerStatus) -> Option<String> {
    let state = container.state.as_ref()?;
    if state.waiting.as_ref().is_some_and(|waiting| waiting.reason.as_deref() == Some("CrashLoopBackOff")) {
        let last = container.last_state.as_ref().and_then(termination);
        return Some(last.unwrap_or_else(|| "CrashLoopBackOff".into()));
    }
    None
}

/// How a pod's own container ended last, if it failed.
pub(super) fn failed_end(pod: &Pod) -> Option<&ContainerStateTerminated> {
    let containers = pod.status.as_ref()?.container_statuses.as_deref().unwrap_or_default();
    let ours = containers.iter().find(|container| is_ours(container))?;
    let ended = [ours.state.as_ref(), ours.last_state.as_ref()].map(|state| state?.terminated.as_ref());
    ended.into_iter().flatten().next().filter(|last| last.exit_code != 0)
}

/// Whether a container did not end by itself and was not asked to: it was killed, or its node was restarted. (One without memory
/// is killed for what it does.)
pub(super) fn was_killed(ended: &ContainerStateTerminated) -> bool {
    match ended.reason.as_deref() {
        Some("OOMKilled") => false,
        Some("Unknown" | "ContainerStatusUnknown") => true,
        _ => ended.exit_code == KILLED,
    }
}

/// How a container ended, with its termination message.
fn termination(state: &ContainerState) -> Option<String> {
    state.terminated.as_ref().map(how_it_ended)
}

/// The same of one that has ended.
pub(super) fn how_it_ended(ended: &ContainerStateTerminated) -> String {
    let how = match ended.reason.as_deref() {
        Some("Error") | None => format!("exit code {}", ended.exit_code),
        Some(reason) => format!("{reason}, exit code {}", ended.exit_code),
    };
    // A log's tail stands in for a message that was not written: its last line says most.
    let message = ended.message.as_deref().unwrap_or_default();
    let message = message.lines().map(str::trim).rfind(|line| !line.is_empty());
    message.map_or(how.clone(), |message| format!("{how}: {message}"))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::{Value, json};

    use super::*;
    use crate::controller::observe::pods::tests::{pod, waiting};

    fn found(status: &Value) -> Option<Explanation> {
        problem(&pod("server", 0, status), "harbor-server-x")
    }

    #[test]
    fn what_keeps_a_container_from_running() {
        for (reason, message, expected) in [
            (
                "ImagePullBackOff",
                "not found",
                Reason::ImagePullFailed
                    .with_message("harbor-server-x: container c: image registry.example/s:7: not found"),
            ),
            (
                "CrashLoopBackOff",
                "back-off 10s",
                Reason::CrashLooping
                    .with_message("harbor-server-x: container c: exit code 1: cannot listen: in use"),
            ),
            (
                "CreateContainerConfigError",
                "runs as root",
                Reason::CrashLooping
                    .with_message("harbor-server-x: container c: the container cannot start: runs as root"),
            ),
        ] {
            let mut status = waiting(reason, message);
            assert_eq!(found(&status), Some(expected.clone()));
            status["containerStatuses"][0]["name"] = json!("server");
            let ours = expected.message.replace(" container c:", "");
            assert_eq!(found(&status), Some(expected.reason.with_message(ours)), "its own needs no name");
        }
        assert_eq!(found(&waiting("ContainerCreating", "")), None);
        let killed = json!({"containerStatuses": [{
            "name": "server", "image": "", "imageID": "", "ready": false, "restartCount": 1,
            "state": {"waiting": {"reason": "CrashLoopBackOff"}},
            "lastState": {"terminated": {"exitCode": 137, "reason": "OOMKilled"}}
        }]});
        assert_eq!(found(&killed).unwrap().message, "harbor-server-x: OOMKilled, exit code 137");
    }

    /// O6: Init:ErrImagePull and Init:Error were "is not ready yet".
    #[test]
    fn init_containers_and_sidecars_are_named() {
        let init = |reason: &str| {
            let mut status = waiting(reason, "denied");
            status["initContainerStatuses"] = status["containerStatuses"].take();
            status["initContainerStatuses"][0]["name"] = json!("mesh-init");
            status
        };
        assert_eq!(
            found(&init("ErrImagePull")),
            Some(Reason::ImagePullFailed.with_message(
                "harbor-server-x: init container mesh-init: image registry.example/s:7: denied"
            ))
        );
        assert_eq!(
            found(&init("CrashLoopBackOff")),
            Some(Reason::PodStuck.with_message(
                "harbor-server-x: init container mesh-init: exit code 1: cannot listen: in use"
            ))
        );
        let running = |started: bool| {
            let mut status = init("PodInitializing");
            let container = &mut status["initContainerStatuses"][0];
            (container["state"], container["started"]) = (json!({"running": {}}), json!(started));
            awaited(&pod("server", 0, &status))
        };
        assert_eq!(running(false).as_deref(), Some("waits for its init container mesh-init"));
        assert_eq!(running(true), None, "a sidecar runs on");
    }

    #[test]
    fn a_classic_sidecar_that_keeps_a_pod_from_ending_is_named() {
        let of = |exit_code: i32| {
            let status = json!({"phase": "Running", "containerStatuses": [
                {"name": "client", "image": "", "imageID": "", "ready": false, "restartCount": 0,
                 "state": {"terminated": {"exitCode": exit_code}}},
                {"name": "mesh", "image": "", "imageID": "", "ready": true, "restartCount": 0, "state": {"running": {}}}
            ]});
            let client: Arc<Pod> = pod("client", 0, &status);
            problem(&client, "harbor-client-0-y")
        };
        let message = of(0).unwrap().message;
        assert!(
            message.starts_with("harbor-client-0-y is done, but its container mesh runs on"),
            "{message}"
        );
        assert_eq!(of(1), None, "it is started again");
    }
}
