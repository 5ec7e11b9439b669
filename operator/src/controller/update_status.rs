//! Writes the controller's part of the status, where it is not what is stored.

use crds::BallSessionStatus;
use crds::contract::CONTROLLER_FIELD_MANAGER;
use kube::api::{Patch, PatchParams};
use serde_json::{Value, json};

use crate::api_error::describe;
use crate::controller::context::Controller;
use crate::controller::events::transitions;
use crate::controller::metrics::StatusWrite;
use crate::controller::observe::Owned;
use crate::controller::session_ref::SessionRef;

/// What the session itself is remembered by.
pub(super) const SESSION: &str = "BallSession";

/// A status that could not be written.
#[derive(Debug, thiserror::Error)]
#[error("status write failed: {}", describe(.0))]
pub struct Error(#[from] kube::Error);

/// Makes the stored status of a session what it shall be.
///
/// # Errors
/// Where the API server does not take it. That the session is gone is none.
pub(super) async fn update_status(
    controller: &Controller,
    session_ref: &SessionRef,
    stored: &BallSessionStatus,
    owned: &Owned,
) -> Result<(), Error> {
    let known = Owned::stored(stored);
    if known == *owned {
        controller.metrics.status(StatusWrite::Suppressed);
        return Ok(());
    }
    let mut patch = owned.patch();
    // Not a namesake that came after it.
    patch["metadata"] = json!({"name": session_ref.key.name, "uid": session_ref.uid});
    let params = PatchParams::apply(CONTROLLER_FIELD_MANAGER).force();
    if send(controller, session_ref, &params, &Patch::Apply(&patch)).await? {
        written(controller, session_ref, &known, owned);
    }
    Ok(())
}

/// Says in the conditions of a session that it cannot be read. For an apply the API server would have to read it as
/// well, so they are merged; and they alone, because what is merged is not taken away by later applies.
///
/// # Errors
/// As [`update_status`].
pub(super) async fn update_conditions(
    controller: &Controller,
    session_ref: &SessionRef,
    stored: &BallSessionStatus,
    owned: &Owned,
) -> Result<(), Error> {
    let conditions = owned.conditions_among(&stored.conditions);
    if stored.conditions == conditions {
        controller.metrics.status(StatusWrite::Suppressed);
        return Ok(());
    }
    let patch = json!({
        "metadata": {"uid": session_ref.uid},
        "status": {"observedGeneration": session_ref.generation, "conditions": conditions}
    });
    let params =
        PatchParams { field_manager: Some(CONTROLLER_FIELD_MANAGER.to_owned()), ..PatchParams::default() };
    if send(controller, session_ref, &params, &Patch::Merge(&patch)).await? {
        written(controller, session_ref, &Owned::stored(stored), owned);
    }
    Ok(())
}

/// Whether it was written: it is not where the session is gone.
async fn send(
    controller: &Controller,
    session_ref: &SessionRef,
    params: &PatchParams,
    patch: &Patch<&Value>,
) -> Result<bool, Error> {
    let sessions = session_ref.api(&controller.client);
    match sessions.patch_status(&session_ref.key.name, params, patch).await {
        Ok(_) => {
            controller.metrics.status(StatusWrite::Done);
            Ok(true)
        }
        Err(kube::Error::Api(status)) if status.is_not_found() => Ok(false),
        Err(error) => {
            controller.metrics.status(StatusWrite::Failed);
            Err(error.into())
        }
    }
}

/// After a write what was observed is outdated, and transitions are facts.
fn written(controller: &Controller, session_ref: &SessionRef, stored: &Owned, owned: &Owned) {
    controller.remember(session_ref, |memory| memory.supersede(SESSION, &session_ref.version));
    for event in transitions(stored, owned) {
        controller.events.publish(&session_ref.reference, event);
    }
}
