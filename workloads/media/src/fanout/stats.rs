//! What the shards count.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use super::lateness::WorstLateness;

/// Counters since the start.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stats {
    /// Sessions that run now.
    pub sessions: u64,
    /// Datagrams sent.
    pub datagrams_sent: u64,
    /// Datagrams that the system did not take: a full send buffer, an unreachable network.
    pub send_errors: u64,
    /// Datagrams received.
    pub datagrams_received: u64,
    /// Datagrams of no session.
    pub unknown_datagrams: u64,
    /// Datagrams that the system threw away because a receive buffer was full.
    pub receive_drops: u64,
    /// Frames that were swept over the sessions, summed over the shards.
    pub sweeps: u64,
    /// The time that took.
    pub sweep_time: Duration,
    /// Panics of the WebRTC stack over what a peer sent; each ended that peer's session.
    pub peer_panics: u64,
    /// ICE checks that did not leave: more than addresses that do not answer are sent.
    pub checks_suppressed: u64,
}

impl Stats {
    pub(super) fn plus(self, other: Self) -> Self {
        Self {
            sessions: self.sessions + other.sessions,
            datagrams_sent: self.datagrams_sent + other.datagrams_sent,
            send_errors: self.send_errors + other.send_errors,
            datagrams_received: self.datagrams_received + other.datagrams_received,
            unknown_datagrams: self.unknown_datagrams + other.unknown_datagrams,
            receive_drops: self.receive_drops + other.receive_drops,
            sweeps: self.sweeps + other.sweeps,
            sweep_time: self.sweep_time + other.sweep_time,
            peer_panics: self.peer_panics + other.peer_panics,
            checks_suppressed: self.checks_suppressed + other.checks_suppressed,
        }
    }
}

/// The same, written by one shard and read by others.
#[derive(Debug, Default)]
pub(super) struct Counters {
    pub(super) sessions: AtomicU64,
    pub(super) datagrams_sent: AtomicU64,
    pub(super) send_errors: AtomicU64,
    pub(super) datagrams_received: AtomicU64,
    pub(super) unknown_datagrams: AtomicU64,
    pub(super) sweeps: AtomicU64,
    pub(super) sweep_nanos: AtomicU64,
    pub(super) peer_panics: AtomicU64,
    pub(super) checks_suppressed: AtomicU64,
    pub(super) worst_lateness: WorstLateness,
}

impl Counters {
    pub(super) fn read(&self, receive_drops: u64) -> Stats {
        Stats {
            sessions: self.sessions.load(Relaxed),
            datagrams_sent: self.datagrams_sent.load(Relaxed),
            send_errors: self.send_errors.load(Relaxed),
            datagrams_received: self.datagrams_received.load(Relaxed),
            unknown_datagrams: self.unknown_datagrams.load(Relaxed),
            receive_drops,
            sweeps: self.sweeps.load(Relaxed),
            sweep_time: Duration::from_nanos(self.sweep_nanos.load(Relaxed)),
            peer_panics: self.peer_panics.load(Relaxed),
            checks_suppressed: self.checks_suppressed.load(Relaxed),
        }
    }
}
