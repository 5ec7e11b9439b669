//! The datagrams of a peer's connection: what stands between it and the sockets, in both directions.
//!
//! ```text
//! sockets <-> checks (where the peer is, how many ICE checks leave) <-> handshake (what is done again) <-> rtc
//! ```

use std::net::SocketAddr;
use std::time::Instant;

use rtc::sansio::Protocol;

use super::Peer;
use crate::checks::Route;
use crate::datagrams::received;
use crate::fanout::outbox::Outbox;
use crate::handshake::{Action, Transaction, check};

impl Peer {
    /// Takes in a datagram. Nothing is sent before [`Peer::drain`].
    pub(in crate::fanout) fn receive(
        &mut self,
        local: SocketAddr,
        peer: SocketAddr,
        data: &[u8],
        now: Instant,
    ) {
        let Some(Route { local, peer }) = self.ice_checks.inbound(Route { local, peer }, data, now) else {
            return;
        };
        self.handshake.received(local, peer, data, now);
        // What a peer sends may be anything; `rtc` logs what it cannot use, and there is nothing to add.
        let _ = self.connection.handle_read(received(local, peer, data, now));
    }

    /// The checks that were sent since the last call; none once the session is set up, for its addresses are known then.
    pub(in crate::fanout) fn take_checks(&mut self) -> std::vec::Drain<'_, Transaction> {
        self.checks.drain(..)
    }

    /// Does again what the set-up wants done again.
    pub(super) fn repeat(&mut self, now: Instant, outbox: &Outbox<'_>) {
        while let Some(action) = self.handshake.poll(now) {
            match action {
                Action::Send(datagram) => {
                    let route = Route { local: datagram.local, peer: datagram.peer };
                    self.send(route, &datagram.data, now, outbox);
                }
                Action::Receive(datagram) => {
                    let datagram = received(datagram.local, datagram.peer, &datagram.data, now);
                    // As with what came by itself.
                    let _ = self.connection.handle_read(datagram);
                }
            }
        }
    }

    /// Sends what the connection has ready, and the checks that are due besides.
    pub(super) fn flush(&mut self, outbox: &Outbox<'_>, now: Instant) {
        while let Some(datagram) = self.connection.poll_write() {
            let route = Route { local: datagram.transport.local_addr, peer: datagram.transport.peer_addr };
            self.handshake.sent(route.local, route.peer, &datagram.message, now);
            self.send(route, &datagram.message, now, outbox);
        }
        self.ice_checks.advance(outbox.check_budget(), now, |route, request| {
            outbox.send(route.local, route.peer, request);
        });
    }

    /// Sends a datagram to where the peer is, unless it is a check that must not leave.
    fn send(&mut self, route: Route, datagram: &[u8], now: Instant, outbox: &Outbox<'_>) {
        let budget = outbox.check_budget();
        let Some(Route { local, peer }) = self.ice_checks.outbound(route, datagram, budget, now) else {
            outbox.check_suppressed();
            return;
        };
        outbox.send(local, peer, datagram);
        if !self.handshake.is_over() {
            self.checks.extend(check(datagram));
        }
    }
}
