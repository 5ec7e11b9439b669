//! What stands between a connection and its sockets, in both directions.
//!
//! ```text
//! gate (sockets, or a relay by one) <-> checks (how many ICE checks leave) <-> handshake (what is done again) <-> rtc
//! ```

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use rtc::sansio::Protocol;
use webrtc::peer_connection::RTCPeerConnection;

use super::gate::Gate;
use super::silence::Silence;
use super::sockets::PolledSockets;
use super::stats::{Counters, count};
use crate::checks::{Budget, Route, SessionChecks};
use crate::datagrams::received;
use crate::handshake::{self, Action, Handshake};
use crate::relay::{Relay, RelayError};
use crate::streams::Streams;
use crate::whole::Whole;

/// The first bytes of RTP and RTCP (RFC 7983, section 7).
const MEDIA: std::ops::RangeInclusive<u8> = 128..=191;

/// Every datagram of a session goes through it.
pub(super) struct Transport {
    gate: Gate,
    checks: SessionChecks,
    budget: Budget,
    handshake: Handshake,
    streams: Streams,
    silence: Silence,
    counters: Arc<Counters>,
}

impl Transport {
    pub(super) fn new(
        polled: PolledSockets,
        relay: Option<Relay>,
        checks: SessionChecks,
        counters: Arc<Counters>,
    ) -> Self {
        let gate = Gate::new(polled, relay);
        let (budget, handshake, streams) = (Budget::default(), Handshake::new(), Streams::default());
        let silence = Silence::default();
        Self { gate, checks, budget, handshake, streams, silence, counters }
    }

    /// As [`Gate::any_readable`].
    pub(super) fn any_readable(&self) -> bool {
        self.gate.any_readable()
    }

    /// As [`Gate::wait`].
    pub(super) fn wait(&mut self, limit: Duration) -> io::Result<()> {
        self.gate.wait(limit)
    }

    /// As [`Gate::advance`].
    pub(super) fn advance(&mut self, now: Instant) {
        self.gate.advance(now);
        // Whether the way has ever worked: afterwards it is asked where media does not come.
        if !self.silence.has_heard() {
            self.counters.unanswered(self.silence.unanswered(now));
        }
        if self.gate.is_relayed() {
            self.counters.relay_is(self.gate.problem(now));
        }
    }

    /// As [`Gate::failed`].
    pub(super) fn relay_failed(&self) -> Option<RelayError> {
        self.gate.failed()
    }

    /// As [`Gate::problem`].
    pub(super) fn relay_problem(&self, now: Instant) -> Option<RelayError> {
        self.gate.problem(now)
    }

    /// As [`Gate::close`].
    pub(super) fn close(&mut self, now: Instant) {
        self.gate.close(now);
    }

    /// Hands what has arrived to the connection; whether there was anything but media, which changes no state of the
    /// connection's.
    pub(super) fn receive(&mut self, connection: &mut RTCPeerConnection) -> bool {
        let Self { gate, checks, handshake, streams, silence, counters, .. } = self;
        let mut is_media_alone = true;
        gate.receive(|Route { local, peer }, data, at| {
            if !checks.takes(data, at) {
                is_media_alone = false;
                return;
            }
            // A server keeps its address: all that the checks are to know is that it answered.
            let _ = checks.inbound(Route { local, peer }, data, at);
            if silence.heard(at) {
                counters.unanswered(None);
            }
            handshake.received(local, peer, data, at);
            if streams.takes(data, at) {
                take_in(connection, local, peer, data, at);
            }
            is_media_alone &= data.first().is_some_and(|first| MEDIA.contains(first));
        });
        if let Some(pair) = checks.take_pair_from_peer() {
            counters.path(pair);
        }
        if !is_media_alone {
            if checks.has_heard_check() {
                counters.has_heard_check.store(true, Ordering::Relaxed);
            }
            counters.path_mtu(checks.path_mtu_of_receiver());
        }
        !is_media_alone
    }

    /// Does again what is to be done by `now`: sends it, or hands it to the connection; whether there was anything.
    pub(super) fn repeat(&mut self, connection: &mut RTCPeerConnection, now: Instant) -> bool {
        let mut any = false;
        while let Some(action) = self.handshake.poll(now) {
            any = true;
            match action {
                Action::Send(handshake::Datagram { local, peer, data }) => {
                    self.leave(Route { local, peer }, &data, now);
                }
                Action::Receive(handshake::Datagram { local, peer, data }) => {
                    take_in(connection, local, peer, &data, now);
                }
            }
        }
        any
    }

    /// Sends what the connection has to send.
    pub(super) fn flush(&mut self, connection: &mut RTCPeerConnection, now: Instant) {
        while let Some(datagram) = connection.poll_write() {
            let (local, peer) = (datagram.transport.local_addr, datagram.transport.peer_addr);
            self.handshake.sent(local, peer, &datagram.message, now);
            self.leave(Route { local, peer }, &datagram.message, now);
        }
        while let Some(probe) = self.checks.poll_mtu_probe(now) {
            if self.gate.send_whole(&probe) == Whole::TooLarge {
                self.checks.mtu_probe_refused(&probe, now);
            }
        }
    }

    /// As [`SessionChecks::measure_path_mtu`].
    pub(super) fn measure_path_mtu(&mut self) {
        self.checks.measure_path_mtu();
    }

    /// Checks the way that media comes by, where it should and does not: the server learns by it if a NAT has given us
    /// another address, long before the connection's next check.
    pub(super) fn check_silent_path(&mut self, now: Instant) {
        if let Some((route, check)) = self.checks.extra_check() {
            self.gate.send(route, &check, now);
            self.silence.sent(now);
        }
        self.counters.unanswered(self.silence.unanswered(now));
    }

    /// The peer names another candidate.
    pub(super) fn remote_candidate(&mut self, candidate: &str) {
        self.checks.remote_candidate(candidate);
    }

    /// When [`Transport::repeat`] or [`Transport::advance`] has something next.
    pub(super) fn deadline(&mut self) -> Option<Instant> {
        let deadlines = [self.handshake.deadline(), self.gate.deadline(), self.checks.mtu_deadline()];
        deadlines.into_iter().flatten().min()
    }

    /// Lets a datagram leave, unless it is a check that must not.
    fn leave(&mut self, route: Route, data: &[u8], now: Instant) {
        if self.checks.outbound(route, data, &self.budget, now).is_none() {
            count(&self.counters.checks_suppressed, 1);
            return;
        }
        self.gate.send(route, data, now);
        self.silence.sent(now);
        self.counters.has_sent.store(true, Ordering::Relaxed);
    }
}

fn take_in(
    connection: &mut RTCPeerConnection,
    local: SocketAddr,
    peer: SocketAddr,
    data: &[u8],
    now: Instant,
) {
    // What a peer sends may be anything; `rtc` logs what it cannot use, and there is nothing to add.
    let _ = connection.handle_read(received(local, peer, data, now));
}
