//! Datagrams of a session, before the WebRTC stack sees them.

use std::net::SocketAddr;
use std::time::Instant;

use crate::checks::{Budget, Route, SessionChecks};
use crate::fanout::untrusted::receiver_ufrag as ufrag;
use crate::handshake::{Action, Handshake};

/// A local address, and the peer's.
pub type Addresses = (SocketAddr, SocketAddr);

/// What the interface takes.
const INTERFACE: usize = 1500;

/// The datagrams of one session, and of a server that has no other, with a peer that is one of our own programs.
pub struct Datagrams {
    checks: SessionChecks,
    budget: Budget,
    handshake: Handshake,
}

/// A datagram that is to go or come once more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Again {
    /// It is sent as it was.
    Sent {
        /// What it holds.
        data: Vec<u8>,
        /// Whether it leaves.
        leaves: bool,
    },
    /// The stack gets it once more.
    Received(Vec<u8>),
}

impl Datagrams {
    /// Of a peer that describes itself so, on this local address.
    pub fn new(local: SocketAddr, remote_sdp: &str) -> Self {
        let mut checks = SessionChecks::new([local.ip()]);
        checks.remote_description(remote_sdp);
        checks.local_description(remote_sdp);
        checks.measure_path_mtu();
        Self { checks, budget: Budget::default(), handshake: Handshake::new() }
    }

    /// A datagram comes: whether, and as from where, the stack gets it.
    pub fn received(&mut self, (local, peer): Addresses, data: &[u8], now: Instant) -> Option<Addresses> {
        if !self.checks.takes(data, now) {
            return None;
        }
        let route = self.checks.inbound(Route { local, peer }, data, now)?;
        self.handshake.received(route.local, route.peer, data, now);
        Some((route.local, route.peer))
    }

    /// The stack sends a datagram: whether, and whither, it leaves.
    pub fn sent(&mut self, (local, peer): Addresses, data: &[u8], now: Instant) -> Option<Addresses> {
        self.handshake.sent(local, peer, data, now);
        self.leave(Route { local, peer }, data, now)
    }

    /// What is to be done again by now, one after the other.
    pub fn again(&mut self, now: Instant) -> Option<Again> {
        Some(match self.handshake.poll(now)? {
            Action::Receive(datagram) => Again::Received(datagram.data.to_vec()),
            Action::Send(datagram) => {
                let route = Route { local: datagram.local, peer: datagram.peer };
                let leaves = self.leave(route, &datagram.data, now).is_some();
                Again::Sent { data: datagram.data.to_vec(), leaves }
            }
        })
    }

    /// Sends the checks and probes that are due besides those of the stack; how many.
    pub fn advance(&mut self, now: Instant) -> usize {
        let mut sent = 0;
        self.checks.advance(&self.budget, now, |_, _| sent += 1);
        while let Some(probe) = self.checks.poll_mtu_probe(now) {
            if probe.datagram.len() > INTERFACE {
                self.checks.mtu_probe_refused(&probe, now);
            } else {
                sent += 1;
            }
        }
        sent
    }

    /// When there is something to do again, or a check or a probe is due.
    pub fn deadline(&self) -> Option<Instant> {
        let checks = [self.checks.deadline(), self.checks.mtu_deadline()];
        checks.into_iter().chain([self.handshake.deadline()]).flatten().min()
    }

    fn leave(&mut self, route: Route, data: &[u8], now: Instant) -> Option<Addresses> {
        let route = self.checks.outbound(route, data, &self.budget, now)?;
        Some((route.local, route.peer))
    }
}

/// The name of the session that a datagram asks for, if it does.
pub fn receiver_ufrag(datagram: &[u8]) -> Option<&str> {
    ufrag(datagram)
}
