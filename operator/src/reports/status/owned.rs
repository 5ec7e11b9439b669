//! Which fields of a status belong to the reports: what comes from them, and the reason and message that are shown, which both
//! writers write.

use crds::{BallSessionStatus, Display};

use crate::reports::status::condition::condition;

/// The fields of `status` that come from reports.
pub(in crate::reports) fn owned(status: &BallSessionStatus) -> BallSessionStatus {
    let display = status.display.as_ref().map(|display| Display {
        error_p95: display.error_p95.clone(),
        error_mean: display.error_mean.clone(),
        latency_p95: display.latency_p95.clone(),
        loss: display.loss.clone(),
        delivered: display.delivered.clone(),
        freeze: display.freeze.clone(),
        cause: display.cause.clone(),
        reason: display.reason.clone(),
        message: display.message.clone(),
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

/// Whether there are numbers, of whatever run.
pub(in crate::reports) fn has_numbers(status: &BallSessionStatus) -> bool {
    let owned = owned(status);
    let display = owned.display.map(|display| Display { reason: None, message: None, ..display });
    let display = display.filter(|display| *display != Display::default());
    BallSessionStatus { conditions: Vec::new(), display, ..owned } != BallSessionStatus::default()
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
            "display": {"clients": "2/2", "reason": "", "errorP95": "0.012px", "loss": "0.00%",
                        "delivered": "99.8%", "freeze": "66ms", "cause": "Network"},
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
            "display": {"errorP95": "0.012px", "loss": "0.00%", "delivered": "99.8%", "freeze": "66ms", "cause": "Network",
                        "reason": ""},
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
        status.display = Some(Display {
            clients: Some("2/2".into()),
            reason: Some("NoReports".into()),
            message: Some("m".into()),
            ..Display::default()
        });
        assert!(!has_numbers(&status));
    }
}
