//! What `kubectl get` shows as reason and message of a session. Status has two writers, each with conditions of its own;
//! whichever of them changes a condition writes reason and message with it, by this one rule and on top of the version
//! that it has read: so no version of a session contradicts itself.

mod unmet;

use crds::contract::{OBJECTIVES_MET, READY};
use crds::{Display, Objectives};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;

use crate::conditions::{bounded, find};

pub(crate) use unmet::culprit;

/// The longest reason, in characters.
const MAX_REASON: usize = 64;

/// Reason and message.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Shown {
    pub(crate) reason: String,
    pub(crate) message: String,
}

impl Shown {
    /// What is shown of a session with these conditions: why it is not ready, else why its objectives are not met, else why
    /// it is ready without media. Nothing where all is well. `objectives` are those that it was judged by, where these are known.
    pub(crate) fn of(conditions: &[Condition], objectives: Option<&Objectives>) -> Self {
        let ready = find(conditions, READY);
        let not_ready = ready.filter(|ready| ready.status != "True");
        let unmet = find(conditions, OBJECTIVES_MET).filter(|met| met.status != "True");
        let at_rest = ready.filter(|ready| ready.reason != READY);
        let (condition, message) = match (not_ready, unmet, at_rest) {
            (Some(ready), ..) => (ready, ready.message.clone()),
            (None, Some(met), _) => {
                let message = objectives.map(|objectives| unmet::message(met, objectives));
                (met, message.unwrap_or_else(|| met.message.clone()))
            }
            (None, None, Some(ready)) => (ready, ready.message.clone()),
            (None, None, None) => return Self::default(),
        };
        let reason = condition.reason.chars().take(MAX_REASON).collect();
        Self { reason, message: bounded(&message) }
    }

    /// The fields of the status. Of two writers neither can take away what the other has written, so a text that was stored
    /// once is never left out, only empty.
    pub(crate) fn fields(self, stored: Option<&Display>) -> (Option<String>, Option<String>) {
        let field =
            |text: String, stored: Option<&String>| (!text.is_empty() || stored.is_some()).then_some(text);
        (
            field(self.reason, stored.and_then(|stored| stored.reason.as_ref())),
            field(self.message, stored.and_then(|stored| stored.message.as_ref())),
        )
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn conditions(of: &[(&str, &str, &str)]) -> Vec<Condition> {
        let condition = |(kind, status, reason): &(&str, &str, &str)| {
            serde_json::from_value(json!({
                "type": kind, "status": status, "reason": reason, "message": format!("{kind}: 9 % of 1 %"),
                "lastTransitionTime": "2026-01-01T00:00:00Z"
            }))
            .unwrap()
        };
        of.iter().map(condition).collect()
    }

    #[test]
    fn the_reason_is_why_not_ready_else_why_not_met_else_why_at_rest() {
        let shown = |of: &[(&str, &str, &str)]| {
            let shown = Shown::of(&conditions(of), Some(&Objectives::default()));
            (shown.reason, shown.message)
        };
        let nothing = (String::new(), String::new());
        let missed = ("ObjectivesMet", "False", "LossTooHigh");
        let complete = ("Complete", "False", "Unbounded");
        assert_eq!(shown(&[]), nothing);
        assert_eq!(shown(&[complete, ("Ready", "True", "Ready"), ("ObjectivesMet", "True", "Met")]), nothing);
        assert_eq!(
            shown(&[missed, ("Ready", "False", "MediaBlocked")]),
            ("MediaBlocked".into(), "Ready: 9 % of 1 %".into())
        );
        let lossy = ("LossTooHigh".to_owned(), "loss above the 1 % that are allowed".to_owned());
        for reason in ["Ready", "Completed"] {
            assert_eq!(shown(&[("Ready", "True", reason), missed]), lossy);
        }
        assert_eq!(shown(&[("Ready", "True", "Completed"), ("ObjectivesMet", "True", "Met")]).0, "Completed");
        assert_eq!(
            shown(&[("Ready", "True", "Suspended"), ("ObjectivesMet", "Unknown", "Suspended")]).0,
            "Suspended"
        );
    }

    #[test]
    fn what_was_judged_by_other_objectives_is_not_explained_by_todays() {
        let missed = conditions(&[("Ready", "True", "Completed"), ("ObjectivesMet", "False", "LossTooHigh")]);
        assert_eq!(Shown::of(&missed, None).message, "ObjectivesMet: 9 % of 1 %");
    }

    #[test]
    fn a_text_that_was_stored_is_emptied_and_never_left_out() {
        let stored = Display { reason: Some("NoReports".into()), ..Display::default() };
        assert_eq!(Shown::default().fields(None), (None, None));
        assert_eq!(Shown::default().fields(Some(&stored)), (Some(String::new()), None));
    }
}
