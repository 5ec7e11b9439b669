//! Whether waiting helps: what tools that wait for a session need to know, so that they end where nothing comes by itself.

use std::time::{Duration, Instant};

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;

use crate::controller::observe::reason::Reason;

/// How long a session may have problems that may go by themselves, such as nodes that are about to come.
const PATIENCE: Duration = Duration::from_secs(120);

/// Whether waiting does not help any more, and else when that is to be asked again. `since`: when the session began to have
/// problems; `was`: whether that was said before of the same generation, maybe by another process.
pub(super) fn stalled(
    reason: Reason,
    since: Option<Instant>,
    was: bool,
    now: Instant,
) -> (bool, Option<Duration>) {
    if reason.is_final_problem() {
        return (true, None);
    }
    if !reason.is_problem() {
        return (false, None);
    }
    let lasted = now.saturating_duration_since(since.unwrap_or(now));
    match PATIENCE.checked_sub(lasted).filter(|left| !left.is_zero() && !was) {
        Some(left) => (false, Some(left)),
        None => (true, None),
    }
}

/// Since when a session has had problems without being ready in between. What crashes again and again is on its way up from
/// time to time, and has a problem all the same.
#[derive(Debug, Default)]
pub(in crate::controller) struct Trouble(Option<(Option<i64>, Instant)>);

impl Trouble {
    /// Since when that is so of a generation.
    pub(in crate::controller) fn since(&self, generation: Option<i64>) -> Option<Instant> {
        self.0.filter(|(of, _)| *of == generation).map(|(_, since)| since)
    }

    /// Takes note of the condition Ready at `now`.
    pub(in crate::controller) fn note(
        &mut self,
        ready: Option<&Condition>,
        generation: Option<i64>,
        now: Instant,
    ) {
        let since = self.since(generation);
        let is_ready = ready.is_none_or(|ready| ready.status == "True");
        let has_problem = ready.is_some_and(|ready| Reason::is_problem_named(&ready.reason));
        let since = since.or(has_problem.then_some(now)).filter(|_| !is_ready);
        self.0 = since.map(|since| (generation, since));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn mistakes_are_told_at_once_and_other_problems_after_two_minutes() {
        let start = Instant::now();
        let at = |reason, seconds| stalled(reason, Some(start), false, start + Duration::from_secs(seconds));
        for reason in [Reason::InvalidSpec, Reason::NameTaken, Reason::Failed] {
            assert_eq!(stalled(reason, None, false, start), (true, None));
        }
        for reason in
            [Reason::ImagePullFailed, Reason::Unschedulable, Reason::ApplyFailed, Reason::MediaBlocked]
        {
            assert_eq!(stalled(reason, None, false, start), (false, Some(PATIENCE)));
            assert_eq!(at(reason, 119), (false, Some(Duration::from_secs(1))));
            assert_eq!(at(reason, 120), (true, None));
            assert_eq!(stalled(reason, None, true, start), (true, None), "another process has waited");
        }
        for reason in [Reason::ServerNotReady, Reason::WaitingForClients, Reason::Suspended, Reason::Ready] {
            assert_eq!(at(reason, 1000), (false, None));
        }
    }

    #[test]
    fn trouble_lasts_until_the_session_is_ready_or_another_one_is_asked_for() {
        let start = Instant::now();
        let at = |second| start + Duration::from_secs(second);
        let ready = |status: &str, reason: &str| -> Condition {
            serde_json::from_value(json!({"type": "Ready", "status": status, "reason": reason, "message": "",
                                          "lastTransitionTime": "2026-01-01T00:00:00Z"}))
            .unwrap()
        };
        let mut trouble = Trouble::default();
        for (second, status, reason, since) in [
            (0, "False", "ServerNotReady", None),
            (10, "False", "CrashLooping", Some(10)),
            (20, "False", "WaitingForClients", Some(10)),
            (30, "False", "CrashLooping", Some(10)),
            (40, "True", "Ready", None),
            (50, "False", "ClientsLost", Some(50)),
        ] {
            trouble.note(Some(&ready(status, reason)), Some(1), at(second));
            assert_eq!(trouble.since(Some(1)), since.map(at), "{second}");
        }
        assert_eq!(trouble.since(Some(2)), None);
        trouble.note(Some(&ready("False", "ClientsLost")), Some(2), at(60));
        assert_eq!(trouble.since(Some(2)), Some(at(60)));
    }
}
