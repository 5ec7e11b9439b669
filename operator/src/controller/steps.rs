//! The steps of a session that makes sense: dereference, build, apply, observe, update status.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crds::BallSessionStatus;
use jiff::Timestamp;
use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::Pod;

use crate::controller::advance_run::advance_run;
use crate::controller::apply::{self, Tools, apply};
use crate::controller::build::build;
use crate::controller::context::Controller;
use crate::controller::dereference::{Dereferenced, dereference};
use crate::controller::error::Error;
use crate::controller::events::SessionEvent;
use crate::controller::expectation::{epoch, finished};
use crate::controller::failed_create::{CREATE_LIMIT, FailedCreate, create_time_left, last_failure};
use crate::controller::observe::{Clock, Input, count_clients, observe, ready_clients, refused};
use crate::controller::session_ref::SessionRef;
use crate::controller::update_status::update_status;
use crate::controller::{expire, images};
use crate::report_source::Expectation;
use crate::run::{Phase, Progress, RunStage, is_stored_run, job_end, with_images};
use crate::session::Session;

/// How long to wait for a child that is on its way out, in case that its end is not notified.
const TERMINATING: Duration = Duration::from_secs(5);

/// What a reconcile that was not cut short came to.
#[derive(Debug, Default)]
pub(super) struct Reconciled {
    /// When to reconcile again although nothing happens, if there is anything pending.
    pub(super) requeue_after: Option<Duration>,
    /// Why a child that was tried just now is not as it shall be.
    pub(super) refused: Option<apply::Error>,
}

/// Takes all steps.
pub(super) async fn run(
    controller: &Controller,
    session_ref: &SessionRef,
    session: &Session,
    stored: &BallSessionStatus,
) -> Result<Reconciled, Error> {
    let expires_in = expire::left(session, stored);
    if expires_in.is_some_and(|left| left.is_zero()) {
        expire::delete(controller, session_ref).await?;
        return Ok(Reconciled::default());
    }
    let begun =
        is_stored_run(stored, &session.run_hash) || controller.reports.begin_run(session) == Progress::Done;

    let Dereferenced { resources, pods } = dereference(session, &controller.watches);
    let images = images::of(controller, session_ref, session, stored, &resources);
    let prepared = build(session, &resources, &with_images(&controller.settings, &images.used));
    let epoch = epoch(&prepared);
    let tools = Tools {
        client: &controller.client,
        memories: &controller.memories,
        metrics: &controller.metrics,
        retry: controller.retry,
    };
    let outcome = apply(tools, session, prepared, resources).await;
    if outcome.job_replaced {
        controller.events.publish(&session_ref.reference, job_replaced(session));
    }

    let clock = Clock { now: Instant::now(), time: Timestamp::now(), watching_since: controller.started };
    let job = outcome.resources.client_job.as_ref();
    let view = controller.reports.view(&session_ref.uid);
    let finished = finished(session, &pods, job);
    let ready = job.map(|job| ready_clients(&pods, job, clock.time)).unwrap_or_default();
    let clients = controller
        .remember(session_ref, |memory| memory.had_media.observe(session, finished.clone(), ready, &view));
    let advanced = advance_run(controller, session_ref, session, stored, &clients, &images.next, clock);
    let is_ending = matches!(advanced.phase, Phase::Ending(_) | Phase::Over(_));
    let is_disturbed = outcome.is_disturbed;
    controller.reports.expect(session, Expectation { finished, epoch, is_disturbed, is_ending });
    let (failed_create, missing) = failed_create(controller, session_ref, session, &pods, job, clock).await;
    let generation = session_ref.generation;
    let trouble_since = controller.remember(session_ref, |memory| memory.trouble.since(generation));
    let (owned, recheck) = observe(&Input {
        session,
        applied: &outcome.resources,
        pods: &pods,
        view: &view,
        stored,
        generation,
        run: &advanced.run,
        phase: advanced.phase,
        begun,
        refused: refused(outcome.refused.iter().filter_map(apply::Error::explanation)),
        failed_create: failed_create.as_deref(),
        trouble_since,
        clock,
    });
    controller.remember(session_ref, |memory| memory.trouble.note(owned.ready(), generation, clock.now));
    let written = update_status(controller, session_ref, stored, &owned).await?;

    let is_ready = owned.ready().is_some_and(|ready| ready.status == "True");
    let server = outcome.resources.server_deployment.as_ref();
    let moving = images::observed(controller, session_ref, &images, is_ready, server);
    let is_pending = !begun || advanced.is_pending;
    let pending = controller.remember(session_ref, |memory| memory.pending.again_in(is_pending, clock.now));
    let terminating = outcome.waiting.then_some(TERMINATING);
    let deadlines = [advanced.next_in, expires_in];
    let times = [recheck, missing, pending, moving, terminating, outcome.retry_in, written.again_in()];
    let requeue_after = times.into_iter().chain(deadlines).flatten().min();
    Ok(Reconciled { requeue_after, refused: outcome.failed })
}

/// Why the Job has fewer pods than clients, and when to ask again.
async fn failed_create(
    controller: &Controller,
    session_ref: &SessionRef,
    session: &Session,
    pods: &[Arc<Pod>],
    job: Option<&Job>,
    Clock { now, time, .. }: Clock,
) -> (Option<String>, Option<Duration>) {
    let wanted = usize::try_from(session.spec.clients).unwrap_or_default();
    let Some(job) = job.filter(|job| {
        session.stage == RunStage::Active && job_end(job).is_none() && count_clients(pods, job, time) < wanted
    }) else {
        return (None, None);
    };
    if let Some(left) = create_time_left(job, time) {
        return (None, Some(left));
    }
    let known = controller.remember(session_ref, |memory| memory.failed_create.as_ref()?.holds(job, now));
    if let Some((failure, left)) = known {
        return (failure, Some(left));
    }
    let failure = last_failure(&controller.client, job, pods, time).await;
    let answer = FailedCreate::new(job, failure.clone(), now);
    controller.remember(session_ref, |memory| memory.failed_create = Some(answer));
    (failure, Some(CREATE_LIMIT))
}

fn job_replaced(session: &Session) -> SessionEvent {
    SessionEvent {
        is_warning: false,
        action: "Replace",
        reason: "JobReplaced".to_owned(),
        note: format!("Job {} cannot follow the session: it is deleted and made anew", session.client_name()),
    }
}
