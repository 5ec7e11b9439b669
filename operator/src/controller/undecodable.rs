//! A stored object that is no session. Its status may be readable all the same, and must not be lost.

use crds::{BallSession, BallSessionStatus};
use jiff::Timestamp;
use kube::api::{Api, ApiResource, DynamicObject};
use kube::core::error_boundary::InvalidObject;
use serde_json::Value;

use crate::controller::context::Controller;
use crate::controller::error::Error;
use crate::controller::observe::{Owned, Reason, unrunnable};
use crate::controller::session_ref::SessionRef;

/// What is stored, as plain JSON; `None` where it is gone.
pub(super) async fn read(controller: &Controller, session_ref: &SessionRef) -> Result<Option<Value>, Error> {
    let namespace = session_ref.key.namespace.as_deref().unwrap_or_default();
    let resource = ApiResource::erase::<BallSession>(&());
    let sessions: Api<DynamicObject> = Api::namespaced_with(controller.client.clone(), namespace, &resource);
    let raw = sessions.get_opt(&session_ref.key.name).await.map_err(Error::Read)?;
    Ok(raw.map(|raw| raw.data))
}

/// Its status, as far as it can be read, and what the controller's part of it shall be.
pub(super) fn observe(
    session_ref: &SessionRef,
    raw: &Value,
    invalid: &InvalidObject,
    time: Timestamp,
) -> (BallSessionStatus, Owned) {
    let stored: BallSessionStatus = serde_json::from_value(raw["status"].clone()).unwrap_or_default();
    let why = &invalid.error;
    let explanation = Reason::InvalidSpec.with_message(format!("the stored object cannot be read: {why}"));
    let is_bounded = raw["spec"].get("duration").is_some();
    let owned = unrunnable(&explanation, &stored, is_bounded, session_ref.generation, time);
    (stored, owned)
}
