//! The condition `ObjectivesMet`: from a verdict, and back from what is stored.

use crds::BallSessionStatus;
use crds::contract::OBJECTIVES_MET;
use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;

use crate::conditions::find;
use crate::reports::status::verdict::ObjectivesVerdict;
use crate::timestamps::stored_time;

/// The stored condition.
pub(in crate::reports) fn condition(status: &BallSessionStatus) -> Option<&Condition> {
    find(&status.conditions, OBJECTIVES_MET)
}

/// The condition that says `verdict`, after `stored`. The time is that of its last change between True, False and
/// Unknown.
pub(in crate::reports) fn condition_of(
    verdict: &ObjectivesVerdict,
    stored: Option<&Condition>,
    generation: Option<i64>,
    wall: Timestamp,
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
            .map_or_else(|| stored_time(wall), |stored| stored.last_transition_time.clone()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn stored() -> BallSessionStatus {
        serde_json::from_value(json!({
            "conditions": [
                {"type": "Ready", "status": "True", "reason": "Ready", "message": "",
                 "lastTransitionTime": "2026-01-01T00:00:00Z"},
                {"type": "ObjectivesMet", "status": "True", "reason": "Met", "message": "m", "observedGeneration": 3,
                 "lastTransitionTime": "2026-01-01T00:00:00Z"}
            ]
        }))
        .unwrap()
    }

    #[test]
    fn the_time_is_that_of_the_last_change_of_status() {
        let status = stored();
        let wall = "2026-02-02T02:02:02.5Z".parse().unwrap();
        let said = |met| {
            let message = "a\u{1b}".repeat(200);
            let verdict = ObjectivesVerdict { met, reason: "Tested".into(), message, cause: None };
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
