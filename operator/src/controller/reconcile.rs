//! Reconciles one session: from what is stored of it to the steps that it takes, within a time limit.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crds::{BallSession, BallSessionStatus};
use jiff::Timestamp;
use kube::Resource;
use kube::runtime::controller::Action;

use crate::cluster::Guard;
use crate::controller::backoff::between;
use crate::controller::context::Controller;
use crate::controller::error::{Error, RECONCILE_LIMIT};
use crate::controller::observe::{Explanation, Reason, Unrunnable, unrunnable};
use crate::controller::session_ref::SessionRef;
use crate::controller::update_status::{SESSION, update_conditions, update_status};
use crate::controller::{objectives, outcome, steps, undecodable};
use crate::session::validate;

/// How long after a reconcile without anything pending comes the next.
const RESYNC: (Duration, Duration) = (Duration::from_secs(300), Duration::from_secs(600));

/// Reconciles a session, and accounts for it.
pub(super) async fn reconcile(stored: Arc<Guard>, controller: Arc<Controller>) -> Result<Action, Error> {
    let session_ref = SessionRef::of(&stored);
    let started = Instant::now();
    let reconciled =
        tokio::time::timeout(RECONCILE_LIMIT, reconcile_latest(&controller, &stored, &session_ref));
    let result = reconciled.await.unwrap_or(Err(Error::TimedOut));
    outcome::record(&controller, &session_ref, result.as_ref().err(), started.elapsed());
    result
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
) -> Result<Action, Error> {
    if !controller.remember(session_ref, |memory| memory.is_superseded(SESSION, &session_ref.version)) {
        return reconcile_stored(controller, stored, session_ref).await;
    }
    let sessions = session_ref.api(&controller.client);
    match sessions.get_opt(&session_ref.key.name).await.map_err(Error::Read)? {
        Some(current) => reconcile_stored(controller, &current, &SessionRef::of(&current)).await,
        None => Ok(Action::await_change()),
    }
}

async fn reconcile_stored(
    controller: &Controller,
    stored: &Guard,
    session_ref: &SessionRef,
) -> Result<Action, Error> {
    if stored.meta().deletion_timestamp.is_some() {
        // Its children go with it; made anew they would keep it from going.
        return Ok(Action::await_change());
    }
    let requeue_after = match &stored.0 {
        Ok(object) => reconcile_object(controller, object, session_ref).await?,
        Err(invalid) => {
            let Some(raw) = undecodable::read(controller, session_ref).await? else {
                return Ok(Action::await_change());
            };
            let (stored, owned) = undecodable::observe(session_ref, &raw, invalid, Timestamp::now());
            update_conditions(controller, session_ref, &stored, &owned).await?;
            None
        }
    };
    Ok(requeue_after.map_or_else(resync, Action::requeue))
}

/// When to reconcile again although nothing happens, if there is anything pending.
async fn reconcile_object(
    controller: &Controller,
    object: &BallSession,
    session_ref: &SessionRef,
) -> Result<Option<Duration>, Error> {
    let stored = object.status.clone().unwrap_or_default();
    objectives::publish_transition(controller, session_ref, &stored);
    let session = match validate(object) {
        Ok(session) => session,
        Err(error) => {
            let explanation = Reason::InvalidSpec.with_message(error.to_string());
            let of = Unrunnable {
                run: None,
                is_bounded: object.spec.duration.is_some(),
                generation: session_ref.generation,
            };
            explain(controller, session_ref, &stored, of, &explanation).await?;
            return Ok(None);
        }
    };
    let result = steps::run(controller, session_ref, &session, &stored).await;
    if let Some(explanation) = result.as_ref().err().and_then(Error::explanation) {
        let of = Unrunnable {
            run: Some(&session.run_hash),
            is_bounded: session.duration.is_some(),
            generation: session_ref.generation,
        };
        explain(controller, session_ref, &stored, of, &explanation).await?;
    }
    result
}

/// Says in the status why a session cannot be run as it is.
async fn explain(
    controller: &Controller,
    session_ref: &SessionRef,
    stored: &BallSessionStatus,
    of: Unrunnable<'_>,
    explanation: &Explanation,
) -> Result<(), Error> {
    let owned = unrunnable(explanation, stored, of, Timestamp::now());
    Ok(update_status(controller, session_ref, stored, &owned).await?)
}

fn resync() -> Action {
    Action::requeue(between(RESYNC.0, RESYNC.1, fastrand::f64()))
}
