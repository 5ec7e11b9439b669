//! What a session says of its run, pure.

use crds::contract::{COMPLETE, READY, STALLED};
use crds::{BallSession, BallSessionStatus};
use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;

use crate::conditions::find;
use crate::verdict::{Query, Verdict, judge};

/// What is known of a run, each in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Outcome {
    /// Nothing yet: what it waits for.
    Pending(String),
    /// It is over, and its numbers are good enough.
    Met(String),
    /// It is over, and one of them is not.
    Missed(String),
    /// It says nothing about the numbers, and waiting does not help.
    NoVerdict(String),
}

/// What `session` says of the run that its spec asks for, at `wall`. Whether its numbers are good enough is the verdict's to say.
pub(super) fn outcome(session: &BallSession, wall: Timestamp) -> Outcome {
    let generation = session.metadata.generation;
    let nothing = BallSessionStatus::default();
    let status = session.status.as_ref().unwrap_or(&nothing);
    let current =
        |kind| find(&status.conditions, kind).filter(|found| found.observed_generation == generation);
    let stalled = current(STALLED).filter(|stalled| stalled.status == "True");
    let (Some(ready), Some(complete)) = (current(READY), current(COMPLETE)) else {
        return match stalled {
            Some(stalled) => Outcome::NoVerdict(text(stalled)),
            None => Outcome::Pending("no operator has looked at it yet".to_owned()),
        };
    };
    if session.spec.duration.is_none() {
        return Outcome::NoVerdict("it has no spec.duration, so its run is never over".to_owned());
    }
    let judgement = judge(session, &Query::default(), wall);
    let said = || words(&judgement.reason, &judgement.message);
    match judgement.verdict {
        Verdict::Met => Outcome::Met(numbers(status)),
        Verdict::Missed => Outcome::Missed(said()),
        Verdict::Inconclusive if judgement.is_final => Outcome::NoVerdict(said()),
        Verdict::Inconclusive => match stalled {
            Some(stalled) => Outcome::NoVerdict(text(stalled)),
            None if complete.status == "True" => Outcome::Pending(said()),
            None if ready.status == "True" => Outcome::Pending(text(complete)),
            None => Outcome::Pending(text(ready)),
        },
    }
}

fn numbers(status: &BallSessionStatus) -> String {
    let Some(display) = &status.display else { return String::new() };
    let number = |label: &str, value: &Option<String>| value.as_ref().map(|value| format!("{label} {value}"));
    let numbers = [
        number("error p95", &display.error_p95),
        number("latency p95", &display.latency_p95),
        number("loss", &display.loss),
        number("delivered", &display.delivered),
    ];
    numbers.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

fn text(condition: &Condition) -> String {
    words(&condition.reason, &condition.message)
}

fn words(reason: &str, message: &str) -> String {
    if message.is_empty() { reason.to_owned() } else { format!("{reason}: {message}") }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::session::validate;

    /// Of a session of generation 2 with these conditions, as `kind status reason: message`; `kind@1` is about generation 1.
    fn of(conditions: &[&str]) -> Outcome {
        with_spec(&json!({"duration": "20s"}), conditions)
    }

    fn with_spec(spec: &Value, conditions: &[&str]) -> Outcome {
        let conditions: Vec<Value> = conditions
            .iter()
            .map(|words| {
                let (words, message) = words.split_once(": ").unwrap_or((words, ""));
                let [kind, status, reason] = words.split(' ').collect::<Vec<_>>()[..] else { panic!("{words}") };
                let (kind, generation) = kind.split_once('@').unwrap_or((kind, "2"));
                json!({"type": kind, "status": status, "reason": reason, "message": message,
                    "observedGeneration": generation.parse::<i64>().unwrap(), "lastTransitionTime": "2026-01-01T00:00:00Z"})
            })
            .collect();
        let mut session = json!({
            "apiVersion": "ballsession.dev/v1alpha1", "kind": "BallSession", "spec": {"duration": "20s"},
            "metadata": {"name": "harbor", "namespace": "lighthouse", "uid": "u-1", "generation": 2}
        });
        // The run that the session has had, by the objectives that stood there then.
        let parsed = validate(&serde_json::from_value(session.clone()).unwrap()).unwrap();
        session["spec"] = spec.clone();
        session["status"] = json!({
            "conditions": conditions, "display": {"errorP95": "0.01px", "loss": "0.00%"},
            "run": {"hash": parsed.run_hash, "judgedBy": parsed.judged_by()}
        });
        outcome(&serde_json::from_value(session).unwrap(), Timestamp::UNIX_EPOCH)
    }

    #[test]
    fn a_run_that_is_over_has_a_verdict() {
        let over = ["Ready True Completed", "Complete True Finished"];
        let with = |last| of(&[over[0], over[1], last]);
        assert_eq!(with("ObjectivesMet True Met"), Outcome::Met("error p95 0.01px, loss 0.00%".into()));
        assert_eq!(
            with("ObjectivesMet False LossTooHigh: loss 7 %, at most 1"),
            Outcome::Missed("LossTooHigh: loss 7 %, at most 1".into())
        );
        assert_eq!(
            with("ObjectivesMet Unknown NoReports: none"),
            Outcome::NoVerdict("NoReports: none".into())
        );
    }

    #[test]
    fn a_run_that_was_given_up_is_missed_where_it_has_shown_that_and_never_met() {
        let given_up = |verdict| of(&["Ready False Failed", "Complete True Failed: one was lost", verdict]);
        let missed = Outcome::Missed("ClientsLost: demo-client-0".into());
        assert_eq!(given_up("ObjectivesMet False ClientsLost: demo-client-0"), missed);
        for verdict in ["ObjectivesMet True Met", "ObjectivesMet Unknown Failed: one was lost"] {
            assert_eq!(given_up(verdict), Outcome::NoVerdict("Failed: one was lost".into()), "{verdict}");
        }
    }

    #[test]
    fn a_verdict_on_another_spec_is_none() {
        let looked = "no operator has looked at it yet".to_owned();
        assert_eq!(of(&[]), Outcome::Pending(looked.clone()));
        let old = of(&["Ready@1 True Completed", "Complete@1 True Finished", "ObjectivesMet@1 True Met"]);
        assert_eq!(old, Outcome::Pending(looked));
        // The two writers of the status are not at the same moment done with a new spec.
        let conditions = ["Ready True Completed", "Complete True Finished: done", "ObjectivesMet@1 True Met"];
        let not_yet = "NotObserved: the operator has not judged this spec yet".to_owned();
        assert_eq!(of(&conditions), Outcome::Pending(not_yet));
        let other = with_spec(&json!({"duration": "20s", "objectives": {"lossPercent": "0.1"}}), &conditions);
        let Outcome::NoVerdict(said) = &other else { panic!("{other:?}") };
        assert!(
            said.starts_with("OtherObjectives: the run is over and was judged by other objectives"),
            "{said}"
        );
    }

    #[test]
    fn what_is_waited_for_is_the_first_stage_that_is_not_over() {
        let waiting = of(&["Ready False WaitingForClients: 0 of 1", "Complete False Running"]);
        assert_eq!(waiting, Outcome::Pending("WaitingForClients: 0 of 1".into()));
        let measuring =
            of(&["Ready True Ready", "Complete False Running: 3 s left", "ObjectivesMet True Met"]);
        assert_eq!(measuring, Outcome::Pending("Running: 3 s left".into()));
    }

    #[test]
    fn what_does_not_come_by_itself_is_not_waited_for() {
        let stuck = of(&[
            "Ready False Unschedulable",
            "Complete False Running",
            "Stalled True Unschedulable: no node",
        ]);
        assert_eq!(stuck, Outcome::NoVerdict("Unschedulable: no node".into()));
        let passed =
            of(&["Ready False Unschedulable", "Complete False Running", "Stalled@1 True InvalidSpec: old"]);
        assert_eq!(passed, Outcome::Pending("Unschedulable".into()));
        let endless = with_spec(&json!({}), &["Ready True Ready", "Complete False Unbounded"]);
        assert_eq!(endless, Outcome::NoVerdict("it has no spec.duration, so its run is never over".into()));
    }
}
