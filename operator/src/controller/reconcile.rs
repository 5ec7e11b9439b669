//! Reconciles one session: from what is stored of it to the steps that it takes, within a time limit.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crds::BallSession;
use jiff::Timestamp;
use kube::Resource;
use kube::runtime::controller::Action;

use crate::backoff::between;
use crate::cluster::Guard;
use crate::controller::context::Controller;
use crate::controller::error::{Error, RECONCILE_LIMIT};
use crate::controller::observe::{Reason, unrunnable};
use crate::controller::outcome::{self, Outcome};
use crate::controller::session_ref::SessionRef;
use crate::controller::steps::{self, Reconciled};
use crate::controller::update_status::{SESSION, update_conditions, update_status};
use crate::controller::{authorities, objectives, undecodable};
use crate::session::validate;

/// How long after a reconcile without anything pending comes the next.
const RESYNC: (Duration, Duration) = (Duration::from_secs(300), Duration::from_secs(600));

/// Reconciles a session, and accounts for it.
pub(super) async fn reconcile(stored: Arc<Guard>, controller: Arc<Controller>) -> Result<Action, Error> {
    let session_ref = SessionRef::of(&stored);
    let started = Instant::now();
    // On the heap, as further down: one within the other, the steps would take most of a thread's stack.
    let latest = Box::pin(reconcile_latest(&controller, &stored, &session_ref));
    let reconciled = tokio::time::timeout(RECONCILE_LIMIT, latest);
    let result = reconciled.await.unwrap_or(Err(Error::TimedOut));
    let outcome = match &result {
        Ok(Reconciled { refused: None, .. }) => Outcome::Done,
        Ok(Reconciled { refused: Some(error), .. }) => Outcome::Refused(error),
        Err(error) => Outcome::Failed(error),
    };
    outcome::record(&controller, &session_ref, &outcome, started.elapsed());
    Ok(result?.requeue_after.map_or_else(resync, Action::requeue))
}

/// When to try again after a failure.
pub(super) fn retry(controller: &Controller, stored: &Guard) -> Action {
    let failures = controller.remember(&SessionRef::of(stored), |memory| memory.failures);
    Action::requeue(controller.retry.delay(failures, fastrand::f64()))
}

/// Reconciles what the watch brought, or what is stored now where that is known to be outdated.
async fn reconcile_latest(
    controller: &Controller,
    stored: &Guard,
    session_ref: &SessionRef,
) -> Result<Reconciled, Error> {
    if !controller.remember(session_ref, |memory| memory.is_superseded(SESSION, &session_ref.version)) {
        return reconcile_stored(controller, stored, session_ref).await;
    }
    let sessions = session_ref.api(&controller.client);
    match sessions.get_opt(&session_ref.key.name).await.map_err(Error::Read)? {
        Some(current) => reconcile_stored(controller, &current, &SessionRef::of(&current)).await,
        None => Ok(Reconciled::default()),
    }
}

async fn reconcile_stored(
    controller: &Controller,
    stored: &Guard,
    session_ref: &SessionRef,
) -> Result<Reconciled, Error> {
    if stored.meta().deletion_timestamp.is_some() {
        // Its children go with it; made anew they would keep it from going.
        return Ok(Reconciled::default());
    }
    match &stored.0 {
        Ok(object) => reconcile_object(controller, object, session_ref).await,
        Err(invalid) => {
            let Some(raw) = undecodable::read(controller, session_ref).await? else {
                return Ok(Reconciled::default());
            };
            let (stored, owned) = undecodable::observe(session_ref, &raw, invalid, Timestamp::now());
            let written = update_conditions(controller, session_ref, &stored, &owned).await?;
            Ok(Reconciled { requeue_after: written.again_in(), refused: None })
        }
    }
}

async fn reconcile_object(
    controller: &Controller,
    object: &BallSession,
    session_ref: &SessionRef,
) -> Result<Reconciled, Error> {
    let stored = object.status.clone().unwrap_or_default();
    objectives::publish_transition(controller, session_ref, &stored);
    match validate(object) {
        Ok(session) => Box::pin(steps::run(controller, session_ref, &session, &stored)).await,
        Err(error) => {
            let explanation = Reason::InvalidSpec.with_message(error.to_string());
            let (is_bounded, generation) = (object.spec.duration.is_some(), session_ref.generation);
            let owned = unrunnable(&explanation, &stored, is_bounded, generation, Timestamp::now());
            let refused = Box::pin(authorities::keep(controller, object)).await;
            let written = update_status(controller, session_ref, &stored, &owned).await?;
            Ok(Reconciled { requeue_after: written.again_in(), refused })
        }
    }
}

fn resync() -> Action {
    Action::requeue(between(RESYNC.0, RESYNC.1, fastrand::f64()))
}
