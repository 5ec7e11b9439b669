//! The runs before: what stays of a run when another one follows it.

use crds::contract::{COMPLETE, OBJECTIVES_MET};
use crds::{BallSessionStatus, MAX_HISTORY, PastRun, Run};
use jiff::Timestamp;

use crate::conditions::find;
use crate::run::stage::{is_complete, is_stored_run};
use crate::timestamps::stored_time;

/// The reason of a run that was not at its end when another one followed.
const CUT: &str = "Cut";

/// The history of a session that asks for the run with the hash `run`. The stored run becomes a part of it once another one
/// is asked for, and is none of it any more where it is asked for again before that one has begun.
pub fn history(stored: &BallSessionStatus, run: &str, now: Timestamp) -> Vec<PastRun> {
    let mut history = stored.history.clone();
    let Some(last) = &stored.run else { return history };
    if is_stored_run(stored, run) {
        history.retain(|past| !is_of(past, last));
    } else if !is_archived(stored, run) {
        history.insert(0, past(stored, last, now));
    }
    history.truncate(MAX_HISTORY);
    history
}

/// Whether the numbers of the stored run may go to make room for the run with the hash `run`: they are in the history.
pub fn is_archived(stored: &BallSessionStatus, run: &str) -> bool {
    let Some(last) = &stored.run else { return true };
    !is_stored_run(stored, run) && stored.history.first().is_some_and(|past| is_of(past, last))
}

fn is_of(past: &PastRun, run: &Run) -> bool {
    (&past.hash, &past.started_at) == (&run.hash, &run.started_at)
}

fn past(stored: &BallSessionStatus, run: &Run, now: Timestamp) -> PastRun {
    let complete = find(&stored.conditions, COMPLETE).filter(|_| is_complete(stored));
    let met = find(&stored.conditions, OBJECTIVES_MET);
    let (verdict, reason) = match (complete, met) {
        (Some(_), Some(met)) => (met.status.clone(), met.reason.clone()),
        (Some(_), None) => ("Unknown".to_owned(), "NoReports".to_owned()),
        (None, _) => ("Unknown".to_owned(), CUT.to_owned()),
    };
    // A run of before that was known is over since it was said to be.
    let ended_at = complete
        .map(|complete| run.ended_at.clone().unwrap_or_else(|| complete.last_transition_time.clone()));
    let display = stored.display.clone().unwrap_or_default();
    PastRun {
        run: run.name.clone(),
        hash: run.hash.clone(),
        started_at: run.started_at.clone(),
        ended_at: Some(ended_at.unwrap_or_else(|| stored_time(now))),
        verdict,
        reason,
        error_p95: display.error_p95,
        latency_p95: display.latency_p95,
        loss: display.loss,
        delivered: display.delivered,
        longest_freeze: display.freeze,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const NOW: &str = "2026-03-01T12:00:00.5Z";

    fn stored(run: &Value, complete: &str) -> BallSessionStatus {
        let condition = |kind: &str, status: &str, reason: &str| json!({"type": kind, "status": status, "reason": reason, "message": "", "lastTransitionTime": "2026-01-01T00:00:00Z"});
        serde_json::from_value(json!({
            "run": run,
            "conditions": [condition("ObjectivesMet", "False", "LossTooHigh"), condition("Complete", complete, "Finished")],
            "display": {"errorP95": "0.012px", "latencyP95": "7.5ms", "loss": "3.10%", "delivered": "96.9%", "freeze": "166ms",
                        "clients": "0/2"}
        }))
        .unwrap()
    }

    fn next(stored: &BallSessionStatus, run: &str) -> Vec<PastRun> {
        history(stored, run, NOW.parse().unwrap())
    }

    #[test]
    fn a_run_that_had_ended_keeps_its_verdict_and_numbers() {
        let run = json!({"hash": "a", "name": "monday", "startedAt": "2026-01-01T00:00:00Z", "endedAt": "2026-01-01T00:05:00Z"});
        let stored = stored(&run, "True");
        assert!(!is_archived(&stored, "b"), "not yet");
        let history = next(&stored, "b");
        assert_eq!(
            serde_json::to_value(&history).unwrap(),
            json!([{"run": "monday", "hash": "a", "startedAt": "2026-01-01T00:00:00Z", "endedAt": "2026-01-01T00:05:00Z",
                    "verdict": "False", "reason": "LossTooHigh", "errorP95": "0.012px", "latencyP95": "7.5ms",
                    "loss": "3.10%", "delivered": "96.9%", "longestFreeze": "166ms"}])
        );
        let stored = BallSessionStatus { history: history.clone(), ..stored };
        assert!(is_archived(&stored, "b"));
        assert_eq!(next(&stored, "b"), history, "once");
    }

    #[test]
    fn a_run_that_was_cut_short_says_so() {
        let past = next(&stored(&json!({"hash": "a"}), "False"), "b").remove(0);
        assert_eq!((past.verdict.as_str(), past.reason.as_str()), ("Unknown", "Cut"));
        assert_eq!(past.ended_at.unwrap().0.to_string(), "2026-03-01T12:00:00Z");
        assert_eq!(past.loss.as_deref(), Some("3.10%"));
    }

    #[test]
    fn a_finished_run_of_a_version_before_is_over_since_it_was_said_to_be() {
        let past = next(&stored(&json!({"hash": "a"}), "True"), "b").remove(0);
        assert_eq!((past.verdict.as_str(), past.started_at), ("False", None));
        assert_eq!(past.ended_at.unwrap().0.to_string(), "2026-01-01T00:00:00Z");
    }

    #[test]
    fn the_last_three_runs_are_kept_and_the_one_that_is_asked_for_is_none_of_them() {
        let mut status = BallSessionStatus::default();
        assert_eq!((next(&status, "a"), is_archived(&status, "a")), (vec![], true));
        for (of, following) in ["a", "b", "a", "c", "d"].iter().zip(["b", "a", "c", "d", "e"]) {
            let history = next(
                &BallSessionStatus { history: status.history, ..stored(&json!({"hash": of}), "True") },
                following,
            );
            status = BallSessionStatus { history, ..stored(&json!({"hash": of}), "True") };
        }
        let hashes: Vec<_> = status.history.iter().map(|past| past.hash.as_str()).collect();
        assert_eq!(hashes, ["d", "c", "a"]);
        let back: Vec<_> = next(&status, "d").into_iter().map(|past| past.hash).collect();
        assert_eq!(back, ["c", "a"]);
    }
}
