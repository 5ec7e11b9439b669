//! Which clients a session is to have, where that depends on the nodes there are.

use std::borrow::Cow;
use std::sync::Arc;

use crds::{BallSessionStatus, Placement};
use k8s_openapi::api::core::v1::{Pod, PodSpec};

use crate::clients::{AssignedNodes, FittingNodes, KnownNodes, NodesSeen, assign, client_pods, fitting};
use crate::controller::build::ClientPods;
use crate::controller::client_pods::{StoredRun, kept_away, server_place};
use crate::controller::context::Controller;
use crate::controller::observe::{Clock, PlacementState};
use crate::controller::session_ref::SessionRef;
use crate::run::{RunStage, WantedClients, decided, elapsed, is_stored_run};
use crate::session::Session;

/// A session whose clients are known.
pub(super) struct Placed<'a> {
    /// The session with its clients.
    pub(super) session: Cow<'a, Session>,
    /// What is to be stored of its run.
    pub(super) run: StoredRun,
    /// What is known of nodes, where its placement depends on it.
    pub(super) nodes: KnownNodes,
    /// The nodes that fit, where each client has one of its own.
    pub(super) fitting: FittingNodes,
    /// What that says about its state.
    pub(super) state: PlacementState,
    /// Who is where.
    pub(super) assigned: AssignedNodes,
}

/// Finds out which clients it is to have. Those of a run whose end is decided stay who they are.
pub(super) fn place<'a>(
    controller: &Controller,
    session_ref: &SessionRef,
    session: &'a Session,
    clients: ClientPods<'_>,
    pods: &[Arc<Pod>],
    (stored, mut run): (&BallSessionStatus, StoredRun),
    clock: Clock,
) -> Placed<'a> {
    let nodes = match session.spec.placement {
        Placement::EachNode | Placement::CrossZone => controller.watches.known_nodes(),
        _ => KnownNodes::Awaited,
    };
    let mut session = Cow::Borrowed(session);
    let each_node = session.spec.placement == Placement::EachNode;
    let scheduling = match each_node {
        true => controller.remember(session_ref, |memory| {
            memory.admitted.complete(clients.scheduling(), &clients.hash(), pods, &session)
        }),
        false => PodSpec::default(),
    };
    let mut assigned = AssignedNodes { nodes: run.record.nodes.clone(), ..AssignedNodes::default() };
    let mut found = FittingNodes::new();
    if each_node {
        let listed = nodes.listed();
        found = listed.map(|nodes| fitting(nodes, &scheduling)).unwrap_or_default();
        let is_open = session.stage == RunStage::Active && decided(&run.record).is_none();
        if listed.is_some() && is_open {
            let is_bounded = session.duration.is_some();
            let watched = client_pods(pods, &session);
            assigned = controller.remember(session_ref, |memory| {
                let seen = NodesSeen {
                    fitting: &found,
                    pods: &memory.clients.pods(watched),
                    finished: &run.finished,
                    attempts: &run.attempts,
                    // Whoever comes later might not be done before the run is given up.
                    admits: !is_bounded || elapsed(&run.record, clock.time) < session.start_deadline,
                    reuses: !is_bounded || !is_stored_run(stored, &session.run_hash),
                };
                assign(&run.record.nodes, seen, &mut memory.unfit, clock.now)
            });
        }
        run.record.nodes.clone_from(&assigned.nodes);
        let wanted = WantedClients::of_nodes(&assigned.nodes);
        if session.clients != wanted && session.stage != RunStage::Finished {
            session.to_mut().clients = wanted;
        }
    }
    let server = server_place(pods, clock.time).map(|server| server.node);
    let mut state = PlacementState::of(&session, &nodes, server, &assigned, &scheduling);
    if let Some(server) = kept_away(pods, clock.time)
        && client_pods(pods, &session).iter().any(|pod| pod.node.is_some() && pod.end.is_none())
    {
        state = state.keeping_away(&session, &server.pod, &server.why);
    }
    Placed { session, run, nodes, fitting: found, state, assigned }
}
