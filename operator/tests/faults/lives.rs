//! The operator's processes in two pods: one that ends is started again, as a kubelet does.

use std::time::Duration;

use cluster::Installation;

use crate::life::{Life, Written};
use crate::replica::Replica;
use crate::way::{Fault, Kind, drawn};

/// The pods.
pub(crate) const PODS: [&str; 2] = ["replica-a", "replica-b"];
/// Shorter than that of an installation: it is lost again and again.
const LEASE: Duration = Duration::from_secs(6);
/// Of a hundred requests so many have a fault.
const PERCENT: u8 = 15;

/// The processes.
pub(crate) struct Lives {
    now: Vec<Life>,
    /// Of processes that have ended.
    before: Vec<Written>,
    faults_before: usize,
    pub(crate) ended: usize,
    seed: u64,
    is_failing: bool,
}

impl Lives {
    /// With requests that fail by chance once all are ready.
    pub(crate) async fn begin(installation: &Installation, seed: u64) -> Self {
        let mut now = Vec::new();
        for pod in PODS {
            now.push(Life::begin(installation, pod, LEASE).await);
        }
        for life in &mut now {
            life.replica.wait_ready().await;
        }
        let before = Vec::new();
        let mut lives =
            Self { now, before, faults_before: 0, ended: 0, seed: seed * 1_000_000, is_failing: true };
        (0..PODS.len()).for_each(|number| lives.fail(number));
        lives
    }

    /// From now on requests of a process fail by chance.
    fn fail(&mut self, number: usize) {
        self.seed += 1;
        let seed = self.seed;
        let rule = move |number, request: &_| drawn(seed, PERCENT, number, Kind::of(request));
        self.now[number].way.set_rule(rule);
    }

    /// Whether the API server is away for all of them.
    pub(crate) fn set_away(&self, is_away: bool) {
        self.now.iter().for_each(|life| life.way.set_away(is_away));
    }

    /// Whoever wrote last hears nothing any more of what it does: it has to find out that its lease is over.
    pub(crate) fn cut_off_the_leader(&self) {
        let last = |life: &&Life| life.replica.proxy.writes().last().map(|write| write.at);
        let leader = self.now.iter().max_by_key(last).unwrap();
        leader.way.set_rule(|_, _| Fault::AnswerLost);
    }

    /// From now on nothing fails.
    pub(crate) fn heal(&mut self) {
        self.is_failing = false;
        self.now.iter().for_each(|life| life.way.heal());
    }

    /// Starts those again that have ended.
    pub(crate) async fn start_again(&mut self, installation: &Installation) {
        for number in 0..self.now.len() {
            if !self.now[number].replica.has_ended() {
                continue;
            }
            let life = &self.now[number];
            let pod = life.replica.pod.clone();
            self.before.extend(Written::of(&pod, &life.replica.proxy.writes()));
            self.faults_before += faults(life);
            self.ended += 1;
            self.now[number] = Life::begin(installation, &pod, LEASE).await;
            if self.is_failing {
                self.fail(number);
            }
        }
    }

    pub(crate) fn replicas(&self) -> Vec<&Replica> {
        self.now.iter().map(|life| &life.replica).collect()
    }

    /// What each of them has written.
    pub(crate) fn written(&self) -> Vec<Written> {
        let now = self.replicas().into_iter();
        let now = now.filter_map(|replica| Written::of(&replica.pod, &replica.proxy.writes()));
        self.before.iter().cloned().chain(now).collect()
    }

    /// How many requests had a fault.
    pub(crate) fn faults(&self) -> usize {
        self.faults_before + self.now.iter().map(faults).sum::<usize>()
    }

    /// The ends of their logs.
    pub(crate) fn logs(&self) -> String {
        let last_lines = |replica: &Replica| {
            let log = replica.log();
            let lines: Vec<_> = log.lines().collect();
            lines[lines.len().saturating_sub(40)..].join("\n")
        };
        self.replicas().into_iter().map(last_lines).collect::<Vec<_>>().join("\n----\n")
    }
}

fn faults(life: &Life) -> usize {
    life.way.asked().iter().filter(|asked| asked.fault != Fault::None).count()
}
