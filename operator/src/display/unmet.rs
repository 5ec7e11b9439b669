//! What `kubectl get` says about objectives that are not met. The condition's own message has the numbers, which change
//! with every report; here they would make every change of theirs two writes.

use crds::Objectives;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;

/// Which limit is breached, and by whom, in a text that only changes with these or the spec.
pub(super) fn message(met: &Condition, objectives: &Objectives) -> String {
    let Objectives {
        error_pixels_p95,
        latency_p95,
        loss_percent,
        undetected_percent,
        delivered_percent,
        longest_freeze,
        setup_p95,
        recovery,
        ..
    } = objectives;
    let limit = match met.reason.as_str() {
        "ClientsLost" => "a client that had media is not connected".to_owned(),
        "NoMedia" => "a client decodes no frame".to_owned(),
        "ErrorTooHigh" => format!("error p95 above the {error_pixels_p95} px that are allowed"),
        "LatencyTooHigh" => format!("latency p95 above the {latency_p95} that are allowed"),
        "LossTooHigh" => format!("loss above the {loss_percent} % that are allowed"),
        "UndetectedTooHigh" => format!("undetected above the {undetected_percent} % that are allowed"),
        "DeliveredTooLow" => format!("delivered below the {delivered_percent} % that are required"),
        "FreezeTooLong" => format!("a freeze longer than the {longest_freeze} that are allowed"),
        "RecoveryTooSlow" => {
            let allowed = recovery.as_deref().unwrap_or("time");
            format!("a recovery slower than the {allowed} that are allowed")
        }
        "SetupTooSlow" => format!("setup p95 above the {setup_p95} that are allowed"),
        "InsufficientSamples" => {
            return format!("the fate of fewer than {} frames is known", objectives.minimum_frames);
        }
        _ => return met.message.clone(),
    };
    match culprit(&met.message) {
        Some(culprit) => format!("{limit} ({culprit})"),
        None => limit,
    }
}

/// Whom the first breach in a condition's message names, with node and cause: `harbor-client-1 on worker-2; cause Network`.
pub(crate) fn culprit(message: &str) -> Option<&str> {
    let (_, behind) = message.split_once('(')?;
    behind.split_once(')').map(|(culprit, _)| culprit)
}

#[cfg(test)]
mod tests {
    use measure::verdict::Reason;
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
        let reasons = [
            Reason::ClientsLost,
            Reason::NoMedia,
            Reason::ErrorTooHigh,
            Reason::LatencyTooHigh,
            Reason::LossTooHigh,
            Reason::UndetectedTooHigh,
            Reason::DeliveredTooLow,
            Reason::FreezeTooLong,
            Reason::RecoveryTooSlow,
            Reason::SetupTooSlow,
        ]
        .map(Reason::as_str);
        for reason in reasons.into_iter().chain(["InsufficientSamples"]) {
            assert_eq!(of(reason, "8 of 1"), of(reason, "9 of 1"), "{reason}");
            assert!(!of(reason, "8 of 1").contains("8 of"), "{reason}");
        }
        assert_eq!(of("LossTooHigh", "8.1 % lost"), "loss above the 1 % that are allowed");
        assert_eq!(of("few", "as it is"), "as it is");
    }

    #[test]
    fn who_decides_is_named() {
        let message =
            "8.1 % lost, 1 % allowed (harbor-client-1 on worker-2; cause Network); 2 s longest freeze (x)";
        assert_eq!(
            of("LossTooHigh", message),
            "loss above the 1 % that are allowed (harbor-client-1 on worker-2; cause Network)"
        );
    }
}
