//! Deletes a session whose time after its run is over.

use std::time::Duration;

use crds::BallSessionStatus;
use jiff::Timestamp;
use kube::api::{DeleteParams, Preconditions};

use crate::controller::context::Controller;
use crate::controller::error::Error;
use crate::controller::session_ref::SessionRef;
use crate::run::{RunStage, expires_in};
use crate::session::Session;

/// How long the session stays; `None` where it stays for good, or its run is not over.
pub(super) fn left(session: &Session, stored: &BallSessionStatus) -> Option<Duration> {
    let ttl = session.ttl_after_finished.filter(|_| session.stage == RunStage::Finished)?;
    expires_in(stored, ttl, Timestamp::now())
}

/// Deletes the session as it was observed: neither a namesake, nor one that was asked for something else meanwhile. Its children
/// go with it.
///
/// # Errors
/// Where the API server does not do it. That the session is gone, or was changed, is none.
pub(super) async fn delete(controller: &Controller, session_ref: &SessionRef) -> Result<(), Error> {
    let only_this = Preconditions {
        uid: Some(session_ref.uid.clone()),
        resource_version: Some(session_ref.version.clone()),
    };
    let params = DeleteParams::background().preconditions(only_this);
    match session_ref.api(&controller.client).delete(&session_ref.key.name, &params).await {
        Ok(_) => {
            tracing::info!(session = %session_ref.key, "deleted, as its spec.ttlAfterFinished says");
            Ok(())
        }
        Err(kube::Error::Api(status)) if status.is_not_found() || status.is_conflict() => Ok(()),
        Err(error) => Err(Error::Delete(error)),
    }
}
