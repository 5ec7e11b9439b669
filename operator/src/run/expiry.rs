//! When a session that is to go after its run is to go.

use std::time::Duration;

use crds::BallSessionStatus;
use crds::contract::COMPLETE;
use jiff::Timestamp;

use crate::conditions::find;
use crate::timestamps::between;

/// How long the session of a finished run stays, `ttl` after the run's end; zero where it is to go now. `None` where nothing
/// says when the run ended.
pub fn expires_in(stored: &BallSessionStatus, ttl: Duration, now: Timestamp) -> Option<Duration> {
    let ended_at = stored.run.as_ref().and_then(|run| run.ended_at.as_ref());
    // Versions before did not store it.
    let said_at = || Some(&find(&stored.conditions, COMPLETE)?.last_transition_time);
    let over_for = between(ended_at.or_else(said_at)?.0, now);
    Some(ttl.saturating_sub(over_for))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn left(run: &Value) -> Option<u64> {
        let stored = serde_json::from_value(json!({
            "run": run,
            "conditions": [{"type": "Complete", "status": "True", "reason": "Finished", "message": "",
                            "lastTransitionTime": "2026-01-01T00:01:00Z"}]
        }))
        .unwrap();
        let now = "2026-01-01T00:01:30Z".parse().unwrap();
        expires_in(&stored, Duration::from_secs(60), now).map(|left| left.as_secs())
    }

    #[test]
    fn a_session_goes_so_long_after_the_end_of_its_run() {
        assert_eq!(left(&json!({"hash": "a", "endedAt": "2026-01-01T00:00:50Z"})), Some(20));
        assert_eq!(left(&json!({"hash": "a", "endedAt": "2026-01-01T00:00:30Z"})), Some(0));
        assert_eq!(left(&json!({"hash": "a", "endedAt": "2025-01-01T00:00:00Z"})), Some(0));
        assert_eq!(
            left(&json!({"hash": "a", "endedAt": "2026-01-02T00:00:00Z"})),
            Some(60),
            "by another clock"
        );
        assert_eq!(left(&json!({"hash": "a"})), Some(30), "of a version before");
        let nothing = BallSessionStatus::default();
        assert_eq!(expires_in(&nothing, Duration::from_secs(60), Timestamp::UNIX_EPOCH), None);
    }
}
