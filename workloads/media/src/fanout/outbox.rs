//! Where datagrams go.

use std::net::SocketAddr;
use std::sync::atomic::Ordering::Relaxed;

use super::sockets::Sockets;
use super::stats::Counters;

/// The sockets of a shard, and its counts of what they took.
pub(super) struct Outbox<'a> {
    pub(super) sockets: &'a Sockets,
    pub(super) counters: &'a Counters,
}

impl Outbox<'_> {
    pub(super) fn send(&self, local: SocketAddr, peer: SocketAddr, data: &[u8]) {
        let counter = if self.sockets.send(local, peer, data) {
            &self.counters.datagrams_sent
        } else {
            &self.counters.send_errors
        };
        counter.fetch_add(1, Relaxed);
    }
}
