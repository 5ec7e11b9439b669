//! What `kubectl get` says about objectives that are not met. The condition's own message has the numbers, which change
//! with every report; here they would make every change of theirs two writes.

use crds::Objectives;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;

/// Which limit is exceeded, in a text that only changes with the reason or the spec.
pub(super) fn message(met: &Condition, objectives: &Objectives) -> String {
    let Objectives { error_pixels_p95, latency_p95, loss_percent, longest_freeze, setup_p95, .. } =
        objectives;
    match met.reason.as_str() {
        "ErrorTooHigh" => format!("error p95 above the {error_pixels_p95} px that are allowed"),
        "LatencyTooHigh" => format!("latency p95 above the {latency_p95} that are allowed"),
        "LossTooHigh" => format!("loss above the {loss_percent} % that are allowed"),
        "FreezeTooLong" => format!("a freeze longer than the {longest_freeze} that are allowed"),
        "SetupTooSlow" => format!("setup p95 above the {setup_p95} that are allowed"),
        "NoMedia" => "clients signalled 10 s ago or more, and no frame of theirs has been counted".to_owned(),
        "InsufficientSamples" => {
            format!("the fate of fewer than {} frames is known", objectives.minimum_frames)
        }
        _ => met.message.clone(),
    }
}

#[cfg(test)]
mod tests {
    use measure::{Reason, Verdict};
    use serde_json::json;

    use super::*;

    fn of(reason: &str, text: &str) -> String {
        let met = serde_json::from_value(json!({
            "type": "ObjectivesMet", "status": "False", "reason": reason, "message": text,
            "lastTransitionTime": "2026-01-01T00:00:00Z"
        }));
        message(&met.unwrap(), &Objectives::default())
    }

    #[test]
    fn other_numbers_are_no_other_message() {
        let few = Verdict::InsufficientSamples { have: 1, need: 300 };
        let reasons = [
            Reason::ErrorTooHigh,
            Reason::LatencyTooHigh,
            Reason::LossTooHigh,
            Reason::FreezeTooLong,
            Reason::SetupTooSlow,
        ]
        .map(Reason::as_str);
        for reason in reasons.into_iter().chain(["NoMedia", few.as_str()]) {
            assert_eq!(of(reason, "8 of 1"), of(reason, "9 of 1"), "{reason}");
        }
        assert_eq!(of("LossTooHigh", "8.1 % lost"), "loss above the 1 % that are allowed");
        assert_eq!(of("few", "as it is"), "as it is");
    }
}
