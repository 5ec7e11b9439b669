//! The UDP sockets of a connection, one for each local address, and the wait for any of them.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use mio::{Events, Interest, Poll, Token, Waker};
use socket2::{Domain, Protocol, Socket, Type};

use crate::arrival::{Arrival, Receiver};

/// Of whoever wakes the thread that waits; sockets have their positions.
const WAKE: Token = Token(usize::MAX);
/// What comes while a frame is being decoded waits in the system's buffer. The system caps this at net.core.rmem_max,
/// silently.
const BUFFER_BYTES: usize = 2 << 20;
/// Larger than any path MTU that our peers use; what is longer is cut, and then fails its authentication.
const DATAGRAM_BYTES: usize = 2048;
/// How many datagrams one socket may deliver before others, and timers, have their turn.
const TURN: usize = 128;

/// The sockets.
pub(super) struct Sockets {
    poll: Poll,
    ready: Events,
    endpoints: Vec<Endpoint>,
    receiver: Receiver,
    buffer: Box<[u8; DATAGRAM_BYTES]>,
}

struct Endpoint {
    socket: mio::net::UdpSocket,
    local: SocketAddr,
    /// Readiness is edge-triggered: it holds until a read would block.
    readable: bool,
}

/// A datagram as it arrived.
pub(super) struct Datagram<'a> {
    pub(super) local: SocketAddr,
    pub(super) peer: SocketAddr,
    pub(super) data: &'a [u8],
    /// When the system received it.
    pub(super) at: Instant,
}

impl Sockets {
    /// Binds a port on each address, and returns what ends a wait from elsewhere. An address that cannot be bound is left
    /// out.
    ///
    /// # Errors
    /// Where none can be bound: the last one's; or where the system refuses a poll instance.
    pub(super) fn bind(addresses: &[IpAddr]) -> io::Result<(Self, Arc<Waker>)> {
        let poll = Poll::new()?;
        let waker = Arc::new(Waker::new(poll.registry(), WAKE)?);
        let mut endpoints = Vec::new();
        let mut error = io::Error::new(io::ErrorKind::AddrNotAvailable, "no address");
        for address in addresses {
            match bind(*address) {
                Ok((mut socket, local)) => {
                    poll.registry().register(&mut socket, Token(endpoints.len()), Interest::READABLE)?;
                    endpoints.push(Endpoint { socket, local, readable: true });
                }
                Err(refused) => {
                    tracing::debug!(%address, %refused, "no media on this address");
                    error = refused;
                }
            }
        }
        if endpoints.is_empty() {
            return Err(error);
        }
        let (ready, receiver) = (Events::with_capacity(16), Receiver::new());
        Ok((Self { poll, ready, endpoints, receiver, buffer: Box::new([0; DATAGRAM_BYTES]) }, waker))
    }

    /// The addresses that are bound.
    pub(super) fn locals(&self) -> impl Iterator<Item = SocketAddr> {
        self.endpoints.iter().map(|endpoint| endpoint.local)
    }

    /// Whether something is known to be left to read.
    pub(super) fn any_readable(&self) -> bool {
        self.endpoints.iter().any(|endpoint| endpoint.readable)
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
            if let Some(endpoint) = self.endpoints.get_mut(event.token().0) {
                endpoint.readable = true;
            }
        }
        Ok(())
    }

    /// Hands what has arrived to `take`, a bounded number at a time.
    pub(super) fn receive(&mut self, mut take: impl FnMut(Datagram<'_>)) {
        for endpoint in self.endpoints.iter_mut().filter(|endpoint| endpoint.readable) {
            for _ in 0..TURN {
                match self.receiver.receive(&endpoint.socket, self.buffer.as_mut_slice()) {
                    Ok(Arrival { length, peer, at, .. }) => {
                        take(Datagram { local: endpoint.local, peer, data: &self.buffer[..length], at });
                    }
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                        endpoint.readable = false;
                        break;
                    }
                    // An ICMP error of an earlier datagram (port unreachable) ends up here, once.
                    Err(_) => {}
                }
            }
        }
    }

    /// Sends one datagram. What the system does not take now is lost, like others.
    pub(super) fn send(&self, local: SocketAddr, peer: SocketAddr, data: &[u8]) {
        if let Some(endpoint) = self.endpoints.iter().find(|endpoint| endpoint.local == local) {
            let _ = endpoint.socket.send_to(data, peer);
        }
    }
}

fn bind(address: IpAddr) -> io::Result<(mio::net::UdpSocket, SocketAddr)> {
    let address = SocketAddr::new(address, 0);
    let socket = Socket::new(Domain::for_address(address), Type::DGRAM, Some(Protocol::UDP))?;
    socket.set_nonblocking(true)?;
    // What the system grants is good enough.
    let _ = socket.set_recv_buffer_size(BUFFER_BYTES);
    socket.bind(&address.into())?;
    let socket = mio::net::UdpSocket::from_std(socket.into());
    Receiver::prepare(&socket);
    let local = socket.local_addr()?;
    Ok((socket, local))
}
