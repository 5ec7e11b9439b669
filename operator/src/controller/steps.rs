//! The steps of a session that makes sense: dereference, build, apply, client pods, observe, update status.

use std::time::{Duration, Instant};

use crds::BallSessionStatus;
use jiff::Timestamp;

use crate::controller::apply::{self, Tools, apply};
use crate::controller::build::{ClientPods, build};
use crate::controller::circumstances::{Circumstances, circumstances, policies};
use crate::controller::client_pods::{Advanced, Situation, StoredRun, advance, finished_in_job};
use crate::controller::context::Controller;
use crate::controller::dereference::{Dereferenced, dereference};
use crate::controller::error::Error;
use crate::controller::events::SessionEvent;
use crate::controller::expectation::{epoch, expectation};
use crate::controller::finish_run;
use crate::controller::observe::{Clock, Input, Reason, observe, refused};
use crate::controller::session_ref::SessionRef;
use crate::controller::update_status::{store_run, update_status};
use crate::run::{ClientsEnd, Progress, RunStage, clients_end, completion, is_stored_run};
use crate::session::Session;

/// How long to wait for what is notified when it happens, in case that it is not.
const PENDING: Duration = Duration::from_secs(2);

/// How soon to go on with what was stored in between.
const STORED: Duration = Duration::from_millis(100);

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
    let clients = ClientPods::of(session, &controller.settings);
    let epoch = epoch(session, &prepared, clients);
    let tools = Tools {
        client: &controller.client,
        memories: &controller.memories,
        metrics: &controller.metrics,
        retry: controller.retry,
    };
    let former_job = resources.client_job.as_ref().filter(|job| {
        job.metadata.owner_references.iter().flatten().any(|owner| owner.uid == session.owner.uid)
    });
    let had_job = former_job.is_some();
    let mut run = StoredRun::of(session, stored);
    let finished = former_job.map(|job| finished_in_job(job, session)).unwrap_or_default();
    if is_stored && !finished.is_subset(&run.finished) {
        // Before the Job goes, which alone knows it.
        run.finished.extend(finished);
        store_run(controller, session_ref, stored, run.run(session)).await?;
        return Ok(Reconciled { requeue_after: Some(STORED), refused: None });
    }
    let mut outcome = Box::pin(apply(tools, session, prepared, resources)).await;

    let clock = Clock { now: Instant::now(), time: Timestamp::now(), watching_since: controller.started };
    let (end, deadline) = clients_end(false, session.duration, run.started, clock.time);
    let situation = Situation {
        session,
        clients,
        pods: &pods,
        stored,
        run,
        stage: if end == Some(ClientsEnd::DeadlineExceeded) { RunStage::Finished } else { session.stage },
        // The pods of the Job come first, and the numbers of another run.
        may_create: begun && !had_job && outcome.may_have_clients,
    };
    let Advanced { run, written, is_replaced, refused: refused_pod, again_in } =
        Box::pin(advance(controller, session_ref, situation, clock)).await?;
    let (session_ref, stored) = match &written {
        Some((session_ref, stored)) => (session_ref, stored),
        None => (session_ref, stored),
    };
    if is_replaced {
        controller.events.publish(&session_ref.reference, clients_replaced(session));
    }
    if let Some((error, is_fresh)) = refused_pod {
        if is_fresh && outcome.failed.is_none() {
            outcome.failed = Some(error.clone());
        }
        outcome.refused.push(error);
    }

    let is_disturbed = is_replaced || outcome.is_server_changed;
    controller.reports.expect(session, expectation(session, epoch, is_disturbed, &run.finished));
    let (end, _) = clients_end(run.are_all_finished(session), session.duration, run.started, clock.time);
    let by_clients = completion(session.stage, session.duration.is_some(), end, &stored.conditions);
    let (completion, finishing) =
        finish_run::advance(controller, session_ref, session, by_clients, is_stored, clock.now);
    let generation = session_ref.generation;
    let trouble_since = controller.remember(session_ref, |memory| memory.trouble.since(generation));
    let view = controller.reports.view(&session_ref.uid);
    let Circumstances { failed_attempts, events, lost_nodes } =
        circumstances(controller, session_ref, session, &pods, &run.finished, clock).await;
    let input = Input {
        session,
        applied: &outcome.resources,
        pods: &pods,
        view: &view,
        stored,
        generation,
        completion,
        begun,
        run: run.run(session),
        finished: &run.finished,
        refused: refused(outcome.refused.iter().filter_map(apply::Error::explanation)),
        failed_attempts: &failed_attempts,
        events: &events,
        lost_nodes: &lost_nodes,
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
    let stored_again = update_status(controller, session_ref, stored, &owned).await?;

    let pending = (!begun || finishing == Progress::Pending).then_some(PENDING);
    let terminating = outcome.waiting.then_some(TERMINATING);
    let retry_in = controller.remember(session_ref, |memory| memory.refusals.next(clock.now));
    let times = [recheck, deadline, again_in, pending, terminating, retry_in, stored_again.again_in()];
    Ok(Reconciled { requeue_after: times.into_iter().flatten().min(), refused: outcome.failed })
}

fn clients_replaced(session: &Session) -> SessionEvent {
    SessionEvent {
        is_warning: false,
        action: "Replace",
        reason: "ClientsReplaced".to_owned(),
        note: format!("pods of {} are deleted and made anew, of something else", session.client_name()),
    }
}
