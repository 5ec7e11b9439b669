//! Brings a session's run up to date: its life, what it needs of the reports at its end, and what it is made of.

use std::time::Duration;

use crds::contract::READY;
use crds::{BallSessionStatus, Placement, PodTemplates, Run, RunImages};

use crate::conditions::find;
use crate::controller::adoption::Adopted;
use crate::controller::context::Controller;
use crate::controller::images::Images;
use crate::controller::observe::Clock;
use crate::controller::session_ref::SessionRef;
use crate::controller::templates::Templates;
use crate::run::{
    Facts, Limits, Move, ObservedClients, Phase, Progress, Request, RunStage, advance, is_stored_run, over,
    stored_run,
};
use crate::session::Session;
use crate::timestamps::stored_time;

/// A run that is up to date.
pub(super) struct AdvancedRun {
    /// As it is to be stored.
    pub(super) run: Run,
    pub(super) phase: Phase,
    /// When its next deadline passes.
    pub(super) next_in: Option<Duration>,
    /// Whether something is still to be asked of the reports.
    pub(super) is_pending: bool,
}

/// What the pods of a run are made of, and whether it moves to what this operator makes.
#[derive(Clone, Copy)]
pub(super) struct MadeOf<'a> {
    pub(super) images: &'a Images,
    pub(super) templates: &'a Templates,
    pub(super) moves: Move,
}

/// Brings `run` up to date with what was observed of its clients.
pub(super) fn advance_run(
    controller: &Controller,
    session_ref: &SessionRef,
    session: &Session,
    stored: &BallSessionStatus,
    run: &Run,
    clients: &ObservedClients,
    clock: Clock,
) -> AdvancedRun {
    let is_stored = is_stored_run(stored, &session.run_hash);
    if session.stage == RunStage::Finished {
        let run = stored.run.clone().unwrap_or_default();
        return AdvancedRun { run, phase: over(&stored.conditions), next_in: None, is_pending: false };
    }
    let not_ready = find(&stored.conditions, READY).filter(|ready| is_stored && ready.status != "True");
    let not_ready = not_ready.map(|ready| format!("{}: {}", ready.reason, ready.message));
    let advanced = advance(&Facts {
        run,
        limits: session.duration.map(|duration| Limits { duration, start_deadline: session.start_deadline }),
        stage: session.stage,
        clients,
        not_ready: not_ready.as_deref(),
        now: clock.time,
    });
    let mut run = advanced.run;
    let request = controller.remember(session_ref, |memory| {
        memory.end.request(advanced.phase, &session.run_hash, is_stored, clock.now)
    });
    let progress = match request {
        Request::Nothing => Progress::Done,
        Request::Begin => Progress::Pending,
        Request::Finish(end) => controller.reports.finish_run(session, end, clock.now),
        Request::Continue => controller.reports.continue_run(session),
    };
    if (request, progress) == (Request::Continue, Progress::Done) {
        controller.remember(session_ref, |memory| memory.end.clear());
    }
    if matches!(request, Request::Finish(_)) {
        run.judged_by = Some(session.judged_by());
    }
    let (phase, progress) = request.concluded(advanced.phase, progress);
    let is_pending = progress == Progress::Pending;
    AdvancedRun { run, phase, next_in: advanced.next_in, is_pending }
}

/// The run as it is stored, or as it begins; with what a version before did not store of it, what its pods are made of, and
/// what stays as that version made it.
pub(super) fn record(
    session: &Session,
    stored: &BallSessionStatus,
    made_of: MadeOf<'_>,
    adopted: &Adopted,
    clock: Clock,
) -> Run {
    let MadeOf { images, templates, moves } = made_of;
    let known = stored_run(stored, &session.run_hash).cloned();
    // Of whatever run a client is, it stays with its node.
    let nodes = || stored.run.as_ref().map(|run| run.nodes.clone()).unwrap_or_default();
    let begun = || Run { hash: session.run_hash.clone(), nodes: nodes(), ..Run::default() };
    let mut run = known.unwrap_or_else(begun);
    if session.spec.placement != Placement::EachNode {
        run.nodes.clear();
    }
    run.name.clone_from(&session.run_name);
    run.spec.get_or_insert_with(|| session.measured.clone());
    // Of a run that is adopted it is not known who has had media: its time to start begins now.
    run.started_at.get_or_insert_with(|| stored_time(clock.time));
    let next = if moves == Move::Now { &images.default } else { &images.used };
    run.images = Some(next).filter(|images| **images != RunImages::default()).cloned();
    let templates = templates.to_store(session, moves, clock.time);
    run.pod_templates = Some(templates).filter(|templates| *templates != PodTemplates::default());
    run.adopted = adopted.asked.clone().filter(|_| moves != Move::Now);
    run
}
