//! The one place where the result of a reconcile becomes log, metric and event.

use std::time::Duration;

use jiff::Timestamp;

use crate::conditions::bounded;
use crate::controller::context::Controller;
use crate::controller::error::Error;
use crate::controller::events::SessionEvent;
use crate::controller::session_ref::SessionRef;

/// Accounts for a reconcile that took so long and, maybe, failed.
pub(super) fn record(
    controller: &Controller,
    session_ref: &SessionRef,
    failure: Option<&Error>,
    took: Duration,
) {
    let class = failure.map(Error::label);
    controller.metrics.reconciled(class, took, Timestamp::now());
    let is_new = controller.remember(session_ref, |memory| {
        memory.failures = if class.is_some() { memory.failures.saturating_add(1) } else { 0 };
        std::mem::replace(&mut memory.failure, class) != class
    });
    let Some(error) = failure else {
        tracing::debug!(session = %session_ref.key, ?took, "reconciled");
        return;
    };
    tracing::warn!(session = %session_ref.key, class, %error, "reconcile failed");
    // What stands in a condition was published with its transition.
    if is_new && error.explanation().is_none() {
        let event = SessionEvent {
            is_warning: true,
            action: "Reconcile",
            reason: error.label().to_owned(),
            note: bounded(&error.to_string()),
        };
        controller.events.publish(&session_ref.reference, event);
    }
}
