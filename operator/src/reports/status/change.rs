//! How much a status differs from the stored one: that decides how soon it is written.

use crds::BallSessionStatus;

use crate::reports::status::condition::condition;
use crate::reports::status::words::say_the_same;

/// How much two statuses differ, the least first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::reports) enum Change {
    /// Not at all.
    None,
    /// Only in numbers, which move with every report.
    Numbers,
    /// In words: of errors, of breaches beside the first one, of clients that come and go.
    Words,
    /// In what somebody may be waiting for: the first numbers, a first error, whether the objectives of which spec are met and why
    /// not, numbers of another run that have to go.
    Urgent,
}

impl Change {
    /// From the stored fields to the desired ones.
    pub(in crate::reports) fn between(stored: &BallSessionStatus, desired: &BallSessionStatus) -> Self {
        if stored == desired {
            return Self::None;
        }
        let met = |status| {
            let condition = condition(status)?;
            Some((&condition.status, &condition.reason, condition.observed_generation))
        };
        let is_first_error = stored.error_count.unwrap_or(0) == 0 && desired.error_count.unwrap_or(0) > 0;
        let is_first_or_cleared = stored.measurements.is_some() != desired.measurements.is_some();
        if met(stored) != met(desired) || is_first_error || is_first_or_cleared {
            return Self::Urgent;
        }
        if say_the_same(stored, desired) { Self::Numbers } else { Self::Words }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn status(change: impl FnOnce(&mut Value)) -> BallSessionStatus {
        let mut status = json!({
            "conditions": [{"type": "ObjectivesMet", "status": "False", "reason": "LossTooHigh", "observedGeneration": 3,
                            "message": "8.1 % lost, 1 % allowed (a; cause Network)",
                            "lastTransitionTime": "2026-01-01T00:00:00Z"}],
            "display": {"loss": "8.10%", "cause": "Network", "reason": "LossTooHigh", "message": "loss above the 1 % that are allowed (a)"},
            "measurements": {"frames": {"sent": 1}, "freezes": {"count": 1, "longestMilliseconds": "100"},
                             "errorPixels": {"p95": "0.012"}, "startedAt": "2026-01-01T00:00:00Z"},
            "clients": [{"id": "a", "state": "Connected", "frames": {"sent": 1}, "network": {"packetsSent": 1}, "cause": "Codec"}],
            "serverRestarts": 0, "errorCount": 0
        });
        change(&mut status);
        serde_json::from_value(status).unwrap()
    }

    fn change(path: &str, value: Value) -> Change {
        let desired = status(|status| *status.pointer_mut(path).unwrap() = value);
        Change::between(&status(|_| ()), &desired)
    }

    #[test]
    fn numbers_can_wait() {
        assert_eq!(change("/errorCount", json!(0)), Change::None);
        for (path, value) in [
            ("/measurements/frames/sent", json!(2)),
            ("/measurements/freezes/count", json!(2)),
            ("/measurements/freezes/longestMilliseconds", json!("200")),
            ("/measurements/errorPixels/p95", json!("0.013")),
            ("/display/loss", json!("8.20%")),
            ("/conditions/0/message", json!("8.2 % lost, 1 % allowed (a; cause Network)")),
            ("/clients/0/frames/sent", json!(2)),
            ("/clients/0/network", json!(null)),
            ("/clients/0/cause", json!("Network")),
        ] {
            assert_eq!(change(path, value), Change::Numbers, "{path}");
        }
    }

    #[test]
    fn words_are_written_sooner_and_what_somebody_waits_for_at_once() {
        for (path, value) in [
            ("/measurements/freezes", json!(null)),
            ("/measurements/startedAt", json!("2026-01-01T00:01:00Z")),
            ("/clients/0/id", json!("b")),
            ("/clients/0/state", json!("Lost")),
            ("/clients", json!([])),
            ("/conditions/0/message", json!("8.1 % lost, 1 % allowed (b; cause Network)")),
            ("/display/cause", json!("ClientCpu")),
            ("/display/message", json!("loss above the 1 % that are allowed (b)")),
            ("/serverRestarts", json!(1)),
        ] {
            assert_eq!(change(path, value), Change::Words, "{path}");
        }
        for (path, value) in [
            ("/errorCount", json!(1)),
            ("/conditions/0/status", json!("True")),
            ("/conditions/0/reason", json!("FreezeTooLong")),
            ("/conditions/0/observedGeneration", json!(4)),
            ("/conditions", json!([])),
            ("/measurements", json!(null)),
        ] {
            assert_eq!(change(path, value), Change::Urgent, "{path}");
        }
        let first = status(|status| status["measurements"] = json!(null));
        assert_eq!(Change::between(&first, &status(|_| ())), Change::Urgent, "the first numbers");
    }

    #[test]
    fn of_errors_the_first_is_urgent_and_their_words_come_before_their_counts() {
        let errors = |count: i64, message: &str| {
            status(|status| {
                status["errorCount"] = json!(count);
                status["errors"] = json!([{"code": "Other", "count": count, "message": message}]);
            })
        };
        let after = |other: &BallSessionStatus| Change::between(&errors(1, "m for 2 s"), other);
        assert_eq!(after(&errors(2, "m for 3 s")), Change::Numbers);
        assert_eq!(after(&errors(2, "n")), Change::Words);
        assert_eq!(Change::between(&status(|_| ()), &errors(1, "m")), Change::Urgent);
    }
}
