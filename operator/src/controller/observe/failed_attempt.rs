//! How the last attempt of a client, or of the server, came to its end: its container left that behind, and the kubelet
//! brings it without any network of the pod's.

use jiff::Timestamp;
use k8s_openapi::api::core::v1::{ContainerStateTerminated, Pod};
use kube::ResourceExt;
use report::ErrorCode;
use report::last_line::{cause_in, has_frames};

use crate::conditions::cut;
use crate::controller::observe::containers::{failed_end, how_it_ended, was_killed};
use crate::session::pod::node;

/// The longest cause that is quoted: who it was, and what to check, follow.
const MAX_CAUSE: usize = 140;

/// SIGTERM's: whoever was asked to end has not failed.
const TERMINATED: i32 = 143;

/// An attempt that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::controller) struct FailedAttempt {
    pub(super) pod: String,
    pub(super) node: Option<String>,
    /// What kept it from its end, by the program's own name for it.
    pub(super) code: Option<ErrorCode>,
    /// The same in words.
    pub(super) cause: String,
    /// It was killed, for nothing that it did.
    pub(super) was_killed: bool,
    /// It had media until then, as far as it said so.
    pub(super) had_media: bool,
    /// When it ended.
    pub(super) ended: Option<Timestamp>,
}

impl FailedAttempt {
    /// The last one of a pod's own container, if it failed.
    pub(super) fn of(pod: &Pod) -> Option<Self> {
        let ended = failed_end(pod).filter(|ended| ended.exit_code != TERMINATED)?;
        let (code, cause) = cause(ended);
        Some(Self {
            pod: pod.name_any(),
            node: node(pod).map(str::to_owned),
            code,
            cause: cut(&cause, MAX_CAUSE),
            was_killed: was_killed(ended),
            had_media: ended.message.as_deref().is_some_and(has_frames),
            ended: ended.finished_at.as_ref().map(|time| time.0),
        })
    }

    /// Who failed, where and why.
    pub(super) fn words(&self) -> String {
        let node = self.node.as_ref().map(|node| format!(" on node {}", cut(node, 40))).unwrap_or_default();
        format!("{}{node} ended: {}", self.pod, self.cause)
    }
}

/// What a container's end says, as code where a program named one, and in words.
fn cause(ended: &ContainerStateTerminated) -> (Option<ErrorCode>, String) {
    let message = ended.message.as_deref().unwrap_or_default();
    // Where no message was written, the log's tail stands in: its last line says most.
    let line = message.lines().map(str::trim).rfind(|line| !line.is_empty());
    match line.and_then(cause_in) {
        Some((code, words)) => (Some(code), words.to_owned()),
        None => (None, how_it_ended(ended)),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::controller::observe::pods::tests::pod;

    /// The status of a pod whose own container ended so.
    pub(in super::super) fn ended(component: &str, exit_code: i32, message: &str) -> Value {
        json!({"phase": "Failed", "containerStatuses": [{
            "name": component, "image": "", "imageID": "", "ready": false, "restartCount": 0,
            "state": {"terminated": {
                "exitCode": exit_code, "reason": "Error", "message": message, "finishedAt": "2026-01-01T00:00:40Z"
            }}
        }]})
    }

    fn found(exit_code: i32, message: &str) -> Option<FailedAttempt> {
        FailedAttempt::of(&pod("client", 1, &ended("client", exit_code, message)))
    }

    /// O23: it was in the pod's log alone.
    #[test]
    fn the_cause_that_a_client_left_behind_is_quoted() {
        let message = "error: ResolveFailed: cannot resolve harbor-server: no answer; no media and no post taken for 30 s: x\n";
        let attempt = found(1, message).unwrap();
        assert_eq!(attempt.code, Some(ErrorCode::ResolveFailed));
        assert_eq!(
            attempt.words(),
            "harbor-client-1-y on node b ended: cannot resolve harbor-server: no answer"
        );
        let killed = found(137, "IceFailed 3 times, last: no UDP; Connected to s:1").unwrap();
        assert_eq!(
            (killed.code, killed.cause.as_str()),
            (None, "exit code 137: IceFailed 3 times, last: no UDP; Connected to s:1")
        );
        assert_eq!(found(2, "").unwrap().cause, "exit code 2");
        assert!(found(1, &format!("error: NoOffer: {}", "x".repeat(4000))).unwrap().words().len() < 256);
    }

    #[test]
    fn who_was_done_or_asked_to_end_has_not_failed() {
        assert_eq!((found(0, "no errors"), found(TERMINATED, "no errors")), (None, None));
        let running = json!({"phase": "Running", "containerStatuses": []});
        assert_eq!(FailedAttempt::of(&pod("client", 1, &running)), None);
        let sidecar = ended("mesh", 1, "error: NoOffer: x");
        assert_eq!(FailedAttempt::of(&pod("client", 1, &sidecar)), None, "not ours");
    }

    #[test]
    fn a_container_that_runs_again_has_its_last_end() {
        let mut status = ended("server", 1, "error: cannot listen");
        let container = &mut status["containerStatuses"][0];
        container["lastState"] = container["state"].take();
        container["state"] = json!({"running": {}});
        assert_eq!(
            FailedAttempt::of(&pod("server", 0, &status)).unwrap().words(),
            "harbor-server-x on node a ended: exit code 1: error: cannot listen"
        );
    }
}
