//! A UDP socket of a peer connection from which no more checks leave than may, and some that the connection does not
//! think of.

use std::io::{self, IoSliceMut};
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use webrtc::runtime::{AsyncUdpSocket, RecvMeta, Transmit};

use super::stats::{Counters, count};
use crate::checks::{Budget, Route, SessionChecks};

/// The checks of one connection, whichever of its sockets they leave from.
#[derive(Debug)]
pub(super) struct Checks {
    session: Mutex<SessionChecks>,
    budget: Budget,
    counters: Arc<Counters>,
    /// Those of the connection, by their local addresses.
    sockets: Mutex<Vec<(SocketAddr, Arc<dyn AsyncUdpSocket>)>>,
}

impl Checks {
    /// Of the connection that takes the offer on these addresses; with the offer that it is to be given.
    pub(super) fn new(
        addresses: impl IntoIterator<Item = IpAddr>,
        offer: &str,
        counters: Arc<Counters>,
    ) -> (Self, String) {
        let mut session = SessionChecks::new(addresses);
        let offer = session.remote_description(offer);
        let (session, sockets) = (Mutex::new(session), Mutex::default());
        (Self { session, budget: Budget::default(), counters, sockets }, offer)
    }

    /// Checks the way that media comes by, where it should and does not: the server learns by it if a NAT has given us
    /// another address, long before the connection's next check.
    pub(super) fn check_silent_path(&self) {
        let Some((route, check)) = locked(&self.session).extra_check() else { return };
        let sockets = locked(&self.sockets);
        let Some((_, socket)) = sockets.iter().find(|(local, _)| *local == route.local) else { return };
        let transmit = Transmit {
            destination: route.peer,
            ecn: None,
            contents: &check,
            segment_size: None,
            src_ip: None,
        };
        // What cannot leave now is lost; another one follows.
        let _ = socket.poll_send(&mut Context::from_waker(Waker::noop()), &transmit);
    }

    fn may_leave(&self, route: Route, datagram: &[u8]) -> bool {
        let leaves = locked(&self.session).outbound(route, datagram, &self.budget, Instant::now()).is_some();
        if !leaves {
            count(&self.counters.checks_suppressed, 1);
        }
        leaves
    }

    fn received(&self, route: Route, datagram: &[u8]) {
        locked(&self.session).inbound(route, datagram, Instant::now());
    }
}

/// Whoever panics with it has not left it half done: it is one call.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A socket, and the checks of its connection.
#[derive(Debug)]
pub(super) struct CheckedSocket {
    socket: Arc<dyn AsyncUdpSocket>,
    local: SocketAddr,
    checks: Arc<Checks>,
}

impl CheckedSocket {
    /// # Errors
    /// Where the socket has no address.
    pub(super) fn new(socket: Arc<dyn AsyncUdpSocket>, checks: Arc<Checks>) -> io::Result<Self> {
        let local = socket.local_addr()?;
        locked(&checks.sockets).push((local, Arc::clone(&socket)));
        Ok(Self { socket, local, checks })
    }
}

impl AsyncUdpSocket for CheckedSocket {
    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.local)
    }

    // One datagram at a time, as `max_gso_segments` is left at 1: a receiver has no more to send.
    fn poll_send(&self, context: &mut Context<'_>, transmit: &Transmit<'_>) -> Poll<io::Result<usize>> {
        let route = Route { local: self.local, peer: transmit.destination };
        if !self.checks.may_leave(route, transmit.contents) {
            return Poll::Ready(Ok(transmit.contents.len()));
        }
        self.socket.poll_send(context, transmit)
    }

    fn poll_recv(
        &self,
        context: &mut Context<'_>,
        buffers: &mut [IoSliceMut<'_>],
        meta: &mut [RecvMeta],
    ) -> Poll<io::Result<usize>> {
        let received = self.socket.poll_recv(context, buffers, meta);
        if let Poll::Ready(Ok(messages)) = received {
            for (buffer, meta) in buffers.iter().zip(meta.iter()).take(messages) {
                let route = Route { local: self.local, peer: meta.addr };
                for datagram in buffer[..meta.len.min(buffer.len())].chunks(meta.stride.max(1)) {
                    self.checks.received(route, datagram);
                }
            }
        }
        received
    }

    fn max_gro_segments(&self) -> usize {
        self.socket.max_gro_segments()
    }
}
