//! What is observed.

use std::collections::BTreeMap;
use std::time::Instant;

use crds::{BallSessionStatus, Run};
use jiff::Timestamp;

use crate::cluster::LostNode;
use crate::controller::observe::failed_attempts::FailedAttempts;
use crate::controller::observe::placement::PlacementState;
use crate::controller::observe::pods::ObservedPods;
use crate::controller::observe::reason::Explanation;
use crate::controller::reached::Reached;
use crate::controller::resources::{Applied, Resources};
use crate::report_source::View;
use crate::run::Phase;
use crate::session::Session;

/// The time, on both clocks.
#[derive(Debug, Clone, Copy)]
pub(in crate::controller) struct Clock {
    /// On the clock that reports are received by.
    pub(in crate::controller) now: Instant,
    /// On the clock of the API.
    pub(in crate::controller) time: Timestamp,
    /// Since when this process could have received reports.
    pub(in crate::controller) watching_since: Instant,
}

/// What the status is computed from.
pub(in crate::controller) struct Input<'a> {
    pub(in crate::controller) session: &'a Session,
    pub(in crate::controller) applied: &'a Resources<Applied>,
    pub(in crate::controller) pods: &'a ObservedPods,
    pub(in crate::controller) view: &'a View,
    /// What is stored now.
    pub(in crate::controller) stored: &'a BallSessionStatus,
    /// The generation of the spec that all of this is about.
    pub(in crate::controller) generation: Option<i64>,
    /// The run, as it is to be stored.
    pub(in crate::controller) run: &'a Run,
    /// How far it is.
    pub(in crate::controller) phase: Phase,
    /// Whether the numbers of any other run are out of the way.
    pub(in crate::controller) begun: bool,
    /// Which children the API server refuses, and why.
    pub(in crate::controller) refused: Option<Explanation>,
    /// The last attempts of clients that failed.
    pub(in crate::controller) failed_attempts: &'a FailedAttempts,
    /// What nodes say about where its clients may be.
    pub(in crate::controller) placement: &'a PlacementState,
    /// The nodes that are not Ready.
    pub(in crate::controller) lost_nodes: &'a BTreeMap<String, LostNode>,
    /// Where clients reach the server's media.
    pub(in crate::controller) reached: &'a Reached,
    /// The zones of the nodes that its pods are on, where they have any.
    pub(in crate::controller) zones: &'a BTreeMap<String, String>,
    /// The NetworkPolicies that select its pods, in words.
    pub(in crate::controller) policies: Option<&'a str>,
    /// Since when it has had problems.
    pub(in crate::controller) trouble_since: Option<Instant>,
    pub(in crate::controller) clock: Clock,
}
