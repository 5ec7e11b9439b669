//! What exists of a session before anything is decided. Reading it is the first step of a reconcile; everything up to
//! apply works on this alone.

use std::sync::Arc;

use crds::BallSession;
use k8s_openapi::api::core::v1::Pod;

use crate::controller::resources::{Observed, Resources};

/// A session and what exists of it.
pub struct Dereferenced {
    /// The session as it is stored.
    pub session: Arc<BallSession>,
    /// Its children.
    pub resources: Resources<Observed>,
    /// Its pods, those of the server and of the clients.
    pub pods: Vec<Arc<Pod>>,
}
