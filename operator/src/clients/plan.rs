//! What is wanted of a session's client pods, what there is, and what has to be done.

use std::collections::BTreeSet;
use std::time::Duration;

use crds::Placement;
use jiff::Timestamp;

use crate::clients::attempts::Attempts;
use crate::clients::create::Create;
use crate::clients::fitting::FittingNodes;
use crate::clients::measured::Measured;
use crate::clients::node::KnownNodes;
use crate::clients::pod::ClientPod;
use crate::run::{RunStage, WantedClients};

/// What is wanted.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// Which clients.
    pub clients: &'a WantedClients,
    /// Their nodes by index, where each has one of its own.
    pub nodes: Option<&'a [String]>,
    /// The hash of what their pods are made of.
    pub template: &'a str,
    /// Hashes of what those may be made of that there are, beside that.
    pub kept: &'a [String],
    /// The run, if it is bounded: its clients may finish.
    pub run: Option<&'a str>,
    /// Whether there are to be pods now. Of a run that is over those stay that are done.
    pub stage: RunStage,
    /// Where they are to run relative to the server.
    pub placement: Placement,
}

/// What there is.
#[derive(Clone, Copy)]
pub struct Observed<'a> {
    /// The pods of the session's clients.
    pub pods: &'a [ClientPod],
    /// Where its server is, once it has a node.
    pub server: Option<ServerPlace<'a>>,
    /// For how long no node has taken its server because of where pods are that keep it away.
    pub server_kept_away: Option<Duration>,
    /// What is known of nodes, where the placement depends on it.
    pub nodes: &'a KnownNodes,
    /// The nodes that fit, where each client has one of its own.
    pub fitting: &'a FittingNodes,
    /// For how long a node has not been ready; `None` of one that is, or that nothing is known of.
    pub not_ready_for: &'a dyn Fn(&str) -> Option<Duration>,
    /// Whether the pod with this UID was not deleted just now, although that was asked for.
    pub is_held: &'a dyn Fn(&str) -> bool,
    /// Whether there is no room for another pod: then no log of a client that failed is kept.
    pub has_no_room: bool,
    /// The attempts that are stored.
    pub attempts: &'a Attempts,
    /// The clients of this run that are stored as done.
    pub finished: &'a BTreeSet<u32>,
    /// For how long the clients of this run have measured, as it is stored.
    pub measured: &'a Measured,
    /// When this run began.
    pub run_since: Timestamp,
    /// What the clock shows by which runs are timed.
    pub time: Timestamp,
}

/// Where a server is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ServerPlace<'a> {
    /// Its node.
    pub node: &'a str,
    /// For how long it has been there.
    pub since: Duration,
}

/// What has to be done.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// Pods to create, once their attempts are stored.
    pub creates: Vec<Create>,
    /// Pods to delete.
    pub deletes: Vec<Delete>,
    /// Pods that are to be deleted later, because that was refused.
    pub held: Vec<Delete>,
    /// The clients of this run that are done, whether their pods are still there or not.
    pub finished: BTreeSet<u32>,
    /// For how long the clients of this run have measured that are not done.
    pub measured: Measured,
    /// There is more to do than this, at once after it. Where nothing of this can be done, nothing of that can be either.
    pub has_more: bool,
    /// When to plan again although nothing happens.
    pub again_in: Option<Duration>,
}

impl Wanted<'_> {
    /// Whether a pod of this template is one that is wanted.
    pub(super) fn takes(&self, template: &str) -> bool {
        template == self.template || self.kept.iter().any(|kept| kept == template)
    }

    /// The node that a client is to run on, where it has one of its own.
    pub(super) fn node_of(&self, index: u32) -> Option<&str> {
        let node = self.nodes?.get(usize::try_from(index).ok()?)?;
        Some(node.as_str()).filter(|node| !node.is_empty())
    }
}

impl Plan {
    /// Plans again after so long at the latest.
    pub(super) fn again_in(&mut self, time: Duration) {
        self.again_in = Some(self.again_in.map_or(time, |known| known.min(time)));
    }

    /// Has a pod deleted, unless it is on its way out already.
    pub(super) fn delete(&mut self, pod: &ClientPod, why: Why) {
        if !pod.is_terminating {
            self.deletes.push(Delete { name: pod.name.clone(), uid: pod.uid.clone(), why });
        }
    }
}

/// A pod to delete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delete {
    /// Its name.
    pub name: String,
    /// Nothing else of this name is deleted.
    pub uid: String,
    /// Why.
    pub why: Why,
}

/// Why a pod is deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    /// There are to be no pods for now, or no more.
    NotWanted,
    /// There are to be fewer clients.
    ScaledDown,
    /// Something else is wanted in its place.
    Outdated,
    /// Its node is not ready.
    NodeLost,
    /// It is not where it is to be relative to the server.
    Misplaced,
    /// There is a later attempt.
    Superseded,
    /// It failed, and nobody needs its log any more.
    Failed,
}
