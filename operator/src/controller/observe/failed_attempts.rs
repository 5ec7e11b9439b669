//! The last failed attempt of each part of a session, remembered while its next one is on its way: the pod of the last one
//! may be gone by then.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;

use crate::controller::observe::failed_attempt::FailedAttempt;
use crate::controller::observe::pods::{ObservedPod, ObservedPods};
use crate::controller::observe::reason::{Explanation, Reason};
use crate::controller::observe::stages::reason_of;
use crate::report_source::View;
use crate::run::WantedClients;
use crate::timestamps::between;

/// How long ago an attempt may have ended to say something about now: longer than the longest pause before the next one, and
/// than that takes to fail.
const RECENT: Duration = Duration::from_secs(180);

/// The last failed attempts, by the index of their client.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::controller) struct FailedAttempts(BTreeMap<u32, FailedAttempt>);

impl FailedAttempts {
    /// Takes note of the pods there are at `time`: who has media now has not failed any more.
    pub(in crate::controller) fn note(&mut self, pods: &ObservedPods, time: Timestamp) {
        for (index, attempt) in &pods.failed {
            let is_newer = self.0.get(index).is_none_or(|known| known.ended <= attempt.ended);
            if is_newer {
                self.0.insert(*index, attempt.clone());
            }
        }
        let is_served = |pod: &ObservedPod, index: u32| {
            pod.index == Some(index) && (pod.ready_since.is_some() || pod.succeeded)
        };
        self.0.retain(|index, attempt| {
            let age = attempt.ended.map(|ended| between(ended, time));
            let is_over =
                pods.finished.contains(index) || pods.clients.iter().any(|pod| is_served(pod, *index));
            !is_over && age.is_none_or(|age| age < RECENT)
        });
    }

    /// Why clients do not get media, as the attempts of those say who have not said anything since: the first by its reason,
    /// with how many are affected.
    pub(super) fn explanation(
        &self,
        pods: &ObservedPods,
        view: &View,
        wanted: &WantedClients,
    ) -> Option<Explanation> {
        let has_posted = |index: u32| {
            let mut its = pods.clients.iter().filter(|pod| pod.index == Some(index));
            its.any(|pod| view.clients.contains_key(&pod.name))
        };
        let failed: Vec<_> = self
            .0
            .iter()
            .filter(|(index, _)| wanted.contains(**index) && !has_posted(**index))
            .map(|(_, attempt)| (reason(attempt), attempt))
            .collect();
        // Of several the latest: what it says is nearest to what is so now.
        let (reason, last) =
            failed.iter().min_by_key(|(reason, attempt)| (*reason, std::cmp::Reverse(attempt.ended)))?;
        let affected = failed.iter().filter(|(other, _)| other == reason).count();
        let wanted = wanted.count();
        Some(reason.with_message(format!("{}; {affected} of {wanted} clients affected", last.words())))
    }
}

/// What the end of an attempt says about its session. An error that has no name of ours is of the program itself; who was killed
/// has none.
fn reason(attempt: &FailedAttempt) -> Reason {
    match attempt.code {
        Some(code) => reason_of(code).unwrap_or(Reason::WaitingForClients),
        None if attempt.was_killed && attempt.had_media => Reason::ClientsLost,
        None if attempt.was_killed => Reason::WaitingForClients,
        None => Reason::CrashLooping,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::sync::Arc;

    use k8s_openapi::api::core::v1::Pod;
    use serde_json::json;

    use super::*;
    use crate::controller::build::fixture;
    use crate::controller::observe::failed_attempt::tests::ended;
    use crate::controller::observe::pods::tests::{pod, ready};
    use crate::controller::observe::stages::tests::client_posts;

    const NO_NAME: &str = "error: ResolveFailed: cannot resolve harbor-server: no answer";

    fn at(second: u64) -> Timestamp {
        "2026-01-01T00:00:40Z".parse::<Timestamp>().unwrap() + Duration::from_secs(second)
    }

    fn observed(pods: &[Arc<Pod>]) -> ObservedPods {
        let session = fixture::session(&json!({"clients": 2}));
        ObservedPods::of(pods, &session, None, &BTreeSet::new(), &BTreeMap::new(), at(0))
    }

    fn noted(steps: &[(&[Arc<Pod>], u64)]) -> FailedAttempts {
        let mut attempts = FailedAttempts::default();
        for (pods, second) in steps {
            attempts.note(&observed(pods), at(*second));
        }
        attempts
    }

    fn failed(index: usize, message: &str) -> Arc<Pod> {
        pod("client", index, &ended("client", 1, message))
    }

    fn said(attempts: &FailedAttempts, pods: &[Arc<Pod>], view: &View) -> Option<(Reason, String)> {
        attempts
            .explanation(&observed(pods), view, &WantedClients::first(2))
            .map(|found| (found.reason, found.message))
    }

    /// O23: the pod of an attempt is gone when the next one starts, and what it said with it.
    #[test]
    fn an_attempt_is_quoted_until_its_client_has_media_or_says_more() {
        let next = [pod("client", 1, &json!({"phase": "Running"}))];
        let attempts = noted(&[(&[failed(1, NO_NAME)], 1), (&next, 20)]);
        let message = "harbor-client-1-y on node b ended: cannot resolve harbor-server: no answer; 1 of 2 clients affected";
        let expected = Some((Reason::SignalingFailed, message.to_owned()));
        assert_eq!(said(&attempts, &next, &View::default()), expected);
        assert_eq!(said(&attempts, &[], &View::default()), expected, "before the next one is there");
        let posted = client_posts(report::State::Connecting, &[]);
        let view = View { clients: [("harbor-client-1-y".to_owned(), posted)].into(), ..View::default() };
        assert_eq!(said(&attempts, &next, &view), None, "it reports by itself");

        let served = [pod("client", 1, &ready("2026-01-01T00:01:00Z"))];
        assert_eq!(noted(&[(&[failed(1, NO_NAME)], 1), (&served, 30)]), FailedAttempts::default());
        let kept = [failed(1, NO_NAME), served[0].clone()];
        assert_eq!(noted(&[(&kept, 30)]), FailedAttempts::default(), "although the failed pod is kept");
        assert_eq!(noted(&[(&[failed(1, NO_NAME)], 180)]), FailedAttempts::default(), "long ago");
    }

    /// A client of a node that was restarted had crashed, as if it were to blame.
    #[test]
    fn who_was_killed_has_not_crashed() {
        let of = |exit_code: i32, reason: &str, message: &str| {
            let mut status = ended("client", exit_code, message);
            status["containerStatuses"][0]["state"]["terminated"]["reason"] = json!(reason);
            said(&noted(&[(&[pod("client", 1, &status)], 1)]), &[], &View::default()).unwrap().0
        };
        let running = "no errors; Connected to s:1; 165 frames received, 165 with the ball, 0 reconnects";
        assert_eq!(of(255, "Unknown", running), Reason::ClientsLost);
        assert_eq!(of(137, "Error", running), Reason::ClientsLost);
        assert_eq!(of(137, "ContainerStatusUnknown", ""), Reason::WaitingForClients, "nobody knows");
        assert_eq!(of(137, "OOMKilled", running), Reason::CrashLooping);
        assert_eq!(of(101, "Error", running), Reason::CrashLooping);
    }

    #[test]
    fn the_first_reason_of_several_clients_is_named() {
        let pods = [failed(0, "error: IceFailed: no UDP"), failed(1, NO_NAME)];
        let (reason, message) = said(&noted(&[(&pods, 1)]), &[], &View::default()).unwrap();
        assert_eq!(reason, Reason::SignalingFailed);
        assert!(message.ends_with("; 1 of 2 clients affected"), "{message}");
        let pods = [failed(0, NO_NAME), failed(1, NO_NAME), failed(2, "error: no such flag")];
        let (_, message) = said(&noted(&[(&pods, 1)]), &[], &View::default()).unwrap();
        assert!(message.ends_with("; 2 of 2 clients affected"), "{message}");
        let pods = [failed(0, "error: cannot make a detector")];
        let (reason, message) = said(&noted(&[(&pods, 1)]), &[], &View::default()).unwrap();
        assert_eq!(reason, Reason::CrashLooping);
        assert!(message.contains("ended: exit code 1: error: cannot make a detector"), "{message}");
    }
}
