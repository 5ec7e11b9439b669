//! What a session says of its run, pure.

use crds::BallSession;
use crds::contract::{COMPLETE, OBJECTIVES_MET, READY, STALLED};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;

use crate::conditions::find;

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
    NotMeasured(String),
}

/// What `session` says of the run that its spec asks for.
pub(super) fn outcome(session: &BallSession) -> Outcome {
    let generation = session.metadata.generation;
    let status = session.status.clone().unwrap_or_default();
    let current =
        |kind| find(&status.conditions, kind).filter(|found| found.observed_generation == generation);
    let (Some(ready), Some(complete)) = (current(READY), current(COMPLETE)) else {
        return match current(STALLED).filter(|stalled| stalled.status == "True") {
            Some(stalled) => Outcome::NotMeasured(text(stalled)),
            None => Outcome::Pending("no operator has looked at it yet".to_owned()),
        };
    };
    if session.spec.duration.is_none() {
        return Outcome::NotMeasured("it has no spec.duration, so its run is never over".to_owned());
    }
    if complete.status == "True" {
        // One that was given up says why; its numbers, if there are any, are not those that were asked for.
        let verdict = current(OBJECTIVES_MET).filter(|_| complete.reason == "Finished");
        return match verdict {
            Some(met) if met.status == "True" => {
                let display = status.display.unwrap_or_default();
                let number =
                    |label: &str, value: Option<String>| value.map(|value| format!("{label} {value}"));
                let numbers = [
                    number("error p95", display.error_p95),
                    number("latency p95", display.latency_p95),
                    number("loss", display.loss),
                    number("delivered", display.delivered),
                ];
                Outcome::Met(numbers.into_iter().flatten().collect::<Vec<_>>().join(", "))
            }
            Some(met) if met.status == "False" => Outcome::Missed(text(met)),
            Some(met) => Outcome::NotMeasured(text(met)),
            None => Outcome::NotMeasured(text(complete)),
        };
    }
    match current(STALLED).filter(|stalled| stalled.status == "True") {
        Some(stalled) => Outcome::NotMeasured(text(stalled)),
        None if ready.status == "True" => Outcome::Pending(text(complete)),
        None => Outcome::Pending(text(ready)),
    }
}

fn text(condition: &Condition) -> String {
    match condition.message.as_str() {
        "" => condition.reason.clone(),
        message => format!("{}: {message}", condition.reason),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

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
        let session = json!({
            "apiVersion": "ballsession.dev/v1alpha1", "kind": "BallSession", "spec": spec,
            "metadata": {"name": "harbor", "namespace": "lighthouse", "generation": 2},
            "status": {"conditions": conditions, "display": {"errorP95": "0.01px", "loss": "0.00%"}}
        });
        outcome(&serde_json::from_value(session).unwrap())
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
            Outcome::NotMeasured("NoReports: none".into())
        );
    }

    #[test]
    fn a_run_that_was_given_up_is_no_measurement_whatever_its_numbers_are() {
        for verdict in ["ObjectivesMet True Met", "ObjectivesMet False NoMedia: none"] {
            let given_up =
                of(&["Ready False Failed", "Complete True StartDeadlineExceeded: no node", verdict]);
            assert_eq!(given_up, Outcome::NotMeasured("StartDeadlineExceeded: no node".into()));
        }
    }

    #[test]
    fn a_verdict_on_another_spec_is_none() {
        let looked = "no operator has looked at it yet".to_owned();
        assert_eq!(of(&[]), Outcome::Pending(looked.clone()));
        let old = of(&["Ready@1 True Completed", "Complete@1 True Finished", "ObjectivesMet@1 True Met"]);
        assert_eq!(old, Outcome::Pending(looked));
        let old = of(&["Ready True Completed", "Complete True Finished: done", "ObjectivesMet@1 True Met"]);
        assert_eq!(old, Outcome::NotMeasured("Finished: done".into()));
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
        assert_eq!(stuck, Outcome::NotMeasured("Unschedulable: no node".into()));
        let passed =
            of(&["Ready False Unschedulable", "Complete False Running", "Stalled@1 True InvalidSpec: old"]);
        assert_eq!(passed, Outcome::Pending("Unschedulable".into()));
        let endless = with_spec(&json!({}), &["Ready True Ready", "Complete False Unbounded"]);
        assert_eq!(endless, Outcome::NotMeasured("it has no spec.duration, so its run is never over".into()));
    }
}
