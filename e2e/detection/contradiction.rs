//! A session that contradicts itself: True beside a number that breaches its objective, or beside a reason why not. Pure.

use crds::contract::{OBJECTIVES_MET, READY};
use crds::{BallSessionStatus, Measurements, Objectives};

/// What of a status contradicts the rest of it.
pub(crate) fn contradiction(status: &BallSessionStatus, objectives: &Objectives) -> Option<String> {
    let reason_of_true = |kind: &str| {
        let found =
            status.conditions.iter().find(|condition| condition.type_ == kind && condition.status == "True");
        found.map(|condition| condition.reason.as_str())
    };
    reason_of_true(OBJECTIVES_MET)?;
    let breach = status.measurements.as_ref().and_then(|numbers| breach(numbers, objectives));
    let reason = status.display.as_ref().and_then(|display| display.reason.as_deref()).unwrap_or_default();
    // A run that is over says so.
    let is_odd = reason_of_true(READY).is_some_and(|ready| !reason.is_empty() && reason != ready);
    let shown = is_odd.then(|| format!("the reason {reason}"));
    breach.or(shown).map(|what| format!("ObjectivesMet True beside {what}"))
}

/// A number that is beyond what is allowed. Such as cannot be read are not compared.
fn breach(numbers: &Measurements, objectives: &Objectives) -> Option<String> {
    let quantile = |of: &Option<crds::Quantiles>| of.as_ref().and_then(|quantiles| quantiles.p95.clone());
    let freeze = numbers.freezes.as_ref().and_then(|freezes| freezes.longest_milliseconds.clone());
    let upper = [
        ("% lost", &numbers.loss_percent, plain(&objectives.loss_percent)),
        ("% undetected", &numbers.undetected_percent, plain(&objectives.undetected_percent)),
        ("px error p95", &quantile(&numbers.error_pixels), plain(&objectives.error_pixels_p95)),
        ("ms latency p95", &quantile(&numbers.latency_milliseconds), milliseconds(&objectives.latency_p95)),
        ("ms longest freeze", &freeze, milliseconds(&objectives.longest_freeze)),
        (
            "ms recovery",
            &numbers.recovery_milliseconds,
            objectives.recovery.as_deref().and_then(milliseconds),
        ),
    ];
    let number = |text: &Option<String>| text.as_deref().and_then(plain);
    let above = upper.into_iter().find_map(|(what, measured, allowed)| {
        let (measured, allowed) = (number(measured)?, allowed?);
        (measured > allowed).then(|| format!("{measured} {what}, {allowed} allowed"))
    });
    let delivered = number(&numbers.delivered_percent).zip(plain(&objectives.delivered_percent));
    let below = delivered.filter(|(measured, least)| measured < least);
    above.or_else(|| below.map(|(measured, least)| format!("{measured} % delivered, {least} needed")))
}

fn plain(text: &str) -> Option<f64> {
    text.parse().ok()
}

/// A duration of one unit, as objectives are written in cases.
fn milliseconds(duration: &str) -> Option<f64> {
    match duration.strip_suffix("ms") {
        Some(number) => plain(number),
        None => plain(duration.strip_suffix('s')?).map(|seconds| seconds * 1000.0),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn found(met: &str, reason: &str, numbers: &Value) -> Option<String> {
        let condition = |kind: &str, status: &str| {
            json!({
                "type": kind, "status": status, "reason": "R", "message": "", "lastTransitionTime": "2026-01-01T00:00:00Z"
            })
        };
        let status = json!({
            "conditions": [condition("Ready", "True"), condition("ObjectivesMet", met)],
            "display": {"reason": reason}, "measurements": numbers
        });
        let status: BallSessionStatus = serde_json::from_value(status).unwrap();
        contradiction(&status, &Objectives::default())
    }

    #[test]
    fn true_stands_beside_good_numbers_only() {
        let good =
            json!({"lossPercent": "1", "deliveredPercent": "95", "freezes": {"longestMilliseconds": "1000"}});
        assert_eq!(found("True", "", &good), None);
        for (numbers, what) in [
            (json!({"lossPercent": "1.1"}), "1.1 % lost, 1 allowed"),
            (json!({"undetectedPercent": "2"}), "2 % undetected, 1 allowed"),
            (json!({"deliveredPercent": "94.9"}), "94.9 % delivered, 95 needed"),
            (json!({"errorPixels": {"p95": "1.5"}}), "1.5 px error p95, 1 allowed"),
            (json!({"latencyMilliseconds": {"p95": "201"}}), "201 ms latency p95, 200 allowed"),
            (json!({"freezes": {"longestMilliseconds": "1001"}}), "1001 ms longest freeze, 1000 allowed"),
        ] {
            assert_eq!(found("True", "", &numbers), Some(format!("ObjectivesMet True beside {what}")));
            assert_eq!(found("False", "LossTooHigh", &numbers), None);
        }
    }

    #[test]
    fn where_all_is_well_no_reason_is_shown() {
        let shown = found("True", "NoReports", &json!({}));
        assert_eq!(shown.as_deref(), Some("ObjectivesMet True beside the reason NoReports"));
        // That of Ready itself.
        assert_eq!(found("True", "R", &json!({})), None);
    }
}
