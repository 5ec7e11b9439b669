//! The fields of a session's status that come from its reports: what belongs to them, how they look, and how much two
//! versions of them differ. Pure.
//!
//! An apply takes away whatever its writer owned and does not name any more. So the fields are always written as a
//! complete set, and a [`BallSessionStatus`] in here holds all of them and nothing else.

mod change;
mod errors;
mod numbers;
mod text;
mod verdict;

use crds::{BallSessionStatus, Display};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};

pub(super) use change::Change;
pub(super) use errors::ErrorTotals;
pub(super) use numbers::{Span, numbers};
pub(super) use text::seconds;
pub(super) use verdict::{Hysteresis, ObjectivesVerdict};

/// The condition that reports decide about.
pub(super) const OBJECTIVES_MET: &str = "ObjectivesMet";

/// The fields of `status` that come from reports.
pub(super) fn owned(status: &BallSessionStatus) -> BallSessionStatus {
    let display = status.display.as_ref().map(|display| Display {
        error_p95: display.error_p95.clone(),
        error_mean: display.error_mean.clone(),
        latency_p95: display.latency_p95.clone(),
        loss: display.loss.clone(),
        ..Display::default()
    });
    BallSessionStatus {
        conditions: condition(status).cloned().into_iter().collect(),
        display: display.filter(|display| *display != Display::default()),
        server_restarts: status.server_restarts,
        measurements: status.measurements.clone(),
        clients: status.clients.clone(),
        error_count: status.error_count,
        errors: status.errors.clone(),
        ..BallSessionStatus::default()
    }
}

/// The stored condition.
pub(super) fn condition(status: &BallSessionStatus) -> Option<&Condition> {
    status.conditions.iter().find(|condition| condition.type_ == OBJECTIVES_MET)
}

/// Whether there are numbers, of whatever run.
pub(super) fn has_numbers(status: &BallSessionStatus) -> bool {
    BallSessionStatus { conditions: Vec::new(), ..owned(status) } != BallSessionStatus::default()
}

/// The condition that says `opinion`, after `stored`. The time is that of its last change between True, False and
/// Unknown.
pub(super) fn condition_of(
    verdict: &ObjectivesVerdict,
    stored: Option<&Condition>,
    generation: Option<i64>,
    wall: jiff::Timestamp,
) -> Condition {
    let status = match verdict.met {
        Some(true) => "True",
        Some(false) => "False",
        None => "Unknown",
    };
    let since = stored.filter(|stored| stored.status == status);
    Condition {
        type_: OBJECTIVES_MET.into(),
        status: status.into(),
        reason: verdict.reason.clone(),
        message: report::escape(&verdict.message, crds::MAX_MESSAGE),
        observed_generation: generation,
        last_transition_time: since
            .map_or_else(|| Time(seconds(wall)), |stored| stored.last_transition_time.clone()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn stored() -> BallSessionStatus {
        serde_json::from_value(json!({
            "observedGeneration": 3, "readyClients": 2, "selector": "a=b", "run": {"hash": "4f"},
            "conditions": [
                {"type": "Ready", "status": "True", "reason": "Ready", "message": "",
                 "lastTransitionTime": "2026-01-01T00:00:00Z"},
                {"type": "ObjectivesMet", "status": "True", "reason": "Met", "message": "m", "observedGeneration": 3,
                 "lastTransitionTime": "2026-01-01T00:00:00Z"}
            ],
            "display": {"clients": "2/2", "reason": "", "errorP95": "0.012px", "loss": "0.00%"},
            "serverRestarts": 1, "measurements": {"lossPercent": "0"}, "clients": [{"id": "a"}], "errorCount": 1,
            "errors": [{"code": "IceFailed", "count": 1}]
        }))
        .unwrap()
    }

    #[test]
    fn the_owned_fields_are_those_from_reports_and_no_others() {
        let expected = json!({
            "conditions": [{"type": "ObjectivesMet", "status": "True", "reason": "Met", "message": "m",
                            "observedGeneration": 3, "lastTransitionTime": "2026-01-01T00:00:00Z"}],
            "display": {"errorP95": "0.012px", "loss": "0.00%"},
            "serverRestarts": 1, "measurements": {"lossPercent": "0"}, "clients": [{"id": "a", "reconnects": 0}],
            "errorCount": 1, "errors": [{"code": "IceFailed", "count": 1}]
        });
        let owned = owned(&stored());
        assert_eq!(serde_json::to_value(&owned).unwrap(), expected);
        assert_eq!(super::owned(&owned), owned);
    }

    #[test]
    fn a_condition_alone_is_no_number() {
        let mut status = stored();
        assert!(has_numbers(&status));
        status = BallSessionStatus { conditions: status.conditions, ..BallSessionStatus::default() };
        status.display = Some(Display { clients: Some("2/2".into()), ..Display::default() });
        assert!(!has_numbers(&status));
    }

    #[test]
    fn the_time_is_that_of_the_last_change_of_status() {
        let status = stored();
        let wall = "2026-02-02T02:02:02.5Z".parse().unwrap();
        let said = |met| {
            let verdict = ObjectivesVerdict { met, reason: "Tested".into(), message: "a\u{1b}".repeat(200) };
            condition_of(&verdict, condition(&status), Some(4), wall)
        };
        let same = said(Some(true));
        assert_eq!(same.last_transition_time.0.to_string(), "2026-01-01T00:00:00Z");
        assert_eq!((same.reason.as_str(), same.observed_generation), ("Tested", Some(4)));
        assert!(same.message.len() <= 256 && !same.message.contains('\u{1b}'));
        let other = said(None);
        assert_eq!(other.last_transition_time.0.to_string(), "2026-02-02T02:02:02Z");
        assert_eq!(other.status, "Unknown");
    }
}
