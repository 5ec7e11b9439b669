//! The sockets of a receiver, or the one socket to its TURN server: what there is between is not seen from above.

use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use super::sockets::PolledSockets;
use crate::checks::{MtuProbe, Route};
use crate::relay::{Relay, RelayError};
use crate::sockets::Datagram;
use crate::whole::Whole;

/// Sends and receives.
pub(super) struct Gate {
    polled: PolledSockets,
    relay: Option<Relay>,
}

impl Gate {
    /// By a relay alone, where there is one.
    pub(super) fn new(polled: PolledSockets, relay: Option<Relay>) -> Self {
        Self { polled, relay }
    }

    /// Whether everything goes by a relay.
    pub(super) fn is_relayed(&self) -> bool {
        self.relay.is_some()
    }

    /// As [`Sockets::any_readable`](crate::sockets::Sockets::any_readable).
    pub(super) fn any_readable(&self) -> bool {
        self.polled.sockets.any_readable()
    }

    /// As [`PolledSockets::wait`].
    pub(super) fn wait(&mut self, limit: Duration) -> io::Result<()> {
        self.polled.wait(limit)
    }

    /// Hands what has arrived to `take`: where from and to, and when.
    pub(super) fn receive(&mut self, mut take: impl FnMut(Route, &[u8], Instant)) {
        let Some(relay) = &mut self.relay else {
            self.polled.sockets.receive(|Datagram { local, peer, data, at, .. }| {
                take(Route { local, peer }, data, at);
            });
            return;
        };
        self.polled.sockets.receive(|Datagram { peer, data, at, .. }| {
            if peer != relay.server() {
                return;
            }
            relay.received(data, at);
            while let (Some(local), Some(from)) = (relay.relayed(), relay.next_from_peer()) {
                take(Route { local, peer: from.peer }, &from.data, at);
            }
        });
        self.flush();
    }

    /// Sends a datagram.
    pub(super) fn send(&mut self, route: Route, data: &[u8], now: Instant) {
        match &mut self.relay {
            None => {
                self.polled.sockets.send(route.local, route.peer, data);
            }
            Some(relay) => {
                relay.send(route.peer, data, now);
                self.flush();
            }
        }
    }

    /// Sends a datagram in one piece or not at all, which nobody can say of a relay.
    pub(super) fn send_whole(&self, probe: &MtuProbe) -> Whole {
        let MtuProbe { route: Route { local, peer }, datagram, known, .. } = probe;
        match &self.relay {
            None => self.polled.sockets.send_whole(*local, *peer, datagram, *known),
            Some(_) => Whole::NotSent,
        }
    }

    /// Lets the relay's timers run.
    pub(super) fn advance(&mut self, now: Instant) {
        if let Some(relay) = &mut self.relay
            && relay.deadline().is_some_and(|at| at <= now)
        {
            relay.advance(now);
            self.flush();
        }
    }

    /// When [`Gate::advance`] is due.
    pub(super) fn deadline(&mut self) -> Option<Instant> {
        self.relay.as_mut()?.deadline()
    }

    /// Why nothing can go by the relay any more.
    pub(super) fn failed(&self) -> Option<RelayError> {
        self.relay.as_ref()?.failed()
    }

    /// As [`Relay::problem`].
    pub(super) fn problem(&self, now: Instant) -> Option<RelayError> {
        self.relay.as_ref()?.problem(now)
    }

    /// Gives the relay its address back.
    pub(super) fn close(&mut self, now: Instant) {
        if let Some(relay) = &mut self.relay {
            relay.close(now);
            self.flush();
        }
    }

    fn flush(&mut self) {
        let Self { polled, relay: Some(relay) } = self else { return };
        let local: Option<SocketAddr> = polled.sockets.locals().next();
        while let (Some(local), Some(datagram)) = (local, relay.poll_send()) {
            polled.sockets.send(local, relay.server(), &datagram);
        }
    }
}
