//! A cluster in which everything goes wrong, on virtual time: watches lag, processes die between two calls, a leader's last calls
//! come late, nodes are lost, pods fail and are deleted, the server moves, and the session changes. Whatever happened, there is
//! what shall be, and where it shall be, in the end; and at no time has the operator made two pods of a client that both run.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use crds::Placement;
use fastrand::Rng;
use jiff::Timestamp;
use serde_json::json;

use super::node::tests::nodes;
use super::*;
use crate::run::{RunStage, WantedClients};

const NODES: [&str; 3] = ["a", "b", "c"];
/// Those of the nodes.
const ZONES: [&str; NODES.len()] = ["north", "south", "south"];

/// What the API server has.
#[derive(Clone, Default)]
struct Stored {
    pods: Vec<ClientPod>,
    attempts: Attempts,
    /// Of clients that have one of their own.
    nodes: Vec<String>,
    /// Of the status.
    version: u64,
}

struct World {
    placement: Placement,
    now: Instant,
    random: Rng,
    stored: Stored,
    /// All that it had, which watches may still be about to bring.
    history: Vec<Stored>,
    /// Since when a node is not ready.
    lost: [Option<Instant>; NODES.len()],
    /// Whether a node takes pods.
    fits: [bool; NODES.len()],
    /// The place of the server's node, if it has one, and since when that is so.
    server: (Option<usize>, Instant),
    template: u32,
    clients: u32,
    created: u32,
    /// The UIDs of pods that came of calls after the end of the process that made them: nobody could know.
    came_late: BTreeSet<String>,
}

/// A process that leads, or led.
struct Process {
    tracker: Tracker,
    unfit: UnfitNodes,
    /// What its watches have, as a place in the history.
    watched: usize,
    /// Its own last write, which it has read since, of nodes.
    wrote: usize,
    /// Calls that are under way.
    late: Vec<ClientPod>,
}

impl World {
    fn chance(&mut self, percent: u32) -> bool {
        self.random.u32(..100) < percent
    }

    fn not_ready_for(&self, node: &str) -> Option<Duration> {
        let place = NODES.iter().position(|known| *known == node)?;
        let is_any_ready = self.lost.iter().any(Option::is_none);
        self.lost[place].filter(|_| is_any_ready).map(|since| self.now - since)
    }

    fn is_ready(&self, node: Option<&str>) -> bool {
        let place = node.and_then(|node| NODES.iter().position(|known| *known == node));
        place.is_none_or(|place| self.lost[place].is_none())
    }

    /// The pods of a client that run, or are about to: those on nodes that are not ready apart.
    fn running(&self, index: u32) -> Vec<&ClientPod> {
        let pods = self.stored.pods.iter();
        let running = pods.filter(|pod| pod.index == Some(index) && pod.end.is_none());
        running
            .filter(|pod| self.is_ready(pod.node.as_deref()) && !self.came_late.contains(&pod.uid))
            .collect()
    }

    fn create(&mut self, pod: &ClientPod) -> ClientPod {
        let existing = self.stored.pods.iter().find(|known| known.name == pod.name);
        if let Some(existing) = existing {
            return existing.clone();
        }
        self.created += 1;
        let made = ClientPod { uid: format!("uid-{}", self.created), ..pod.clone() };
        self.stored.pods.push(made.clone());
        made
    }

    /// As the API server does it: what has no node is gone at once.
    fn delete(&mut self, uid: &str) {
        self.stored.pods.retain(|pod| pod.uid != uid || pod.node.is_some());
        if let Some(pod) = self.stored.pods.iter_mut().find(|pod| pod.uid == uid) {
            pod.is_terminating = true;
        }
    }

    /// Scheduler, kubelets, people and accidents, in a second.
    fn live(&mut self, is_calm: bool) {
        if !is_calm {
            for place in 0..NODES.len() {
                if self.chance(3) {
                    self.lost[place] = if self.lost[place].is_some() { None } else { Some(self.now) };
                }
            }
            if self.chance(1) {
                self.template += 1;
            }
            if self.chance(2) {
                self.clients = self.random.u32(..5);
            }
            if self.placement == Placement::EachNode && self.chance(20) {
                let place = self.random.usize(..NODES.len());
                self.fits[place] = !self.fits[place];
            }
            if self.placement == Placement::CrossZone && self.chance(3) {
                self.server = (Some(self.random.usize(..NODES.len())), self.now);
            }
        }
        self.schedule_server();
        let mut pods = std::mem::take(&mut self.stored.pods);
        pods.retain_mut(|pod| {
            if pod.node.is_none() {
                let place = self.random.usize(..NODES.len());
                if self.takes(place, pod) && self.is_ready(Some(NODES[place])) && self.chance(50) {
                    pod.node = Some(NODES[place].into());
                }
                return true;
            }
            if !self.is_ready(pod.node.as_deref()) {
                return true;
            }
            pod.is_ready |= self.chance(50) && pod.end.is_none();
            if !is_calm && pod.end.is_none() && self.chance(4) {
                (pod.end, pod.is_ready, pod.is_over) = (Some(End::Failed), false, self.chance(80));
            }
            if !is_calm && self.chance(2) {
                pod.is_terminating = true;
            }
            !(pod.is_terminating && self.chance(30))
        });
        self.stored.pods = pods;
    }

    /// Whether the scheduler may bring a pod to a node.
    fn takes(&self, place: usize, pod: &ClientPod) -> bool {
        let is_its_own = pod.pinned.as_deref().is_none_or(|node| node == NODES[place]);
        self.fits[place]
            && is_its_own
            && !self.server.0.is_some_and(|server| self.is_apart_from(server, place))
    }

    /// Whether the placement keeps a client on one node and a server on the other apart.
    fn is_apart_from(&self, server: usize, place: usize) -> bool {
        match self.placement {
            Placement::CrossNode => server == place,
            Placement::CrossZone => ZONES[server] == ZONES[place],
            _ => false,
        }
    }

    /// The server leaves a node that is lost, and comes to one from which no client keeps it away.
    fn schedule_server(&mut self) {
        let (place, since) = self.server;
        match place {
            Some(place) => {
                let is_lost = self.lost[place].is_some_and(|lost| self.now - lost > Duration::from_secs(5));
                if is_lost && self.placement != Placement::Any {
                    self.server = (None, self.now);
                }
            }
            None if since < self.now && self.chance(50) => {
                let free =
                    (0..NODES.len()).find(|place| self.lost[*place].is_none() && !self.keeps_away(*place));
                if let Some(place) = free {
                    self.server = (Some(place), self.now);
                }
            }
            None => {}
        }
    }

    /// Whether a client keeps the server from a node.
    fn keeps_away(&self, place: usize) -> bool {
        let on = |pod: &ClientPod| NODES.iter().position(|node| Some(*node) == pod.node.as_deref());
        let mut clients = self.stored.pods.iter().filter(|pod| pod.end.is_none()).filter_map(on);
        clients.any(|client| self.is_apart_from(place, client))
    }

    /// For how long the scheduler has said that clients keep the server from a node.
    fn server_kept_away(&self) -> Option<Duration> {
        let (place, since) = self.server;
        let is_any = (0..NODES.len()).any(|place| self.keeps_away(place));
        (place.is_none() && is_any).then(|| self.now - since)
    }

    fn known_nodes(&self) -> KnownNodes {
        let label = |zone: &str| json!({"metadata": {"labels": {"topology.kubernetes.io/zone": zone}}});
        nodes(&NODES.into_iter().zip(ZONES.map(label)).collect::<Vec<_>>())
    }

    fn fitting(&self) -> FittingNodes {
        let fitting = (0..NODES.len()).filter(|place| self.fits[*place]);
        fitting.map(|place| (NODES[place].to_owned(), self.lost[place].is_none())).collect()
    }

    fn remember(&mut self) {
        self.history.push(self.stored.clone());
    }
}

impl Process {
    fn start(world: &World) -> Self {
        let watched = world.history.len() - 1;
        Self {
            tracker: Tracker::default(),
            unfit: UnfitNodes::default(),
            watched,
            wrote: 0,
            late: Vec::new(),
        }
    }

    /// Its watches bring some of what is new.
    fn watch(&mut self, world: &mut World, is_calm: bool) {
        let last = world.history.len() - 1;
        self.watched = if is_calm { last } else { world.random.usize(self.watched..=last) };
    }

    /// The status as it has read it.
    fn status(&self, world: &World) -> Stored {
        world.history[self.watched.max(self.wrote)].clone()
    }

    /// What to do, and the node of each client that has one of its own.
    fn plan(
        &mut self,
        world: &World,
        stored: &Stored,
        listed: Option<Vec<ClientPod>>,
    ) -> (Plan, Vec<String>) {
        let watched = world.history[self.watched].pods.clone();
        let pods = match listed {
            Some(listed) => self.tracker.listed(listed, &watched, world.now),
            None => self.tracker.pods(watched),
        };
        let template = world.template.to_string();
        let (fitting, finished) = (world.fitting(), BTreeSet::new());
        let each_node = world.placement == Placement::EachNode;
        let seen = NodesSeen {
            fitting: &fitting,
            pods: &pods,
            finished: &finished,
            attempts: &stored.attempts,
            admits: true,
            reuses: true,
        };
        let assigned = assign(&stored.nodes, seen, &mut self.unfit, world.now).nodes;
        let clients = match each_node {
            true => WantedClients::of_nodes(&assigned),
            false => WantedClients::first(world.clients),
        };
        let wanted = Wanted {
            clients: &clients,
            nodes: each_node.then_some(assigned.as_slice()),
            template: &template,
            kept: &[],
            run: None,
            stage: RunStage::Active,
            placement: world.placement,
        };
        let observed = Observed {
            pods: &pods,
            server: world
                .server
                .0
                .map(|place| ServerPlace { node: NODES[place], since: world.now - world.server.1 }),
            server_kept_away: world.server_kept_away(),
            nodes: &world.known_nodes(),
            fitting: &fitting,
            not_ready_for: &|node| world.not_ready_for(node),
            is_held: &|_| false,
            has_no_room: false,
            attempts: &stored.attempts,
            finished: &finished,
            measured: &Measured::default(),
            run_since: Timestamp::UNIX_EPOCH,
            time: Timestamp::UNIX_EPOCH,
        };
        let planned = plan(&wanted, &observed, &mut self.tracker, world.now);
        (planned, if each_node { assigned } else { Vec::new() })
    }

    /// Reconciles; whether it survives that.
    fn reconcile(&mut self, world: &mut World, is_calm: bool) -> bool {
        let stored = self.status(world);
        let Stored { attempts, version, .. } = stored.clone();
        let (mut plan, mut nodes) = self.plan(world, &stored, None);
        let is_something = !plan.creates.is_empty() || !plan.deletes.is_empty();
        if self.tracker.needs_list(is_something, world.now) {
            let live = world.stored.pods.clone();
            (plan, nodes) = self.plan(world, &stored, Some(live));
        }
        for delete in &plan.deletes {
            world.delete(&delete.uid);
            self.tracker.deleted(&delete.uid);
        }
        assert!(plan.creates.len() <= 20 && plan.deletes.len() <= 20);
        if plan.creates.is_empty() && nodes == stored.nodes {
            return true;
        }
        let next = attempts.clone().with(&plan.creates);
        if !self.tracker.has_stored(&next) || nodes != stored.nodes {
            if version != world.stored.version {
                return true;
            }
            let is_change = next != world.stored.attempts || nodes != world.stored.nodes;
            (world.stored.attempts, world.stored.version) = (next.clone(), version + u64::from(is_change));
            if nodes != world.stored.nodes {
                // What follows is remembered next.
                (world.stored.nodes, self.wrote) = (nodes.clone(), world.history.len());
            }
            self.tracker.stored(next);
        }
        for Create { index, attempt, .. } in plan.creates {
            if !is_calm && world.chance(5) {
                return false;
            }
            let template = world.template.to_string();
            let identity = Identity { session: "s", run: None, index, template: &template, attempt };
            let name = pod_name("harbor-client", identity);
            let pinned = nodes.get(usize::try_from(index).unwrap()).cloned();
            assert_eq!(pinned.as_ref(), world.stored.nodes.get(usize::try_from(index).unwrap()));
            let pod = ClientPod { name, template, node: None, pinned, ..super::tests::pod(index, attempt) };
            assert!(world.stored.attempts.of(index) >= attempt, "stored before it is created");
            if !is_calm && world.chance(5) {
                self.late.push(pod);
                return false;
            }
            let is_there = world.stored.pods.iter().any(|known| known.name == pod.name);
            let running = world.running(index);
            assert!(is_there || running.is_empty(), "{pod:?} beside {running:?}");
            let made = world.create(&pod);
            self.tracker.created(made, world.now);
        }
        true
    }
}

fn simulate(placement: Placement, seed: u64) {
    let start = Instant::now();
    let mut world = World {
        placement,
        now: start,
        random: Rng::with_seed(seed),
        stored: Stored::default(),
        history: vec![Stored::default()],
        lost: [None; NODES.len()],
        fits: [true; NODES.len()],
        server: (Some(0), start),
        template: 0,
        clients: 2,
        created: 0,
        came_late: BTreeSet::new(),
    };
    let mut leader = Process::start(&world);
    // The calls of those before that are still under way.
    let mut late: Vec<ClientPod> = Vec::new();
    let mut last_created = 0;
    for second in 0..400 {
        let is_calm = second >= 200;
        if is_calm {
            world.lost = [None; NODES.len()];
        }
        world.now += Duration::from_secs(1);
        world.live(is_calm);
        world.remember();
        leader.watch(&mut world, is_calm);
        let survives = leader.reconcile(&mut world, is_calm) && (is_calm || !world.chance(3));
        if !survives {
            late.append(&mut leader.late);
            leader = Process::start(&world);
        }
        if second % 7 == 0 {
            for pod in late.drain(..) {
                let before = world.created;
                let made = world.create(&pod);
                if world.created > before {
                    world.came_late.insert(made.uid);
                }
            }
        }
        world.remember();
        if second < 330 {
            last_created = world.created;
        }
    }
    assert_eq!(world.created, last_created, "in a converged state nothing is made: seed {seed}");
    let each_node = placement == Placement::EachNode;
    let mut pods: Vec<_> = world
        .stored
        .pods
        .iter()
        .map(|pod| {
            (pod.index.unwrap(), pod.template.clone(), pod.is_ready, pod.node.clone().filter(|_| each_node))
        })
        .collect();
    pods.sort();
    let clients: Vec<_> = match each_node {
        true => (0..).zip(&world.stored.nodes).filter(|(_, node)| !node.is_empty()).collect(),
        false => Vec::new(),
    };
    let expected: Vec<_> = match each_node {
        true => clients.iter().map(|(index, node)| (*index, Some((*node).clone()))).collect(),
        false => (0..world.clients).map(|index| (index, None)).collect(),
    };
    let expected: Vec<_> =
        expected.into_iter().map(|(index, node)| (index, world.template.to_string(), true, node)).collect();
    assert_eq!(pods, expected, "seed {seed}: {:#?}", world.stored.pods);
    if each_node {
        let mut on: Vec<_> = clients.into_iter().map(|(_, node)| node.clone()).collect();
        on.sort();
        assert_eq!(on, world.fitting().into_keys().collect::<Vec<_>>(), "seed {seed}");
    }
    let zone = |node: &str| NODES.iter().position(|known| *known == node).map(|place| ZONES[place]);
    let server = world
        .server
        .0
        .unwrap_or_else(|| panic!("seed {seed}: no node for the server: {:#?}", world.stored.pods));
    if placement == Placement::CrossZone {
        let mut zones = world.stored.pods.iter().map(|pod| pod.node.as_deref().and_then(zone));
        assert!(zones.all(|zone| zone != Some(ZONES[server])), "seed {seed}: {:#?}", world.stored.pods);
    }
    if placement == Placement::CrossNode {
        let mut nodes = world.stored.pods.iter().map(|pod| pod.node.as_deref());
        assert!(nodes.all(|node| node != Some(NODES[server])), "seed {seed}: {:#?}", world.stored.pods);
    }
    let stored = world.stored.clone();
    leader.watch(&mut world, true);
    let (plan, _) = leader.plan(&world, &stored, None);
    assert_eq!((plan.creates, plan.deletes), (Vec::new(), Vec::new()));
}

#[test]
fn whatever_happens_there_is_what_shall_be_in_the_end_and_never_two_of_a_client() {
    for seed in 0..500 {
        simulate(Placement::Any, seed);
    }
}

#[test]
fn whatever_happens_each_node_that_fits_has_one_client_in_the_end() {
    for seed in 0..500 {
        simulate(Placement::EachNode, seed);
    }
}

#[test]
fn whichever_node_is_lost_server_and_clients_are_on_different_ones_in_the_end() {
    for seed in 0..500 {
        simulate(Placement::CrossNode, seed);
    }
}

#[test]
fn wherever_the_server_goes_its_clients_are_in_another_zone_in_the_end() {
    for seed in 0..500 {
        simulate(Placement::CrossZone, seed);
    }
}
