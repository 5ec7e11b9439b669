//! Events about the condition ObjectivesMet. It is the reports' writer's; that it changed is published here, with all
//! other transitions.

use crds::BallSessionStatus;
use crds::contract::OBJECTIVES_MET;

use crate::conditions::{bounded, find};
use crate::controller::context::Controller;
use crate::controller::events::SessionEvent;
use crate::controller::session_ref::SessionRef;

/// Publishes that the objectives of a session are met, or missed, where that changed since its last reconcile.
pub(super) fn publish_transition(
    controller: &Controller,
    session_ref: &SessionRef,
    stored: &BallSessionStatus,
) {
    let Some(met) = find(&stored.conditions, OBJECTIVES_MET) else { return };
    let before = controller.remember(session_ref, |memory| memory.objectives_met.replace(met.status.clone()));
    // The first that this process sees was published by another one, or is none yet.
    if met.status == "Unknown" || before.is_none_or(|before| before == met.status) {
        return;
    }
    let event = SessionEvent {
        is_warning: met.status == "False",
        action: "Judge",
        reason: if met.status == "True" { OBJECTIVES_MET.to_owned() } else { met.reason.clone() },
        note: bounded(&met.message),
    };
    controller.events.publish(&session_ref.reference, event);
}
