//! Where datagrams go, and what may go again.

use std::net::SocketAddr;
use std::sync::atomic::Ordering::Relaxed;

use super::recent_frames::RecentFrames;
use super::shared::Shared;
use crate::checks::{Budget, MtuProbe, Route};
use crate::sockets::Sockets;
use crate::whole::Whole;

/// The sockets of a shard, its counts of what they took, and its newest frames.
pub(super) struct Outbox<'a> {
    sockets: &'a Sockets,
    shared: &'a Shared,
    recent_frames: &'a RecentFrames,
}

impl<'a> Outbox<'a> {
    pub(super) fn new(sockets: &'a Sockets, shared: &'a Shared, recent_frames: &'a RecentFrames) -> Self {
        Self { sockets, shared, recent_frames }
    }

    pub(super) fn recent_frames(&self) -> &RecentFrames {
        self.recent_frames
    }

    pub(super) fn send(&self, local: SocketAddr, peer: SocketAddr, data: &[u8]) {
        let counters = &self.shared.counters;
        let is_sent = self.sockets.send(local, peer, data);
        let counter = if is_sent { &counters.datagrams_sent } else { &counters.send_errors };
        counter.fetch_add(1, Relaxed);
    }

    /// Sends a datagram in one piece or not at all, which is no part of what sessions send.
    pub(super) fn send_whole(&self, probe: &MtuProbe) -> Whole {
        let Route { local, peer } = probe.route;
        self.sockets.send_whole(local, peer, &probe.datagram, probe.known)
    }

    /// What unanswered checks take from.
    pub(super) fn check_budget(&self) -> &Budget {
        &self.shared.check_budget
    }

    /// A check did not leave, as there were enough.
    pub(super) fn check_suppressed(&self) {
        self.shared.counters.checks_suppressed.fetch_add(1, Relaxed);
    }
}
