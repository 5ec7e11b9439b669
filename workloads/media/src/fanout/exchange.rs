//! What stands between a peer's connection and the sockets, in both directions.
//!
//! ```text
//! sockets <-> checks (where the peer is, how many ICE checks leave) <-> handshake (what is done again) <-> rtc
//! ```

use std::net::SocketAddr;
use std::time::Instant;

use report::CandidatePair;

use super::outbox::Outbox;
use crate::checks::{Route, SessionChecks};
use crate::handshake::{Action, Datagram, Handshake, check};
use crate::streams::Streams;
use crate::stun::TransactionId;
use crate::whole::Whole;

/// Every datagram of a session goes through it.
pub(super) struct Exchange {
    ice_checks: SessionChecks,
    handshake: Handshake,
    streams: Streams,
    /// Checks that were sent since they were last asked for.
    sent_checks: Vec<TransactionId>,
}

impl Exchange {
    /// For a session on these local addresses, in the place of which the peer may be told of others.
    pub(super) fn new(locals: &[SocketAddr], advertised: &[SocketAddr]) -> Self {
        let mut ice_checks = SessionChecks::new(locals.iter().map(SocketAddr::ip));
        ice_checks.advertise(advertised);
        Self { ice_checks, handshake: Handshake::new(), streams: Streams::default(), sent_checks: Vec::new() }
    }

    /// The peer describes itself; the same for the connection, with no more candidates than it should have.
    pub(super) fn remote_description(&mut self, sdp: &str) -> String {
        self.ice_checks.remote_description(sdp)
    }

    /// We have described ourselves so, and send media of which a full packet has so many bytes of payload.
    pub(super) fn local_description(&mut self, sdp: &str, full_payload: u16) {
        self.ice_checks.local_description(sdp);
        self.ice_checks.full_payload(full_payload);
    }

    /// As [`SessionChecks::measure_path_mtu`].
    pub(super) fn measure_path_mtu(&mut self) {
        self.ice_checks.measure_path_mtu();
    }

    /// As [`SessionChecks::suspect_path_mtu`].
    pub(super) fn suspect_path_mtu(&mut self, now: Instant) {
        self.ice_checks.suspect_path_mtu(now);
    }

    /// As [`SessionChecks::path_mtu_to_peer`].
    pub(super) fn path_mtu(&self) -> (Option<u16>, Option<u16>) {
        self.ice_checks.path_mtu_to_peer()
    }

    /// The handshake, which knows how far the session's set-up is.
    pub(super) fn handshake(&mut self) -> &mut Handshake {
        &mut self.handshake
    }

    /// As [`SessionChecks::remote_candidate`].
    pub(super) fn remote_candidate(&mut self, candidate: &str) {
        self.ice_checks.remote_candidate(candidate);
    }

    /// The way that media takes; `None` before there is any.
    pub(super) fn pair(&self) -> Option<CandidatePair> {
        self.ice_checks.pair_to_peer()
    }

    /// Whether a check of the peer's has come.
    pub(super) fn has_heard_check(&self) -> bool {
        self.ice_checks.has_heard_check()
    }

    /// Where a datagram came from, for the connection; `None` if it is not for it.
    pub(super) fn received(&mut self, route: Route, data: &[u8], now: Instant) -> Option<Route> {
        if !self.ice_checks.takes(data, now) {
            return None;
        }
        let route = self.ice_checks.inbound(route, data, now).filter(|_| self.streams.takes(data, now))?;
        self.handshake.received(route.local, route.peer, data, now);
        Some(route)
    }

    /// Sends again what is to be; the next datagram that the connection is to take in again, if there is one.
    pub(super) fn repeat(&mut self, now: Instant, outbox: &Outbox<'_>) -> Option<Datagram> {
        while let Some(action) = self.handshake.poll(now) {
            match action {
                Action::Send(Datagram { local, peer, data }) => {
                    self.leave(Route { local, peer }, &data, now, outbox);
                }
                Action::Receive(datagram) => return Some(datagram),
            }
        }
        None
    }

    /// Sends a datagram of the connection.
    pub(super) fn send(&mut self, route: Route, data: &[u8], now: Instant, outbox: &Outbox<'_>) {
        self.handshake.sent(route.local, route.peer, data, now);
        self.leave(route, data, now, outbox);
    }

    /// Sends the checks that are due besides those of the connection.
    pub(super) fn advance(&mut self, now: Instant, outbox: &Outbox<'_>) {
        self.ice_checks.advance(outbox.check_budget(), now, |route, request| {
            outbox.send(route.local, route.peer, request);
        });
        while let Some(probe) = self.ice_checks.poll_mtu_probe(now) {
            if outbox.send_whole(&probe) == Whole::TooLarge {
                self.ice_checks.mtu_probe_refused(&probe, now);
            }
        }
    }

    /// When there is something to do again, or a check is due.
    pub(super) fn deadline(&self) -> Option<Instant> {
        let checks = [self.ice_checks.deadline(), self.ice_checks.mtu_deadline()];
        checks.into_iter().chain([self.handshake.deadline()]).flatten().min()
    }

    /// The checks that were sent since the last call; none once the session is set up, for its addresses are known then.
    pub(super) fn take_checks(&mut self) -> std::vec::Drain<'_, TransactionId> {
        self.sent_checks.drain(..)
    }

    /// Lets a datagram leave to where the peer is, unless it is a check that must not.
    fn leave(&mut self, route: Route, data: &[u8], now: Instant, outbox: &Outbox<'_>) {
        let Some(route) = self.ice_checks.outbound(route, data, outbox.check_budget(), now) else {
            outbox.check_suppressed();
            return;
        };
        outbox.send(route.local, route.peer, data);
        if !self.handshake.is_over() {
            self.sent_checks.extend(check(data));
        }
    }
}
