//! Writes the controller's part of the status, where it is not what is stored.

use crds::BallSessionStatus;
use crds::contract::CONTROLLER_FIELD_MANAGER;
use kube::Client;
use kube::api::{Patch, PatchParams};
use serde_json::{Value, json};

use crate::api_error::describe;
use crate::controller::metrics::{Metrics, StatusWrite};
use crate::controller::status::Owned;
use crate::controller::subject::Subject;

/// A status that could not be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write the status: {}", describe(.0))]
pub struct Error(#[from] kube::Error);

/// Makes the stored status of a session what it shall be, and says whether that took a write.
///
/// # Errors
/// Where the API server does not take it. That the session is gone is none.
pub(super) async fn update_status(
    client: &Client,
    metrics: &Metrics,
    session: &Subject,
    stored: &BallSessionStatus,
    owned: &Owned,
) -> Result<bool, Error> {
    if Owned::stored(stored) == *owned {
        metrics.status(StatusWrite::Suppressed);
        return Ok(false);
    }
    let mut patch = owned.patch();
    // Not a namesake that came after it.
    patch["metadata"] = json!({"name": session.key.name, "uid": session.uid});
    let params = PatchParams::apply(CONTROLLER_FIELD_MANAGER).force();
    send(client, metrics, session, &params, &Patch::Apply(&patch)).await
}

/// Says in the conditions of a session that it cannot be read. For an apply the API server would have to read it as
/// well, so they are merged; and they alone, because what is merged is not taken away by later applies.
///
/// # Errors
/// As [`update_status`].
pub(super) async fn update_conditions(
    client: &Client,
    metrics: &Metrics,
    session: &Subject,
    stored: &BallSessionStatus,
    owned: &Owned,
) -> Result<bool, Error> {
    let conditions = owned.conditions_among(&stored.conditions);
    if stored.conditions == conditions {
        metrics.status(StatusWrite::Suppressed);
        return Ok(false);
    }
    let patch = json!({
        "metadata": {"uid": session.uid},
        "status": {"observedGeneration": session.generation, "conditions": conditions}
    });
    let params =
        PatchParams { field_manager: Some(CONTROLLER_FIELD_MANAGER.to_owned()), ..PatchParams::default() };
    send(client, metrics, session, &params, &Patch::Merge(&patch)).await
}

async fn send(
    client: &Client,
    metrics: &Metrics,
    session: &Subject,
    params: &PatchParams,
    patch: &Patch<&Value>,
) -> Result<bool, Error> {
    match session.api(client).patch_status(&session.key.name, params, patch).await {
        Ok(_) => {
            metrics.status(StatusWrite::Done);
            Ok(true)
        }
        Err(kube::Error::Api(status)) if status.is_not_found() => Ok(false),
        Err(error) => {
            metrics.status(StatusWrite::Failed);
            Err(error.into())
        }
    }
}
