//! The steps of a session that makes sense: dereference, build, apply, client pods, observe, update status.

use std::time::{Duration, Instant};

use crds::BallSessionStatus;
use jiff::Timestamp;

use crate::controller::adoption::Adopted;
use crate::controller::advance_run::{MadeOf, advance_run, record};
use crate::controller::apply::{self, Tools, apply};
use crate::controller::build::{self, ClientPods, build};
use crate::controller::circumstances::{events, failed_attempts, lost_nodes, policies, zones};
use crate::controller::client_pods::{Advanced, Situation, StoredRun, advance, with_finished};
use crate::controller::context::Controller;
use crate::controller::dereference::{Dereferenced, dereference};
use crate::controller::drill::{DrillSituation, Drilling, drill};
use crate::controller::epoch::epoch;
use crate::controller::error::Error;
use crate::controller::events::SessionEvent;
use crate::controller::images::Images;
use crate::controller::observe::{Clock, Input, ObservedPods, Reason, observe, refused};
use crate::controller::place::place;
use crate::controller::reached::Reached;
use crate::controller::session_ref::SessionRef;
use crate::controller::templates::{Found, Templates};
use crate::controller::update_status::{store_run, update_status};
use crate::controller::{expire, moves};
use crate::report_source::Expectation;
use crate::run::{
    Drilled, Move, Outcome, Phase, Progress, RunStage, decided, is_archived, is_stored_run, with_images,
};
use crate::session::Session;
use crate::timestamps::between;

/// How soon to go on with what was stored in between.
const STORED: Duration = Duration::from_millis(100);

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
    // The run before goes to the history first, and only then its numbers go.
    let begun = is_stored_run(stored, &session.run_hash)
        || (is_archived(stored, &session.run_hash)
            && controller.reports.begin_run(session) == Progress::Done);

    let Dereferenced { resources, pods } = dereference(session, &controller.watches);
    let adopted = Adopted::of(session_ref, session, stored, &resources, &pods, &controller.watches);
    let images = Images::of(session, &controller.settings, stored, &resources);
    let settings = with_images(&controller.settings, &images.used);
    let report_ca = controller.report_ca.borrow().clone();
    let prepared = build(session, &resources, &settings, report_ca.as_deref());
    let clients = ClientPods::of(session, &settings);
    let found = Found { resources: &resources, pods: &pods, adoption: adopted.adoption };
    let templates = Templates::of(session_ref, session, stored, found, &prepared, clients);
    let templates = controller.remember(session_ref, |memory| templates.unless_made(&mut memory.made));
    let is_outdated = images.are_outdated() || templates.are_outdated() || adopted.adoption.is_any();
    let moves = moves::of(controller, session_ref, session, is_outdated, templates.has_turn);
    let made_of = MadeOf { images: &images, templates: &templates, moves };
    let prepared = build::adopted(prepared, session, &resources, adopted.adoption);
    let prepared = if templates.keeps_server { build::with_server_as_it_is(prepared) } else { prepared };
    let tools = Tools {
        client: &controller.client,
        memories: &controller.memories,
        metrics: &controller.metrics,
        retry: controller.retry,
    };
    let former_job = resources.client_job.as_ref().filter(|job| session.owns(*job));
    let had_job = former_job.is_some();
    let had_working_job = former_job.is_some_and(|job| job.metadata.deletion_timestamp.is_none());
    let present =
        || Clock { now: Instant::now(), time: Timestamp::now(), watching_since: controller.started };
    if let Some(job) = former_job.filter(|_| is_stored_run(stored, &session.run_hash)) {
        let run = StoredRun::of(session, stored, record(session, stored, made_of, &adopted, present()));
        if let Some(run) = with_finished(run, job, session) {
            store_run(controller, session_ref, stored, run.run()).await?;
            return Ok(Reconciled { requeue_after: Some(STORED), refused: None });
        }
    }
    let mut outcome = Box::pin(apply(tools, session, prepared, resources)).await;

    // Each of them would make its own clients, and delete the other's.
    let is_shared = outcome.refused.iter().any(apply::Error::is_about_another_operator);

    let clock = present();
    let record = record(session, stored, made_of, &adopted, clock);
    let is_given_up = decided(&record).is_some_and(Outcome::is_failure);
    let run = StoredRun::of(session, stored, record);
    let placed = place(controller, session_ref, session, clients, &pods, (stored, run), clock);
    let session = &*placed.session;
    let situation = Situation {
        session,
        clients,
        templates: templates.of_clients(),
        pods: &pods,
        stored,
        run: placed.run,
        nodes: &placed.nodes,
        fitting: &placed.fitting,
        // Of a run that was given up nobody is wanted any more.
        stage: if is_given_up { RunStage::Finished } else { session.stage },
        // The pods of the Job come first, and the numbers of another run.
        may_create: begun && !had_job && outcome.may_have_clients && !is_shared,
        may_replace: !is_shared,
    };
    // As long as the Job is there, adopted or not to be deleted, its pods are its business: it would make them anew.
    let has_job = outcome.resources.client_job.is_some();
    let is_jobs = session.stage != RunStage::Finished && has_job;
    let advanced = match is_jobs {
        true => Advanced::nothing(situation.run),
        false => Box::pin(advance(controller, session_ref, situation, clock)).await?,
    };
    let Advanced { run, written, is_replaced, refused: refused_pod, again_in } = advanced;
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

    let events = events(controller, session_ref, session, &pods, clock).await;
    let job = adopted.job.as_deref();
    let observed = ObservedPods::of(&pods, session, job, &run.finished, &events, clock.time);
    let view = controller.reports.view(&session_ref.uid);
    let clients = controller.remember(session_ref, |memory| {
        memory.had_media.observe(session, run.finished.clone(), observed.ready_indexes(), &view)
    });
    let mut advanced = advance_run(controller, session_ref, session, stored, &run.run(), &clients, clock);
    let reached = Reached::of(session, outcome.resources.media_service.as_ref(), &pods);
    let ready = observed.ready_indexes();
    let situation = DrillSituation {
        session,
        stored,
        run: &advanced.run,
        phase: advanced.phase,
        pods: &pods,
        finished: &run.finished,
        ready: &ready,
        is_undisturbed: begun
            && !is_replaced
            && !outcome.is_server_changed
            && moves != Move::Now
            && !templates.has_turn
            && !is_jobs,
    };
    let drilling = Box::pin(drill(controller, session_ref, situation, clock)).await?;
    let Drilling { run: drilled_run, written, next_in: drill_in, failed: not_drilled } = drilling;
    advanced.run = drilled_run;
    let (session_ref, stored) = match &written {
        Some((session_ref, stored)) => (session_ref, stored),
        None => (session_ref, stored),
    };
    let zones = zones(controller, &observed);
    let expectation = Expectation {
        finished: run.finished.clone(),
        epoch: epoch(session, &templates, &advanced.run),
        is_disturbed: is_replaced || outcome.is_server_changed || (had_working_job && !has_job),
        is_ending: matches!(advanced.phase, Phase::Ending(_) | Phase::Over(_)),
        advertise: reached.to_advertise(),
        drilled: Drilled::of(&advanced.run)
            .and_then(|drilled| clock.now.checked_sub(between(drilled.at, clock.time))),
        zones: zones.clone(),
    };
    controller.reports.expect(session, expectation);
    let generation = session_ref.generation;
    let trouble_since = controller.remember(session_ref, |memory| memory.trouble.since(generation));
    let failed_attempts = failed_attempts(controller, session_ref, &observed, clock);
    let lost_nodes = lost_nodes(controller, &observed);
    let input = Input {
        session,
        applied: &outcome.resources,
        pods: &observed,
        view: &view,
        stored,
        generation,
        run: &advanced.run,
        phase: advanced.phase,
        begun,
        refused: refused(outcome.refused.iter().filter_map(apply::Error::explanation)),
        failed_attempts: &failed_attempts,
        placement: &placed.state,
        reached: &reached,
        lost_nodes: &lost_nodes,
        zones: &zones,
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

    let is_ready = owned.ready().is_some_and(|ready| ready.status == "True");
    let server = outcome.resources.server_deployment.as_ref();
    let moving = moves::observed(controller, session_ref, moves, is_ready, server);
    let is_pending = !begun || advanced.is_pending;
    let pending = controller.remember(session_ref, |memory| memory.pending.again_in(is_pending, clock.now));
    let terminating = outcome.waiting.then_some(TERMINATING);
    let retry_in = controller.remember(session_ref, |memory| memory.refusals.next(clock.now));
    let deadlines = [advanced.next_in, expires_in, adopted.again_in, drill_in];
    let unfit = placed.assigned.again_in;
    let times = [recheck, again_in, pending, moving, terminating, retry_in, unfit, stored_again.again_in()];
    let requeue_after = times.into_iter().chain(deadlines).flatten().min();
    match not_drilled {
        Some(error) => Err(error),
        None => Ok(Reconciled { requeue_after, refused: outcome.failed }),
    }
}

fn clients_replaced(session: &Session) -> SessionEvent {
    SessionEvent {
        is_warning: false,
        action: "Replace",
        reason: "ClientsReplaced".to_owned(),
        note: format!("pods of {} are deleted and made anew, of something else", session.client_name()),
    }
}
