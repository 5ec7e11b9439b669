//! Where datagrams go, and what may go again.

use std::net::SocketAddr;
use std::sync::atomic::Ordering::Relaxed;

use super::recent_frames::RecentFrames;
use super::shared::Shared;
use crate::checks::Budget;
use crate::sockets::Sockets;

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

    /// What unanswered checks take from.
    pub(super) fn check_budget(&self) -> &Budget {
        &self.shared.check_budget
    }

    /// A check did not leave, as there were enough.
    pub(super) fn check_suppressed(&self) {
        self.shared.counters.checks_suppressed.fetch_add(1, Relaxed);
    }
}
