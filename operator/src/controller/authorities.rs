//! What a session that makes no sense keeps all the same: the authorities by which its pods know the operator. The pods of its
//! last valid spec go on, and with outdated authorities their reports would end.

use crds::{BallSession, BallSessionSpec};

use crate::controller::apply::{Error, Tools, apply};
use crate::controller::build::authorities;
use crate::controller::context::Controller;
use crate::controller::dereference::dereference;
use crate::session::validate;

/// Brings them up to date where the session has some. The error is why they are not.
pub(super) async fn keep(controller: &Controller, object: &BallSession) -> Option<Error> {
    // Children follow from the name alone, which cannot change.
    let named = BallSession {
        metadata: object.metadata.clone(),
        spec: BallSessionSpec::default(),
        status: object.status.clone(),
    };
    let session = validate(&named).ok()?;
    let resources = dereference(&session, &controller.watches).resources;
    let report_ca = controller.report_ca.borrow().clone();
    let prepared = authorities(&session, &resources, report_ca.as_deref());
    let tools = Tools {
        client: &controller.client,
        memories: &controller.memories,
        metrics: &controller.metrics,
        retry: controller.retry,
    };
    apply(tools, &session, prepared, resources).await.refused.into_iter().next()
}
