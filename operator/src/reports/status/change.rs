//! How much a status differs from the stored one: that decides how soon it is written.

use crds::BallSessionStatus;

use crate::reports::status::condition::condition;

/// How much two statuses differ, the least first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::reports) enum Change {
    /// Not at all.
    None,
    /// Only in what counts events.
    Counters,
    /// In what people see.
    Shown,
    /// In what somebody may be waiting for: a first error, whether the objectives are met and why not, numbers of another
    /// run that have to go.
    Urgent,
}

impl Change {
    /// From the stored fields to the desired ones.
    pub(in crate::reports) fn between(stored: &BallSessionStatus, desired: &BallSessionStatus) -> Self {
        if stored == desired {
            return Self::None;
        }
        let met =
            |status| condition(status).map(|condition| (condition.status.clone(), condition.reason.clone()));
        let is_first_error = stored.error_count.unwrap_or(0) == 0 && desired.error_count.unwrap_or(0) > 0;
        let is_cleared = stored.measurements.is_some() && desired.measurements.is_none();
        if met(stored) != met(desired) || is_first_error || is_cleared {
            return Self::Urgent;
        }
        if without_counters(stored) == without_counters(desired) { Self::Counters } else { Self::Shown }
    }
}

fn without_counters(status: &BallSessionStatus) -> BallSessionStatus {
    let mut status = BallSessionStatus { error_count: None, errors: Vec::new(), ..status.clone() };
    if let Some(measurements) = &mut status.measurements {
        measurements.frames = None;
        if let Some(freezes) = &mut measurements.freezes {
            freezes.count = 0;
        }
    }
    for client in &mut status.clients {
        (client.frames, client.reconnects) = (None, 0);
        (client.network, client.cpu) = (None, None);
    }
    status
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn status(change: impl FnOnce(&mut Value)) -> BallSessionStatus {
        let mut status = json!({
            "conditions": [{"type": "ObjectivesMet", "status": "True", "reason": "Met", "message": "m",
                            "lastTransitionTime": "2026-01-01T00:00:00Z"}],
            "display": {"loss": "0.00%"},
            "measurements": {"frames": {"sent": 1}, "freezes": {"count": 1, "longestMilliseconds": "100"}},
            "clients": [{"id": "a", "frames": {"sent": 1}, "network": {"packetsSent": 1}}], "errorCount": 0
        });
        change(&mut status);
        serde_json::from_value(status).unwrap()
    }

    #[test]
    fn each_kind_of_change() {
        let change = |path: &'static str, value: Value| {
            let desired = status(|status| *status.pointer_mut(path).unwrap() = value);
            Change::between(&status(|_| ()), &desired)
        };
        assert_eq!(change("/errorCount", json!(0)), Change::None);
        for (path, value) in [
            ("/measurements/frames/sent", json!(2)),
            ("/measurements/freezes/count", json!(2)),
            ("/clients/0/frames/sent", json!(2)),
            ("/clients/0/network/packetsSent", json!(2)),
        ] {
            assert_eq!(change(path, value), Change::Counters, "{path}");
        }
        for (path, value) in [
            ("/measurements/freezes/longestMilliseconds", json!("200")),
            ("/display/loss", json!("0.01%")),
            ("/clients/0/id", json!("b")),
            ("/conditions/0/message", json!("n")),
        ] {
            assert_eq!(change(path, value), Change::Shown, "{path}");
        }
        for (path, value) in [
            ("/errorCount", json!(1)),
            ("/conditions/0/status", json!("False")),
            ("/conditions/0/reason", json!("LossTooHigh")),
            ("/conditions", json!([])),
            ("/measurements", json!(null)),
        ] {
            assert_eq!(change(path, value), Change::Urgent, "{path}");
        }
    }

    #[test]
    fn only_the_first_error_is_urgent() {
        let errors = |count: i64| {
            status(|status| {
                status["errorCount"] = json!(count);
                status["errors"] = json!([{"code": "Other", "count": count}]);
            })
        };
        assert_eq!(Change::between(&errors(1), &errors(2)), Change::Counters);
    }
}
