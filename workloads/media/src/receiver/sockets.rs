//! The UDP sockets of a connection, and the wait for any of them.

use std::io;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::time::Duration;

use mio::{Events, Poll, Token, Waker};

use crate::sockets::{self, Sockets};

/// Of whoever wakes the thread that waits; sockets have their positions.
const WAKE: Token = Token(usize::MAX);
/// What comes while a frame is being decoded waits in the system's buffer. The system caps this at net.core.rmem_max,
/// silently.
const BUFFER_BYTES: usize = 2 << 20;

/// The sockets, each on a local address.
pub(super) struct PolledSockets {
    poll: Poll,
    ready: Events,
    /// To receive and send with.
    pub(super) sockets: Sockets,
}

impl PolledSockets {
    /// Binds a port on each address, and returns what ends a wait from elsewhere. An address that cannot be bound is left
    /// out.
    ///
    /// # Errors
    /// Where none can be bound: the last one's; or where the system refuses a poll instance.
    pub(super) fn bind(addresses: &[IpAddr]) -> io::Result<(Self, Arc<Waker>)> {
        let (mut polled, waker) = Self::new()?;
        let sockets = &mut polled.sockets;
        let mut error = io::Error::new(io::ErrorKind::AddrNotAvailable, "no address");
        for address in addresses {
            let bound = sockets::bind(SocketAddr::new(*address, 0), BUFFER_BYTES, None);
            if let Err(refused) = bound.and_then(|socket| sockets.add(socket)) {
                tracing::debug!(%address, %refused, "no media on this address");
                error = refused;
            }
        }
        if sockets.locals().next().is_none() {
            return Err(error);
        }
        Ok((polled, waker))
    }

    /// Takes over a socket that is bound, and returns what ends a wait from elsewhere.
    ///
    /// # Errors
    /// Where the system refuses a poll instance.
    pub(super) fn of(socket: UdpSocket) -> io::Result<(Self, Arc<Waker>)> {
        let (mut polled, waker) = Self::new()?;
        polled.sockets.add(socket)?;
        Ok((polled, waker))
    }

    fn new() -> io::Result<(Self, Arc<Waker>)> {
        let poll = Poll::new()?;
        let waker = Arc::new(Waker::new(poll.registry(), WAKE)?);
        let sockets = Sockets::new(poll.registry().try_clone()?);
        Ok((Self { poll, ready: Events::with_capacity(16), sockets }, waker))
    }

    /// Waits until there is something to read, somebody wakes it, or `limit` is over.
    ///
    /// # Errors
    /// Where the system cannot wait.
    pub(super) fn wait(&mut self, limit: Duration) -> io::Result<()> {
        match self.poll.poll(&mut self.ready, Some(limit)) {
            Err(error) if error.kind() != io::ErrorKind::Interrupted => return Err(error),
            _ => {}
        }
        for event in self.ready.iter().filter(|event| event.token() != WAKE) {
            self.sockets.mark_readable(event.token());
        }
        Ok(())
    }
}
