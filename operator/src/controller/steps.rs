//! The steps of a session that makes sense: dereference, build, apply, observe, update status.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crds::BallSessionStatus;
use jiff::Timestamp;
use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::Pod;

use crate::controller::apply::{self, Tools, apply};
use crate::controller::build::build;
use crate::controller::circumstances::{Circumstances, circumstances, policies};
use crate::controller::context::Controller;
use crate::controller::dereference::{Dereferenced, dereference};
use crate::controller::error::Error;
use crate::controller::events::SessionEvent;
use crate::controller::expectation::{epoch, expectation};
use crate::controller::failed_create::{CREATE_LIMIT, FailedCreate, create_time_left, last_failure};
use crate::controller::finish_run;
use crate::controller::observe::{Clock, Input, Reason, count_clients, observe, refused};
use crate::controller::session_ref::SessionRef;
use crate::controller::update_status::update_status;
use crate::run::{Progress, RunStage, completion, is_stored_run, job_end};
use crate::session::Session;

/// How long to wait for what is notified when it happens, in case that it is not.
const PENDING: Duration = Duration::from_secs(2);

/// The same for a child that is on its way out.
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
    let is_stored = is_stored_run(stored, &session.run_hash);
    let begun = is_stored || controller.reports.begin_run(session) == Progress::Done;

    let Dereferenced { resources, pods } = dereference(session, &controller.watches);
    let prepared = build(session, &resources, &controller.settings);
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
    controller.reports.expect(session, expectation(session, epoch, outcome.is_disturbed, &pods, job));
    let by_job =
        completion(session.stage, session.duration.is_some(), job.and_then(job_end), &stored.conditions);
    let (completion, finishing) =
        finish_run::advance(controller, session_ref, session, by_job, is_stored, clock.now);
    let (failed_create, missing) = failed_create(controller, session_ref, session, &pods, job, clock).await;
    let generation = session_ref.generation;
    let trouble_since = controller.remember(session_ref, |memory| memory.trouble.since(generation));
    let view = controller.reports.view(&session_ref.uid);
    let Circumstances { failed_attempts, events } =
        circumstances(controller, session_ref, &pods, job, clock).await;
    let input = Input {
        session,
        applied: &outcome.resources,
        pods: &pods,
        view: &view,
        stored,
        generation,
        completion,
        begun,
        refused: refused(outcome.refused.iter().filter_map(apply::Error::explanation)),
        failed_create: failed_create.as_deref(),
        failed_attempts: &failed_attempts,
        events: &events,
        lost_nodes: &BTreeMap::new(),
        policies: None,
        trouble_since,
        clock,
    };
    let (mut owned, mut recheck) = observe(&input);
    if owned.ready().is_some_and(|ready| Reason::is_about_network_named(&ready.reason)) {
        let policies = policies(controller, session_ref, session, &pods, clock).await;
        (owned, recheck) = observe(&Input { policies: policies.as_deref(), ..input });
    }
    controller.remember(session_ref, |memory| memory.trouble.note(owned.ready(), generation, clock.now));
    let written = update_status(controller, session_ref, stored, &owned).await?;

    let pending = (!begun || finishing == Progress::Pending).then_some(PENDING);
    let terminating = outcome.waiting.then_some(TERMINATING);
    let times = [recheck, missing, pending, terminating, outcome.retry_in, written.again_in()];
    Ok(Reconciled { requeue_after: times.into_iter().flatten().min(), refused: outcome.failed })
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
