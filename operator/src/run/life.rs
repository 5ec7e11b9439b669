//! The life of a run: it starts until every client has had media, measures until every client is done, and ends; or is given
//! up, where it takes too long. What is decided is stored in `status.run`, and nothing else is needed to go on from there.

use std::time::Duration;

use crds::Run;
use crds::contract::COMPLETE;
use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;

use crate::conditions::{bounded, find};
use crate::run::clients::ObservedClients;
use crate::run::clock::{elapsed, suspend};
use crate::run::outcome::Outcome;
use crate::run::stage::RunStage;
use crate::timestamps::stored_time;

/// The times within which a bounded run has to come to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// For how long each client measures.
    pub duration: Duration,
    /// Within this time every client must have had media.
    pub start_deadline: Duration,
}

impl Limits {
    /// When a run is given up, whatever it does.
    pub fn hard_end(&self) -> Duration {
        self.start_deadline.saturating_add(self.duration.saturating_mul(2))
    }
}

/// What is known of a run that is not over.
#[derive(Debug, Clone)]
pub struct Facts<'a> {
    /// As it is stored.
    pub run: &'a Run,
    /// Of a bounded run.
    pub limits: Option<Limits>,
    /// What it needs now.
    pub stage: RunStage,
    /// What was observed of its clients.
    pub clients: &'a ObservedClients,
    /// Why the session is not ready, as it was said last.
    pub not_ready: Option<&'a str>,
    /// The time.
    pub now: Timestamp,
}

/// How far a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Not every client has had media yet.
    Starting,
    /// Every client has had media, and not all are done.
    Measuring,
    /// Its end is decided, and its last numbers are awaited.
    Ending(Outcome),
    /// Its last numbers are stored, and stay as they are.
    Over(Outcome),
}

/// What follows from the facts.
#[derive(Debug, Clone, PartialEq)]
pub struct Advanced {
    /// The run, as it is to be stored.
    pub run: Run,
    /// How far it is.
    pub phase: Phase,
    /// When the next deadline passes.
    pub next_in: Option<Duration>,
}

/// Brings a run that is not over up to date.
pub fn advance(facts: &Facts<'_>) -> Advanced {
    let mut run = facts.run.clone();
    let Some(limits) = facts.limits else {
        let phase = if facts.clients.have_had_media() { Phase::Measuring } else { Phase::Starting };
        return Advanced { run, phase, next_in: None };
    };
    if let Some(given_up) = decided(&run).filter(|outcome| outcome.is_failure()) {
        return Advanced { run, phase: Phase::Ending(given_up), next_in: None };
    }
    // Where nobody is to start, or to measure, nobody is late.
    let is_waiting = facts.stage == RunStage::Suspended || facts.clients.wanted.is_none_asked_for();
    suspend(&mut run, is_waiting, facts.now);
    if run.measuring_since.is_none() && facts.clients.have_had_media() {
        run.measuring_since = Some(stored_time(facts.now));
    }
    if facts.clients.are_finished() {
        return end(run, Outcome::Finished, None, facts.now);
    }
    // Where more clients are asked for before the last numbers are in, it goes on.
    (run.ended_at, run.outcome, run.judged_by) = (None, None, None);
    let (phase, deadline, outcome) = match run.measuring_since {
        None => (Phase::Starting, limits.start_deadline, Outcome::StartDeadlineExceeded),
        Some(_) => (Phase::Measuring, limits.hard_end(), Outcome::Failed),
    };
    match deadline.checked_sub(elapsed(&run, facts.now)).filter(|left| !left.is_zero()) {
        // Its clock stands still.
        Some(_) if is_waiting => Advanced { run, phase, next_in: None },
        Some(left) => Advanced { run, phase, next_in: Some(left) },
        None => end(run, outcome, facts.not_ready, facts.now),
    }
}

/// The end of a run that is stored as complete; nothing but its conditions has the reason.
pub fn over(conditions: &[Condition]) -> Phase {
    let reason = find(conditions, COMPLETE).and_then(|complete| Outcome::named(&complete.reason));
    Phase::Over(reason.unwrap_or(Outcome::Finished))
}

/// How the stored run ended, if its end is decided.
pub fn decided(run: &Run) -> Option<Outcome> {
    run.outcome.as_deref().and_then(Outcome::named)
}

fn end(mut run: Run, outcome: Outcome, cause: Option<&str>, now: Timestamp) -> Advanced {
    if run.outcome.as_deref() != Some(outcome.as_str()) {
        run.outcome = Some(outcome.as_str().to_owned());
        run.ended_at = Some(stored_time(now));
        run.cause = cause.map(bounded);
    }
    Advanced { run, phase: Phase::Ending(outcome), next_in: None }
}

#[cfg(test)]
mod tests;
