//! What of a session stays as a version before made it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crds::BallSessionStatus;
use k8s_openapi::api::core::v1::Pod;

use crate::clients::client_pods;
use crate::cluster::Watches;
use crate::controller::client_pods::job_state;
use crate::controller::resources::{Observed, Resources};
use crate::controller::session_ref::SessionRef;
use crate::run::{Adoption, Former, stored_run};
use crate::session::{Session, asked_hash};

/// What stays, and what is stored of it.
pub(super) struct Adopted {
    pub(super) adoption: Adoption,
    /// Names what is asked for of what stays.
    pub(super) asked: Option<String>,
    /// The UID of the Job whose pods are the clients.
    pub(super) job: Option<String>,
    /// When to ask again although nothing happens.
    pub(super) again_in: Option<Duration>,
}

impl Adopted {
    /// Of a session as it is now.
    pub(super) fn of(
        session_ref: &SessionRef,
        session: &Session,
        stored: &BallSessionStatus,
        observed: &Resources<Observed>,
        pods: &[Arc<Pod>],
        watches: &Watches,
    ) -> Self {
        let (now, asked) = (Instant::now(), asked_hash(session));
        let job = observed.client_job.as_ref();
        let state = job.map(|job| {
            let clients = client_pods(pods, session);
            job_state(job, session, &clients, &|node| watches.not_ready_for(node, now))
        });
        let adoption = Adoption::of(&Former {
            run: stored_run(stored, &session.run_hash),
            is_current: stored.observed_generation == session_ref.generation,
            asked: &asked,
            stage: session.stage,
            has_server: observed.server_deployment.as_ref().is_some_and(|server| session.owns(server)),
            has_clients: state.is_some_and(|state| state.is_working),
        });
        let is_whole = adoption == Adoption::Whole;
        Self {
            adoption,
            asked: adoption.is_any().then_some(asked),
            job: job.filter(|_| is_whole).and_then(|job| job.metadata.uid.clone()),
            again_in: state.filter(|_| is_whole).and_then(|state| state.again_in),
        }
    }
}
