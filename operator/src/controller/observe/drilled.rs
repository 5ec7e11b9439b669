//! What is said of a session that is not ready since it was drilled: that it is the drill's doing, for a while.

use std::time::Duration;

use crds::{MAX_MESSAGE, Run};
use jiff::Timestamp;

use crate::conditions::cut;
use crate::controller::observe::reason::{Explanation, Reason};
use crate::run::Drilled;
use crate::timestamps::between;

/// For so long whatever is wrong may come of the drill.
const NAMED_FOR: Duration = Duration::from_secs(600);

/// The same explanation, with the drill in it where that was lately.
pub(super) fn with_drill(explanation: Explanation, run: &Run, time: Timestamp) -> Explanation {
    let is_affected = !explanation.reason.is_ready() && explanation.reason != Reason::Failed;
    let lately = Drilled::of(run).filter(|drilled| is_affected && between(drilled.at, time) < NAMED_FOR);
    let Some(drilled) = lately else { return explanation };
    let words = format!("; drilled: its server was replaced at {}", drilled.at);
    // However long the words before them are, they are seen.
    let message = cut(&explanation.message, MAX_MESSAGE.saturating_sub(words.len()));
    explanation.reason.with_message(message + &words)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_wrong_after_a_drill_names_it() {
        let run: Run = serde_json::from_value(json!({
            "hash": "r", "drill": {"asked": "a", "startedAt": "2026-01-01T00:00:00Z", "pod": "u"}
        }))
        .unwrap();
        let said = |reason: Reason, message: &str, run: &Run, second: i64| {
            let time = "2026-01-01T00:00:00Z".parse::<Timestamp>().unwrap().as_second() + second;
            let time = Timestamp::from_second(time).unwrap();
            with_drill(reason.with_message(message), run, time).message
        };
        let reason = Reason::ServerNotReady;
        assert_eq!(
            said(reason, "no pod", &run, 9),
            "no pod; drilled: its server was replaced at 2026-01-01T00:00:00Z"
        );
        assert_eq!(said(reason, "no pod", &run, 600), "no pod", "that was long ago");
        assert_eq!(said(reason, "no pod", &Run::default(), 9), "no pod");
        assert_eq!(said(Reason::Ready, "flows", &run, 9), "flows");
        assert_eq!(said(Reason::Failed, "gave up", &run, 9), "gave up", "the run is over, for good");
        let long = said(Reason::ClientsLost, &"x".repeat(300), &run, 9);
        assert!(long.len() <= MAX_MESSAGE && long.ends_with("00:00:00Z"), "{long}");
    }
}
