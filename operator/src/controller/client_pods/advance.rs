//! One step towards the client pods that a session shall have: plan, store the attempts, delete and create.

use std::collections::BTreeSet;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use crds::{BallSessionStatus, Placement};
use k8s_openapi::api::core::v1::Pod;

use crate::clients::{
    ClientPod, Create, FittingNodes, KnownNodes, Observed, Plan, Wanted, Why, client_pods, plan,
};
use crate::controller::apply;
use crate::controller::build::{ClientPods, Site};
use crate::controller::client_pods::calls::{Calls, DELETE, delete_key};
use crate::controller::client_pods::server_place::{kept_away, server_place};
use crate::controller::client_pods::stored::StoredRun;
use crate::controller::client_pods::sum::PODS_LIMIT;
use crate::controller::context::Controller;
use crate::controller::error::Error;
use crate::controller::memory::Memory;
use crate::controller::observe::Clock;
use crate::controller::session_ref::SessionRef;
use crate::controller::update_status::store_run;
use crate::run::RunStage;
use crate::session::Session;

/// How soon to come again where somebody else wrote the status, or too many pods were asked for at a time.
const AGAIN: Duration = Duration::from_millis(100);

/// What a session is about to have.
pub(in crate::controller) struct Situation<'a> {
    pub(in crate::controller) session: &'a Session,
    /// What the pods are made of.
    pub(in crate::controller) clients: ClientPods<'a>,
    /// Hashes of what those that there are may be made of.
    pub(in crate::controller) templates: &'a [String],
    /// Its pods, those of its server among them.
    pub(in crate::controller) pods: &'a [Arc<Pod>],
    pub(in crate::controller) stored: &'a BallSessionStatus,
    pub(in crate::controller) run: StoredRun,
    /// What is known of nodes, where its placement depends on it.
    pub(in crate::controller) nodes: &'a KnownNodes,
    /// The nodes that fit, where each client has one of its own.
    pub(in crate::controller) fitting: &'a FittingNodes,
    /// Whether there are to be pods now.
    pub(in crate::controller) stage: RunStage,
    /// Whether pods may be created: all that has to be there before is.
    pub(in crate::controller) may_create: bool,
    /// Whether pods that are made of something else give way.
    pub(in crate::controller) may_replace: bool,
}

/// What became of it.
pub(in crate::controller) struct Advanced {
    /// What is to be stored of the run.
    pub(in crate::controller) run: StoredRun,
    /// What is stored by now, and the session as it is referred to since, where attempts were written.
    pub(in crate::controller) written: Option<(SessionRef, BallSessionStatus)>,
    /// Pods that there were are made anew, of something else.
    pub(in crate::controller) is_replaced: bool,
    /// Why pods are not as they shall be, and whether that was tried just now.
    pub(in crate::controller) refused: Option<(apply::Error, bool)>,
    /// When to go on although nothing happens.
    pub(in crate::controller) again_in: Option<Duration>,
}

/// Takes the step.
pub(in crate::controller) async fn advance(
    controller: &Controller,
    session_ref: &SessionRef,
    situation: Situation<'_>,
    clock: Clock,
) -> Result<Advanced, Error> {
    let deadline = tokio::time::Instant::now() + PODS_LIMIT;
    let calls = Calls { controller, session_ref, session: situation.session, deadline };
    let hash = situation.clients.hash();
    let (mut planned, not_listed) = planned(&calls, &situation, &hash, clock).await?;
    let server_node = server_place(situation.pods, clock.time).map(|server| server.node);
    let Situation { clients, stored, mut run, may_create, may_replace, .. } = situation;
    planned.deletes.retain(|delete| may_replace || delete.why != Why::Outdated);

    let mut creates = planned.creates;
    if !may_create {
        creates.clear();
    }
    let is_replaced = planned.deletes.iter().any(|delete| delete.why == Why::Outdated);
    let mut advanced =
        Advanced { is_replaced, again_in: planned.again_in, ..Advanced::nothing(StoredRun::default()) };
    if let Some(error) = not_listed {
        advanced.refused(error, true, AGAIN);
    }
    let held = controller.remember(session_ref, |memory| {
        let to_delete: BTreeSet<_> =
            planned.deletes.iter().chain(&planned.held).map(|delete| delete_key(&delete.uid)).collect();
        memory.refusals.retain(|child| !child.starts_with(DELETE) || to_delete.contains(child));
        let held = planned.held.first()?;
        memory.refusals.last(&delete_key(&held.uid)).cloned().zip(memory.refusals.next(clock.now))
    });
    if let Some((error, next)) = held {
        advanced.refused(error, false, next);
    }
    let deleted = calls.delete(planned.deletes).await;
    // What is refused leaves the next their turn.
    let mut is_advanced = deleted.has_done || deleted.refused.is_some();
    let mut has_left = deleted.has_left;
    if let Some(error) = deleted.refused {
        let next = controller.remember(session_ref, |memory| memory.refusals.next(Instant::now()));
        advanced.refused(error, true, next.unwrap_or(AGAIN));
    }

    let (key, now) = (create_key(situation.session), clock.now);
    let held = controller.remember(session_ref, |memory| {
        if creates.is_empty() {
            // Nothing is asked for, so that nothing is refused.
            memory.refusals.done(&key);
            return None;
        }
        memory.refusals.holds(&key, &hash, now).zip(memory.refusals.next(now))
    });
    if let Some((error, next)) = held {
        creates.clear();
        advanced.refused(error, false, next);
    }
    advanced.limit(controller, &mut creates, clock);

    let known = run.clone();
    run.attempts = run.attempts.with(&creates);
    run.finished = planned.finished;
    run.measured = planned.measured;
    // What this process has not stored itself may be outdated: where it is, this write is refused.
    let has_nodes = stored.run.as_ref().is_some_and(|stored| stored.nodes == run.record.nodes);
    // A pod is told how much is left to measure: whoever takes over has to know the same.
    let stored_measured = stored.run.as_ref().and_then(|stored| stored.measured.clone());
    let has_measured = stored_measured == run.run().measured;
    let has_stored = controller.remember(session_ref, |memory| memory.clients.has_stored(&run.attempts));
    let is_stored = has_stored && has_measured && (has_nodes || run.record.nodes.is_empty());
    if !creates.is_empty() && !is_stored {
        let to_store = StoredRun { finished: known.finished.clone(), ..run.clone() };
        advanced.written = store_run(controller, session_ref, stored, to_store.run()).await?;
        if advanced.written.is_some() {
            controller.remember(session_ref, |memory| memory.clients.stored(run.attempts.clone()));
        } else {
            creates.clear();
            run.attempts = known.attempts;
            advanced.again(AGAIN);
        }
    }
    if !creates.is_empty() {
        let at = |create: &Create| Site { node: node_of(&run.record.nodes, create.index), server_node };
        let pods = creates.iter().map(|create| clients.pod(create, at(create))).collect();
        let created = calls.create(pods).await;
        is_advanced |= created.has_done;
        has_left |= created.has_left;
        match created.refused {
            None => controller.remember(session_ref, |memory| memory.refusals.done(&key)),
            Some(error) => {
                let (retry, random) = (controller.retry, fastrand::f64());
                let next = controller.remember(session_ref, |memory| {
                    memory.refusals.refused(&key, hash, error.clone(), retry, now, random);
                    memory.refusals.next(now)
                });
                advanced.refused(error, true, next.unwrap_or(AGAIN));
            }
        }
    }
    // Where nothing could be done the rest would come to the same, again and again.
    if planned.has_more && is_advanced {
        advanced.again(Duration::ZERO);
    }
    if has_left {
        advanced.again(AGAIN);
    }
    advanced.run = run;
    Ok(advanced)
}

/// The plan, by what the watches have, or by a live list where these may lag behind what this process, or one before it, did.
/// Without an answer to that in time nothing is to be done, and the second says so.
async fn planned(
    calls: &Calls<'_>,
    situation: &Situation<'_>,
    hash: &str,
    clock: Clock,
) -> Result<(Plan, Option<apply::Error>), Error> {
    let watched = client_pods(situation.pods, situation.session);
    let (controller, session_ref) = (calls.controller, calls.session_ref);
    let (first, needs_list) = controller.remember(session_ref, |memory| {
        let pods = memory.clients.pods(watched.clone());
        let plan = situation.plan(controller, hash, &pods, memory, clock);
        let is_something = !plan.deletes.is_empty() || (situation.may_create && !plan.creates.is_empty());
        let needs_list = memory.clients.needs_list(is_something, clock.now);
        (plan, needs_list)
    });
    if !needs_list {
        return Ok((first, None));
    }
    let listed = match calls.list().await {
        Ok(listed) => listed.map_err(Error::List)?,
        Err(late) => {
            let nothing = Plan { creates: Vec::new(), deletes: Vec::new(), has_more: false, ..first };
            return Ok((nothing, Some(late)));
        }
    };
    let plan = controller.remember(session_ref, |memory| {
        let pods = memory.clients.listed(listed, &watched, clock.now);
        situation.plan(controller, hash, &pods, memory, clock)
    });
    Ok((plan, None))
}

impl Situation<'_> {
    fn plan(
        &self,
        controller: &Controller,
        hash: &str,
        pods: &[ClientPod],
        memory: &mut Memory,
        clock: Clock,
    ) -> Plan {
        let session = self.session;
        let refusals = &memory.refusals;
        let refused = refusals.last(&create_key(session));
        let wanted = Wanted {
            clients: &session.clients,
            nodes: (session.spec.placement == Placement::EachNode)
                .then_some(self.run.record.nodes.as_slice()),
            template: hash,
            kept: self.templates,
            run: session.clients_run(),
            stage: self.stage,
            placement: session.spec.placement,
        };
        let observed = Observed {
            pods,
            server: server_place(self.pods, clock.time),
            server_kept_away: kept_away(self.pods, clock.time).map(|server| server.since),
            nodes: self.nodes,
            fitting: self.fitting,
            not_ready_for: &|node| controller.watches.not_ready_for(node, clock.now),
            is_held: &|uid| refusals.holds(&delete_key(uid), "", clock.now).is_some(),
            has_no_room: refused.is_some_and(apply::Error::is_about_room),
            attempts: &self.run.attempts,
            finished: &self.run.finished,
            measured: &self.run.measured,
            run_since: self.run.record.started_at.as_ref().map_or(clock.time, |started| started.0),
            time: clock.time,
        };
        plan(&wanted, &observed, &mut memory.clients, clock.now)
    }
}

impl Advanced {
    /// Nothing is to be done.
    pub(in crate::controller) fn nothing(run: StoredRun) -> Self {
        Self { run, written: None, is_replaced: false, refused: None, again_in: None }
    }

    fn again(&mut self, time: Duration) {
        self.again_in = Some(self.again_in.map_or(time, |known| known.min(time)));
    }

    fn refused(&mut self, error: apply::Error, is_fresh: bool, again_in: Duration) {
        self.refused.get_or_insert((error, is_fresh));
        self.again(again_in);
    }

    /// Keeps all sessions together within what may be created.
    fn limit(&mut self, controller: &Controller, creates: &mut Vec<Create>, clock: Clock) {
        let wanted = u32::try_from(creates.len()).unwrap_or(u32::MAX);
        let mut budget = controller.budget.lock().unwrap_or_else(PoisonError::into_inner);
        let granted = budget.take_up_to(wanted, clock.now);
        if granted < wanted {
            creates.truncate(usize::try_from(granted).unwrap_or_default());
            self.again(AGAIN);
        }
    }
}

/// The node of a client, where it has one of its own.
fn node_of(nodes: &[String], index: u32) -> Option<&str> {
    nodes.get(usize::try_from(index).ok()?).map(String::as_str)
}

/// What pods that are refused are remembered by.
fn create_key(session: &Session) -> String {
    format!("Pod/{}", session.client_name())
}
