//! A cluster in which everything goes wrong, on virtual time: watches lag, processes die between two calls, a leader's last calls
//! come late, nodes are lost, pods fail and are deleted, and the session changes. Whatever happened, there is what shall be in
//! the end; and at no time has the operator made two pods of a client that both run.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use crds::Placement;
use fastrand::Rng;
use jiff::Timestamp;

use super::*;
use crate::run::RunStage;

const NODES: [&str; 3] = ["a", "b", "c"];

/// What the API server has.
#[derive(Clone, Default)]
struct Stored {
    pods: Vec<ClientPod>,
    attempts: Attempts,
    /// Of the status.
    version: u64,
}

struct World {
    now: Instant,
    random: Rng,
    stored: Stored,
    /// All that it had, which watches may still be about to bring.
    history: Vec<Stored>,
    /// Since when a node is not ready.
    lost: [Option<Instant>; NODES.len()],
    template: u32,
    clients: u32,
    created: u32,
    /// The UIDs of pods that came of calls after the end of the process that made them: nobody could know.
    came_late: BTreeSet<String>,
}

/// A process that leads, or led.
struct Process {
    tracker: Tracker,
    /// What its watches have, as a place in the history.
    watched: usize,
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
        }
        let mut pods = std::mem::take(&mut self.stored.pods);
        pods.retain_mut(|pod| {
            if pod.node.is_none() {
                let node = NODES[self.random.usize(..NODES.len())];
                if self.is_ready(Some(node)) && self.chance(50) {
                    pod.node = Some(node.into());
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

    fn remember(&mut self) {
        self.history.push(self.stored.clone());
    }
}

impl Process {
    fn start(world: &World) -> Self {
        Self { tracker: Tracker::default(), watched: world.history.len() - 1, late: Vec::new() }
    }

    /// Its watches bring some of what is new.
    fn watch(&mut self, world: &mut World, is_calm: bool) {
        let last = world.history.len() - 1;
        self.watched = if is_calm { last } else { world.random.usize(self.watched..=last) };
    }

    fn plan(&mut self, world: &World, attempts: &Attempts, listed: Option<Vec<ClientPod>>) -> Plan {
        let watched = world.history[self.watched].pods.clone();
        let pods = match listed {
            Some(listed) => self.tracker.listed(listed, &watched, world.now),
            None => self.tracker.pods(watched),
        };
        let template = world.template.to_string();
        let wanted = Wanted {
            clients: world.clients,
            template: &template,
            run: None,
            stage: RunStage::Active,
            placement: Placement::Any,
        };
        let observed = Observed {
            pods: &pods,
            server: None,
            not_ready_for: &|node| world.not_ready_for(node),
            is_held: &|_| false,
            has_no_room: false,
            attempts,
            finished: &BTreeSet::new(),
            measured: &Measured::default(),
            run_since: Timestamp::UNIX_EPOCH,
            time: Timestamp::UNIX_EPOCH,
        };
        plan(&wanted, &observed, &mut self.tracker, world.now)
    }

    /// Reconciles; whether it survives that.
    fn reconcile(&mut self, world: &mut World, is_calm: bool) -> bool {
        let Stored { attempts, version, .. } = world.history[self.watched].clone();
        let mut plan = self.plan(world, &attempts, None);
        let is_something = !plan.creates.is_empty() || !plan.deletes.is_empty();
        if self.tracker.needs_list(is_something, world.now) {
            let live = world.stored.pods.clone();
            plan = self.plan(world, &attempts, Some(live));
        }
        for delete in &plan.deletes {
            world.delete(&delete.uid);
            self.tracker.deleted(&delete.uid);
        }
        assert!(plan.creates.len() <= 20 && plan.deletes.len() <= 20);
        if plan.creates.is_empty() {
            return true;
        }
        let next = attempts.clone().with(&plan.creates);
        if !self.tracker.has_stored(&next) {
            if version != world.stored.version {
                return true;
            }
            let is_change = next != world.stored.attempts;
            (world.stored.attempts, world.stored.version) = (next.clone(), version + u64::from(is_change));
            self.tracker.stored(next);
        }
        for Create { index, attempt, .. } in plan.creates {
            if !is_calm && world.chance(5) {
                return false;
            }
            let template = world.template.to_string();
            let identity = Identity { session: "s", run: None, index, template: &template, attempt };
            let name = pod_name("harbor-client", identity);
            let pod = ClientPod { name, template, node: None, ..super::tests::pod(index, attempt) };
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

fn simulate(seed: u64) {
    let mut world = World {
        now: Instant::now(),
        random: Rng::with_seed(seed),
        stored: Stored::default(),
        history: vec![Stored::default()],
        lost: [None; NODES.len()],
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
    let mut pods: Vec<_> = world
        .stored
        .pods
        .iter()
        .map(|pod| (pod.index.unwrap(), pod.template.clone(), pod.is_ready))
        .collect();
    pods.sort();
    let expected: Vec<_> =
        (0..world.clients).map(|index| (index, world.template.to_string(), true)).collect();
    assert_eq!(pods, expected, "seed {seed}: {:#?}", world.stored.pods);
    let attempts = world.stored.attempts.clone();
    leader.watch(&mut world, true);
    let plan = leader.plan(&world, &attempts, None);
    assert_eq!((plan.creates, plan.deletes), (Vec::new(), Vec::new()));
}

#[test]
fn whatever_happens_there_is_what_shall_be_in_the_end_and_never_two_of_a_client() {
    for seed in 0..500 {
        simulate(seed);
    }
}
