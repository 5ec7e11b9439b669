//! Writes the controller's part of the status, where it is not what is stored.

use crds::BallSessionStatus;
use kube::Client;
use kube::api::{Api, Patch, PatchParams};
use serde_json::{Value, json};

use crate::controller::api_error::describe;
use crate::controller::apply::FIELD_MANAGER;
use crate::controller::metrics::{Metrics, StatusWrite};
use crate::controller::status::Owned;
use crate::controller::subject::Subject;
use crate::controller::watches::Guard;

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
    // What comes back need not be readable.
    let sessions: Api<Guard> = session.api(client);
    let mut patch: Value = owned.patch();
    // Not a namesake that came after it.
    patch["metadata"] = json!({"name": session.key.name, "uid": session.uid});
    let params = PatchParams::apply(FIELD_MANAGER).force();
    match sessions.patch_status(&session.key.name, &params, &Patch::Apply(&patch)).await {
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
