//! What one version of a session amounts to: its conditions in one word, and why.

use crds::BallSession;
use crds::contract::{COMPLETE, OBJECTIVES_MET, READY, STALLED};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use serde::{Deserialize, Serialize};

use crate::session::condition::{any, current};

/// The reasons of Ready that are usually a matter of seconds.
const ON_ITS_WAY: [&str; 2] = ["ServerNotReady", "WaitingForClients"];
/// The reason of Ready that says that there was media before.
const MEDIA_LOST: &str = "ClientsLost";
/// The reason of Complete of a run that measured all that it was to.
const FINISHED: &str = "Finished";
/// What is said of a run that is over and was judged before the spec became what it is.
pub(crate) const OTHER_OBJECTIVES: &str = "OtherObjectives";
/// What is said where there is no operator.
pub(super) const NO_OPERATOR: &str = "NoOperator";
/// What is said of a spec that no operator has looked at.
pub(crate) const NOT_OBSERVED: &str = "NotObserved";

/// What a session amounts to. The name is an interface: it stands in reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Outcome {
    /// The numbers are good enough.
    Met,
    /// They are not.
    Missed,
    /// Something keeps the session from being measured.
    NotMeasurable,
    /// It is too early to say, or nothing is to be measured for now.
    Undecided,
}

/// An outcome, and the condition that it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Judgement {
    pub(crate) outcome: Outcome,
    /// Whether nothing changes it any more unless somebody acts: the run is over, or waiting does not help.
    pub(crate) is_final: bool,
    pub(crate) reason: String,
    pub(crate) message: String,
}

impl Judgement {
    /// Whether it is only true while an operator looks at the session: numbers of a run that goes on.
    pub(crate) fn needs_an_operator(&self) -> bool {
        !self.is_final && matches!(self.outcome, Outcome::Met | Outcome::Missed)
    }

    /// The same where there is no operator any more; `why` that is known.
    pub(crate) fn without_operator(self, why: &str) -> Self {
        Self {
            outcome: Outcome::Undecided,
            is_final: false,
            reason: NO_OPERATOR.to_owned(),
            message: format!(
                "{why}, `kubectl ballsession doctor` looks for one; before that: {}: {}",
                self.reason, self.message
            ),
        }
    }
}

/// Judges a session by what it says of its present spec.
pub(crate) fn judge(session: &BallSession) -> Judgement {
    let Some(ready) = current(session, READY) else { return not_observed(session) };
    let of = |outcome, is_final, condition: &Condition| Judgement {
        outcome,
        is_final,
        reason: condition.reason.clone(),
        message: condition.message.clone(),
    };
    if let Some(complete) = current(session, COMPLETE).filter(|complete| complete.status == "True") {
        if complete.reason != FINISHED {
            return of(Outcome::NotMeasurable, true, ready);
        }
        // The operator carries the verdict over to a later spec that asks for the same run and the same objectives, and to no other.
        return match (current(session, OBJECTIVES_MET), any(session, OBJECTIVES_MET)) {
            (Some(met), _) => of(outcome_at_the_end(met), true, met),
            (None, Some(before)) => judged_before(session, before),
            (None, None) => of(Outcome::NotMeasurable, true, complete),
        };
    }
    let is_stalled = current(session, STALLED).is_some_and(|stalled| stalled.status == "True");
    let is_obstructed = is_problem(ready);
    match current(session, OBJECTIVES_MET) {
        // Without a single frame there are no numbers that could be good or bad.
        _ if is_obstructed && !has_had_media(session) => of(Outcome::NotMeasurable, is_stalled, ready),
        Some(met) if met.status == "True" => of(Outcome::Met, false, met),
        Some(met) if met.status == "False" => of(Outcome::Missed, false, met),
        _ if is_obstructed => of(Outcome::NotMeasurable, is_stalled, ready),
        Some(met) if ready.status == "True" => of(Outcome::Undecided, false, met),
        _ => of(Outcome::Undecided, false, ready),
    }
}

/// Whether media has come to a client: what follows is the run's own to tell.
pub(super) fn has_had_media(session: &BallSession) -> bool {
    let Some(status) = &session.status else { return false };
    let frames = status.measurements.as_ref().and_then(|numbers| numbers.frames);
    let is_measuring = status.run.as_ref().is_some_and(|run| run.measuring_since.is_some());
    let is_lost = current(session, READY).is_some_and(|ready| ready.reason == MEDIA_LOST);
    is_measuring || is_lost || frames.is_some_and(|frames| frames.sent > 0)
}

fn is_problem(ready: &Condition) -> bool {
    ready.status != "True" && !ON_ITS_WAY.contains(&ready.reason.as_str())
}

fn outcome_at_the_end(met: &Condition) -> Outcome {
    match met.status.as_str() {
        "True" => Outcome::Met,
        "False" => Outcome::Missed,
        _ => Outcome::NotMeasurable,
    }
}

/// It may be that the operator has not carried the verdict over yet.
fn judged_before(session: &BallSession, before: &Condition) -> Judgement {
    let generation = |generation: Option<i64>| generation.unwrap_or_default();
    Judgement {
        outcome: Outcome::NotMeasurable,
        is_final: false,
        reason: OTHER_OBJECTIVES.to_owned(),
        message: format!(
            "the run is over and was judged by the objectives of generation {}, which is {} now: another value of spec.run begins \
             one that is judged by these",
            generation(before.observed_generation),
            generation(session.metadata.generation)
        ),
    }
}

fn not_observed(session: &BallSession) -> Judgement {
    let generation = session.metadata.generation.unwrap_or_default();
    Judgement {
        outcome: Outcome::Undecided,
        is_final: false,
        reason: NOT_OBSERVED.to_owned(),
        message: format!("no operator has looked at generation {generation} of the session"),
    }
}

#[cfg(test)]
mod tests {
    use Outcome::{Met, Missed, NotMeasurable, Undecided};

    use super::*;
    use crate::fixture::{condition, session};

    fn judged(conditions: &[(&str, &str, &str)], frames: i64) -> (Outcome, bool, String) {
        let conditions: Vec<_> =
            conditions.iter().map(|(kind, status, reason)| condition(kind, status, reason, 3)).collect();
        let mut session = session(&conditions);
        let status = session.status.as_mut().unwrap();
        let numbers = status.measurements.as_mut().and_then(|numbers| numbers.frames.as_mut());
        numbers.unwrap().sent = frames;
        status.run = None;
        let judgement = judge(&session);
        (judgement.outcome, judgement.is_final, judgement.reason)
    }

    #[test]
    fn every_combination_of_conditions_has_one_outcome() {
        let ready = ("Ready", "True", "Ready");
        let completed = ("Ready", "True", "Completed");
        let finished = ("Complete", "True", "Finished");
        let running = ("Complete", "False", "Running");
        let met = ("ObjectivesMet", "True", "Met");
        let missed = ("ObjectivesMet", "False", "LossTooHigh");
        let no_media = ("ObjectivesMet", "False", "NoMedia");
        let silent = ("ObjectivesMet", "Unknown", "NoReports");
        let starting = ("ObjectivesMet", "Unknown", "Starting");
        let suspended = ("ObjectivesMet", "Unknown", "Suspended");
        let blocked = ("Ready", "False", "MediaBlocked");
        let waiting = ("Ready", "False", "WaitingForClients");
        let lost = ("Ready", "False", "ClientsLost");
        let failed = ("Ready", "False", "Failed");
        let stalled = ("Stalled", "True", "MediaBlocked");
        for (conditions, frames, outcome, is_final, reason) in [
            (&[][..], 0, Undecided, false, "NotObserved"),
            (&[waiting, running, silent], 0, Undecided, false, "WaitingForClients"),
            (&[ready, running, starting], 0, Undecided, false, "Starting"),
            (&[ready, running, met], 9, Met, false, "Met"),
            (&[ready, running, missed], 9, Missed, false, "LossTooHigh"),
            (&[blocked, running, silent], 0, NotMeasurable, false, "MediaBlocked"),
            (&[blocked, running, no_media], 0, NotMeasurable, false, "MediaBlocked"),
            (&[blocked, running, no_media], 9, Missed, false, "NoMedia"),
            (&[lost, running, no_media], 0, Missed, false, "NoMedia"),
            (&[blocked, stalled, no_media], 0, NotMeasurable, true, "MediaBlocked"),
            (&[blocked, stalled, silent], 9, NotMeasurable, true, "MediaBlocked"),
            (&[("Ready", "True", "Suspended"), suspended], 9, Undecided, false, "Suspended"),
            (&[completed, finished, met], 9, Met, true, "Met"),
            (&[completed, finished, missed], 9, Missed, true, "LossTooHigh"),
            (&[completed, finished, silent], 9, NotMeasurable, true, "NoReports"),
            (&[completed, finished], 9, NotMeasurable, true, "Finished"),
            (&[failed, ("Complete", "True", "Failed"), missed], 9, NotMeasurable, true, "Failed"),
            (
                &[failed, ("Complete", "True", "StartDeadlineExceeded"), silent],
                0,
                NotMeasurable,
                true,
                "Failed",
            ),
        ] {
            assert_eq!(judged(conditions, frames), (outcome, is_final, reason.to_owned()), "{conditions:?}");
        }
    }

    #[test]
    fn numbers_of_a_run_that_goes_on_are_no_verdict_without_an_operator() {
        let ready = condition("Ready", "True", "Ready", 3);
        let met = condition("ObjectivesMet", "True", "Met", 3);
        let going_on = judge(&session(&[ready.clone(), met.clone()]));
        assert!(going_on.needs_an_operator());
        let old = going_on.without_operator("the lease is old");
        assert_eq!((old.outcome, old.reason.as_str(), old.is_final), (Undecided, "NoOperator", false));
        assert_eq!(
            old.message,
            "the lease is old, `kubectl ballsession doctor` looks for one; before that: Met: Met in words"
        );
        assert!(!old.needs_an_operator());
        let over = judge(&session(&[ready, met, condition("Complete", "True", "Finished", 3)]));
        assert!(!over.needs_an_operator(), "what is over stays so");
    }

    #[test]
    fn what_is_said_of_an_earlier_spec_does_not_count() {
        let old =
            session(&[condition("Ready", "True", "Ready", 2), condition("ObjectivesMet", "True", "Met", 2)]);
        assert_eq!(judge(&old).reason, "NotObserved");
        assert_eq!(judge(&old).message, "no operator has looked at generation 3 of the session");
        let judged_before = session(&[
            condition("Ready", "True", "Ready", 3),
            condition("ObjectivesMet", "False", "LossTooHigh", 2),
        ]);
        assert_eq!(judge(&judged_before).outcome, Undecided);
        let over = session(&[
            condition("Ready", "True", "Completed", 3),
            condition("Complete", "True", "Finished", 3),
            condition("ObjectivesMet", "True", "Met", 2),
        ]);
        let judgement = judge(&over);
        assert_eq!(
            (judgement.outcome, judgement.is_final),
            (NotMeasurable, false),
            "by objectives of before"
        );
        assert_eq!(judgement.reason, "OtherObjectives");
        assert!(judgement.message.contains("generation 2, which is 3 now"), "{}", judgement.message);
    }
}
