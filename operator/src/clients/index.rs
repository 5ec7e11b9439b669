//! What has to be done about one client.

use std::time::{Duration, Instant};

use crds::Placement;
use jiff::Timestamp;

use crate::clients::create::Create;
use crate::clients::node::Zone;
use crate::clients::plan::{Observed, Plan, Wanted, Why};
use crate::clients::pod::ClientPod;
use crate::clients::tracker::Tracker;
use crate::timestamps::between;

/// Pods that are created, and deleted, at most in one reconcile.
pub(super) const MOST: usize = 20;

/// How long a node may be unready before its pods are replaced. Kubernetes itself waits for five minutes.
pub const LOST_AFTER: Duration = Duration::from_secs(30);

/// How long a server has to be on its node before clients are moved after it: one that fails at once moves nobody.
const SETTLED_AFTER: Duration = Duration::from_secs(5);

/// How long a server may find no node because of its clients before they make way: their nodes may be those that are left.
const KEPT_AWAY_AFTER: Duration = Duration::from_secs(10);

/// How long to wait for a pod on its way out, in case that its end is not notified.
const TERMINATING: Duration = Duration::from_secs(5);

/// Plans for one client after the other.
pub(super) struct IndexPlanner<'a> {
    pub(super) wanted: &'a Wanted<'a>,
    pub(super) observed: &'a Observed<'a>,
    pub(super) tracker: &'a mut Tracker,
    /// What all of them come to together.
    pub(super) plan: &'a mut Plan,
    pub(super) now: Instant,
}

/// What is to be thought of a pod.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    /// It does what it shall, or is about to.
    Good,
    /// It ended, although it was to go on.
    Ended,
    /// It was told to end.
    Terminating,
    /// Its node is not ready.
    Lost,
    /// It is made of something else than what is wanted now.
    Outdated,
    /// It is not where it is to be.
    Misplaced,
}

impl IndexPlanner<'_> {
    /// Adds what has to be done about the client with this index.
    pub(super) fn plan(&mut self, index: u32) {
        let (observed, now) = (self.observed, self.now);
        let mut pods: Vec<_> = observed.pods.iter().filter(|pod| pod.index == Some(index)).collect();
        // The last attempt first.
        pods.sort_by(|a, b| (b.attempt, &b.name).cmp(&(a.attempt, &a.name)));
        if self.plan.finished.contains(&index) {
            self.plan.measured.forget(index);
            // It measured for as long as it was to: the pod that did keeps its log, any other has nothing more to do.
            for pod in pods.iter().filter(|pod| !pod.has_finished(self.wanted.run)) {
                self.plan.delete(pod, if pod.end.is_some() { Why::Failed } else { Why::Superseded });
            }
            return;
        }
        let verdicts: Vec<_> = pods.iter().map(|pod| self.verdict(pod)).collect();
        let current = verdicts.iter().position(|verdict| *verdict == Verdict::Good);
        if let Some(pod) = current.map(|current| pods[current]).filter(|pod| pod.is_ready) {
            self.tracker.pace(index).has_media(pod.attempt, now);
            if self.wanted.run.is_some() {
                self.plan.measured.has_media(index, self.age(observed.time));
            }
        }
        let is_healthy =
            current.is_some_and(|current| self.tracker.pace(index).is_healthy(pods[current].attempt, now));
        self.remove(&pods, &verdicts, current, !is_healthy && !observed.has_no_room);
        let Some(current) = current else {
            self.is_over(index, pods.first().copied());
            // A pod that is lost runs on a node from which nothing comes. Any other may stream until its container ended.
            let is_in_the_way = |(pod, verdict): (&&ClientPod, &Verdict)| {
                pod.end.is_none() && !pod.never_runs && *verdict != Verdict::Lost
            };
            if pods.iter().zip(&verdicts).any(is_in_the_way) {
                self.plan.again_in(TERMINATING);
                return;
            }
            let last = pods.first().map_or(0, |pod| pod.attempt);
            return self.create(index, last);
        };
        if let Some(left) = self.tracker.pace(index).healthy_in(pods[current].attempt, now)
            && !left.is_zero()
            && pods.len() > 1
        {
            self.plan.again_in(left);
        }
    }

    fn verdict(&mut self, pod: &ClientPod) -> Verdict {
        if !self.wanted.takes(&pod.template) {
            return if pod.is_terminating && self.is_lost(pod) { Verdict::Lost } else { Verdict::Outdated };
        }
        if pod.end.is_some() {
            return Verdict::Ended;
        }
        // What belongs to its node is there again when that is: nowhere else could it be made anew.
        let stays = pod.pinned.is_some() && pod.pinned.as_deref() == self.node_of(pod);
        if !stays && self.is_lost(pod) {
            return Verdict::Lost;
        }
        if pod.is_terminating {
            return Verdict::Terminating;
        }
        if self.is_misplaced(pod) {
            return Verdict::Misplaced;
        }
        Verdict::Good
    }

    /// Whether the node of a pod has not been ready for too long.
    fn is_lost(&mut self, pod: &ClientPod) -> bool {
        let Some(lasted) = pod.node.as_deref().and_then(self.observed.not_ready_for) else { return false };
        let left = LOST_AFTER.saturating_sub(lasted);
        if !left.is_zero() {
            self.plan.again_in(left);
        }
        left.is_zero()
    }

    /// The node that a pod is to run on, where its client has one of its own.
    fn node_of(&self, pod: &ClientPod) -> Option<&str> {
        pod.index.and_then(|index| self.wanted.node_of(index))
    }

    /// Whether a pod is where its placement forbids it to be: its server came to another node, or its client is another node's.
    /// The scheduler cares only for pods that have no node yet.
    fn is_misplaced(&mut self, pod: &ClientPod) -> bool {
        if self.wanted.placement == Placement::EachNode {
            return pod.pinned.as_deref() != self.node_of(pod);
        }
        let Some(node) = pod.node.as_deref() else { return false };
        let Some(server) = self.observed.server else { return self.keeps_server_away(node) };
        let is_misplaced = match self.wanted.placement {
            Placement::SameNode => node != server.node,
            Placement::CrossNode => node == server.node,
            Placement::CrossZone => self.is_in_zone_of(server.node, node, pod),
            Placement::Spread | Placement::Any | Placement::EachNode => false,
        };
        let left = SETTLED_AFTER.saturating_sub(server.since);
        if is_misplaced && !left.is_zero() {
            self.plan.again_in(left);
        }
        is_misplaced && left.is_zero()
    }

    /// Whether a pod on `node` has kept its server from all nodes that are left for long enough: the scheduler brings a server to
    /// none on which, or in whose zone, one of its clients must not be beside it.
    fn keeps_server_away(&mut self, node: &str) -> bool {
        let is_apart = matches!(self.wanted.placement, Placement::CrossNode | Placement::CrossZone);
        let Some(lasted) = self.observed.server_kept_away.filter(|_| is_apart) else { return false };
        // To where nothing can go, nothing is in the way.
        if (self.observed.not_ready_for)(node).is_some() {
            return false;
        }
        let left = KEPT_AWAY_AFTER.saturating_sub(lasted);
        if !left.is_zero() {
            self.plan.again_in(left);
        }
        left.is_zero()
    }

    /// Whether a pod on `node` is in the zone of the server's node, or in none. Where zones are not known, a server that came to
    /// another node since may have come to its clients' zone.
    fn is_in_zone_of(&self, server: &str, node: &str, pod: &ClientPod) -> bool {
        match (self.observed.nodes.zone(server), self.observed.nodes.zone(node)) {
            (Zone::Named(server), Zone::Named(zone)) => server == zone,
            (Zone::Named(_), Zone::Unlabelled) => true,
            (Zone::Unlabelled, _) => false,
            (Zone::Unknown, _) | (_, Zone::Unknown) => {
                pod.server_node.as_deref().is_some_and(|before| before != server)
            }
        }
    }

    /// Deletes all pods but the current one, and where a log is to be kept the last that failed.
    fn remove(
        &mut self,
        pods: &[&ClientPod],
        verdicts: &[Verdict],
        current: Option<usize>,
        mut keeps_log: bool,
    ) {
        for (number, (pod, verdict)) in pods.iter().zip(verdicts).enumerate() {
            let why = match verdict {
                Verdict::Good if Some(number) == current => continue,
                Verdict::Good => Why::Superseded,
                Verdict::Terminating => continue,
                // Until the current one has proved itself: it says why it failed.
                Verdict::Ended if pod.is_over && keeps_log => {
                    keeps_log = false;
                    continue;
                }
                Verdict::Ended => Why::Failed,
                Verdict::Lost => Why::NodeLost,
                Verdict::Outdated => {
                    self.tracker.dismiss(pod);
                    // What is made of something else measures something else; what was before it is forgotten already.
                    if let Some(index) = pod.index.filter(|_| number == 0) {
                        self.plan.measured.forget(index);
                    }
                    Why::Outdated
                }
                Verdict::Misplaced => Why::Misplaced,
            };
            self.plan.delete(pod, why);
        }
    }

    /// Counts what the last attempt of a client has measured that is over. Until when it had media is known to the process that
    /// saw it, and else stands in `pod`, its own, if that is still there.
    fn is_over(&mut self, index: u32, pod: Option<&ClientPod>) {
        let attempt = self.observed.attempts.of(index).max(self.tracker.seen(index));
        let until = if self.tracker.pace(index).has_seen_media(attempt) {
            Some(self.observed.time)
        } else {
            pod.filter(|pod| pod.attempt == attempt).and_then(|pod| pod.ended_at)
        };
        let age = until.map(|until| self.age(until));
        self.plan.measured.is_over(index, age);
    }

    /// How long before `time` the run began.
    fn age(&self, time: Timestamp) -> Duration {
        between(self.observed.run_since, time)
    }

    /// Whether no node is known that a client may be on: its own does not fit at the moment, or the server is in no zone.
    fn has_no_place(&self, index: u32) -> bool {
        let observed = self.observed;
        match self.wanted.placement {
            Placement::EachNode => {
                let node = self.wanted.node_of(index);
                node.is_none_or(|node| !observed.fitting.contains_key(node))
            }
            Placement::CrossZone => {
                let zone = observed.server.map(|server| observed.nodes.zone(server.node));
                zone == Some(Zone::Unlabelled)
            }
            Placement::Spread | Placement::Any | Placement::CrossNode | Placement::SameNode => false,
        }
    }

    /// Creates the next pod of a client that has none, when it is time. `last` is the last attempt of which there still is a pod.
    fn create(&mut self, index: u32, last: u32) {
        let (observed, now) = (self.observed, self.now);
        // Whoever is to be near the server, or away from it, waits for it to be somewhere: scheduled at once, both might come to
        // the same node, or a client could take the only one that the server fits on.
        if self.wanted.placement != Placement::Any && observed.server.is_none() {
            return;
        }
        if self.has_no_place(index) {
            return;
        }
        let (stored, seen) = (observed.attempts.of(index), self.tracker.seen(index).max(last));
        // What is stored and was never seen was about to be created when its process ended: it may be created still, by a call
        // that is under way, and must be the same pod then.
        let is_known = stored <= seen;
        if is_known && seen > 0 {
            self.tracker.pace(index).failed(seen, now);
        }
        let pace = self.tracker.pace(index);
        let wait = pace.wait(now);
        if !wait.is_zero() {
            return self.plan.again_in(wait);
        }
        if self.plan.creates.len() >= MOST {
            self.plan.has_more = true;
            return;
        }
        let attempt = if is_known { seen.saturating_add(1) } else { stored };
        let measured = self.plan.measured.before(index);
        self.plan.creates.push(Create { index, attempt, measured });
    }
}
