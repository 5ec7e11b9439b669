//! A session as it is stored, as far as reports are concerned.

use crds::{BallSession, BallSessionStatus};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;

use crate::display::Shown;
use crate::reports::status;
use crate::run::{RunStage, is_archived, is_stored_run};
use crate::session::{Error, Session, validate};

/// A stored session, and what it asks for.
pub(in crate::reports) struct StoredSession<'a> {
    stored: &'a BallSession,
    validated: Result<Session, Error>,
}

impl<'a> StoredSession<'a> {
    pub(in crate::reports) fn of(stored: &'a BallSession) -> Self {
        Self { stored, validated: validate(stored) }
    }

    /// What it asks for, if its spec is valid.
    pub(super) fn validated(&self) -> Result<&Session, &Error> {
        self.validated.as_ref()
    }

    /// The hash of the run that it asks for.
    pub(in crate::reports) fn run(&self) -> Option<&str> {
        self.validated.as_ref().ok().map(|session| session.run_hash.as_str())
    }

    /// Whether its run is over: its numbers stay as they are.
    pub(in crate::reports) fn is_finished(&self) -> bool {
        self.validated.as_ref().is_ok_and(|session| session.stage == RunStage::Finished)
    }

    /// The stored fields that come from reports, of whatever run.
    pub(in crate::reports) fn owned(&self) -> BallSessionStatus {
        self.stored.status.as_ref().map(status::owned).unwrap_or_default()
    }

    /// Whether the stored numbers are of the run that it asks for.
    pub(super) fn has_run(&self) -> bool {
        self.stored.status.as_ref().zip(self.run()).is_some_and(|(status, run)| is_stored_run(status, run))
    }

    /// Whether the run that is over was judged by the objectives that stand in the spec now.
    pub(super) fn is_judged_by_these(&self) -> bool {
        let run = self.stored.status.as_ref().and_then(|status| status.run.as_ref());
        let judged_by = run.and_then(|run| run.judged_by.as_deref());
        self.validated.as_ref().is_ok_and(|session| judged_by == Some(session.judged_by().as_str()))
    }

    /// Whether its status may lose the numbers of another run, because the history has them.
    pub(super) fn is_archived(&self) -> bool {
        let stored = self.stored.status.as_ref().zip(self.run());
        stored.is_none_or(|(status, run)| is_stored_run(status, run) || is_archived(status, run))
    }

    /// Whether there are numbers in its status.
    pub(super) fn has_numbers(&self) -> bool {
        self.stored.status.as_ref().is_some_and(status::has_numbers)
    }

    /// What is shown of it once its condition ObjectivesMet is this one.
    pub(super) fn shown(&self, met: &Condition) -> (Option<String>, Option<String>) {
        let status = self.stored.status.as_ref();
        let others = status.iter().flat_map(|status| &status.conditions);
        let others = others.filter(|condition| condition.type_ != met.type_);
        let conditions: Vec<_> = others.chain([met]).cloned().collect();
        let stored = status.and_then(|status| status.display.as_ref());
        Shown::of(&conditions, Some(&self.stored.spec.objectives)).fields(stored)
    }

    pub(in crate::reports) fn resource_version(&self) -> Option<&str> {
        self.stored.metadata.resource_version.as_deref()
    }

    pub(super) fn generation(&self) -> Option<i64> {
        self.stored.metadata.generation
    }
}
