//! How long a problem may last before a session that never had media counts as not measurable.

use std::time::Duration;

/// Longer than the API server takes to serve what has just changed, and the operator to try again.
const REFUSED: Duration = Duration::from_secs(5);
/// Kubernetes tries again by itself: the second attempt is given its time.
const RETRIED: Duration = Duration::from_secs(10);
/// A node may be on its way, or another pod about to leave.
const NO_ROOM: Duration = Duration::from_secs(15);

/// How long a session may be `NotObserved`: the operator looks at a new one within a second, and a replica takes over from
/// one that is gone in 15 s.
pub(super) const UNOBSERVED: Duration = Duration::from_secs(20);
/// How long the verdict on a run that is over may be about an earlier spec: the operator carries it over within seconds, and a
/// replica takes over from one that is gone in 15 s.
pub(super) const CARRIED_OVER: Duration = Duration::from_secs(20);
/// How long a session may have nothing to measure, as a suspended one.
pub(super) const AT_REST: Duration = Duration::from_secs(5);
/// What is well for so long is no continuation of a problem before it.
pub(super) const CALM: Duration = Duration::from_secs(15);

/// For a reason of Ready; `chosen` is what the user asks for.
pub(super) fn of(reason: &str, chosen: Option<Duration>) -> Duration {
    match reason {
        "InvalidSpec" | "NameTaken" | "Failed" => Duration::ZERO,
        _ if chosen.is_some() => chosen.unwrap_or_default(),
        // The operator takes its time before it says one of the last two.
        "PodsForbidden" | "ApplyFailed" | "PodStuck" | "SignalingFailed" => REFUSED,
        "Unschedulable" => NO_ROOM,
        _ => RETRIED,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_another_spec_changes_is_not_waited_for() {
        assert_eq!(of("InvalidSpec", Some(Duration::from_secs(60))), Duration::ZERO);
        assert_eq!(of("Unschedulable", None), Duration::from_secs(15));
        assert_eq!(of("Unschedulable", Some(Duration::from_secs(60))), Duration::from_secs(60));
        assert_eq!(of("OfAnotherVersion", None), Duration::from_secs(10));
    }
}
