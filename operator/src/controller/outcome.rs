//! The one place where the result of a reconcile becomes log, metric and event.

use std::time::Duration;

use jiff::Timestamp;

use crate::conditions::bounded;
use crate::controller::apply;
use crate::controller::context::Controller;
use crate::controller::error::Error;
use crate::controller::events::SessionEvent;
use crate::controller::session_ref::SessionRef;

/// What became of a reconcile.
pub(super) enum Outcome<'a> {
    /// Everything is as it shall be, as far as that was tried.
    Done,
    /// A child was refused, all else was done.
    Refused(&'a apply::Error),
    /// It came to its end too soon.
    Failed(&'a Error),
}

impl Outcome<'_> {
    /// The class and the words of what went wrong.
    fn failure(&self) -> Option<(&'static str, String)> {
        match self {
            // As it should be: everything goes with the namespace.
            Self::Done | Self::Refused(apply::Error::NamespaceEnds { .. }) => None,
            Self::Refused(error) => Some((error.label(), error.to_string())),
            Self::Failed(error) => Some((error.label(), error.to_string())),
        }
    }

    /// What stands in a condition is published with its transition.
    fn is_published(&self) -> bool {
        matches!(self, Self::Refused(error) if error.explanation().is_some())
    }
}

/// Accounts for a reconcile that took so long and, maybe, failed. What goes on for long is said once.
pub(super) fn record(
    controller: &Controller,
    session_ref: &SessionRef,
    outcome: &Outcome<'_>,
    took: Duration,
) {
    let failure = outcome.failure();
    let class = failure.as_ref().map(|(class, _)| *class);
    controller.metrics.reconciled(class, took, Timestamp::now());
    let words = failure.as_ref().map(|(_, words)| bounded(words));
    let is_new = controller.remember(session_ref, |memory| {
        let is_failed = matches!(outcome, Outcome::Failed(_));
        memory.failures = if is_failed { memory.failures.saturating_add(1) } else { 0 };
        // A refusal that is only remembered is no success.
        let is_over = words.is_some() || memory.refusals.is_empty();
        is_over && std::mem::replace(&mut memory.failure, words.clone()) != words
    });
    let Some((class, words)) = failure else {
        tracing::debug!(session = %session_ref.key, ?took, "reconciled");
        return;
    };
    if !is_new {
        tracing::debug!(session = %session_ref.key, class, error = words, "reconcile failed again");
        return;
    }
    tracing::warn!(session = %session_ref.key, class, error = bounded(&words), "reconcile failed, trying again");
    if !outcome.is_published() {
        let event = SessionEvent {
            is_warning: true,
            action: "Reconcile",
            reason: class.to_owned(),
            note: bounded(&words),
        };
        controller.events.publish(&session_ref.reference, event);
    }
}
