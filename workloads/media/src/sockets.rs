//! UDP sockets that one thread reads and sends with, one for each local address.

use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use mio::{Interest, Registry, Token};
use socket2::{Domain, Protocol, Socket, Type};

use crate::arrival::{Arrival, Receiver};
use crate::path_mtu::Known;
use crate::whole::{Whole, send_whole};

/// As long as any datagram that our peers send, jumbo frames included; what is longer is cut, and then fails its authentication.
const DATAGRAM_BYTES: usize = 9216;

/// How many datagrams one socket may deliver before others, and timers, have their turn.
const TURN: usize = 128;

/// A non-blocking socket with buffers of so many bytes, of which the system grants what it likes.
pub(crate) fn bind(address: SocketAddr, receive: usize, send: Option<usize>) -> io::Result<UdpSocket> {
    let socket = Socket::new(Domain::for_address(address), Type::DGRAM, Some(Protocol::UDP))?;
    socket.set_nonblocking(true)?;
    // What the system grants is good enough.
    let _ = socket.set_recv_buffer_size(receive);
    if let Some(send) = send {
        let _ = socket.set_send_buffer_size(send);
    }
    socket.bind(&address.into())?;
    Ok(socket.into())
}

struct Endpoint {
    socket: mio::net::UdpSocket,
    local: SocketAddr,
    /// Readiness is edge-triggered: it holds until a read would block.
    readable: bool,
    /// When it was last empty, as far as that is known.
    empty: Instant,
}

/// Sockets that one thread reads and sends with.
pub(crate) struct Sockets {
    registry: Registry,
    endpoints: Vec<Endpoint>,
    receiver: Receiver,
    buffer: Box<[u8; DATAGRAM_BYTES]>,
}

/// A datagram as it arrived.
pub(crate) struct Datagram<'a> {
    pub(crate) local: SocketAddr,
    pub(crate) peer: SocketAddr,
    pub(crate) data: &'a [u8],
    /// When it arrived, and how long it has waited since.
    pub(crate) at: Instant,
    pub(crate) waited: Duration,
}

impl Sockets {
    /// None yet; readiness goes to `registry`.
    pub(crate) fn new(registry: Registry) -> Self {
        let buffer = Box::new([0; DATAGRAM_BYTES]);
        Self { registry, endpoints: Vec::new(), receiver: Receiver::new(), buffer }
    }

    /// Takes over a bound, non-blocking socket.
    pub(crate) fn add(&mut self, socket: UdpSocket) -> io::Result<()> {
        let (local, empty) = (socket.local_addr()?, Instant::now());
        let mut socket = mio::net::UdpSocket::from_std(socket);
        Receiver::prepare(&socket);
        self.registry.register(&mut socket, Token(self.endpoints.len()), Interest::READABLE)?;
        self.endpoints.push(Endpoint { socket, local, readable: true, empty });
        Ok(())
    }

    /// The addresses that are bound.
    pub(crate) fn locals(&self) -> impl Iterator<Item = SocketAddr> {
        self.endpoints.iter().map(|endpoint| endpoint.local)
    }

    /// Notes that there is something to read behind `token`.
    pub(crate) fn mark_readable(&mut self, token: Token) {
        if let Some(endpoint) = self.endpoints.get_mut(token.0) {
            endpoint.readable = true;
        }
    }

    /// Whether something is known to be left to read.
    pub(crate) fn any_readable(&self) -> bool {
        self.endpoints.iter().any(|endpoint| endpoint.readable)
    }

    /// Hands what has arrived to `take`, a bounded number at a time.
    pub(crate) fn receive(&mut self, mut take: impl FnMut(Datagram<'_>)) {
        for endpoint in self.endpoints.iter_mut().filter(|endpoint| endpoint.readable) {
            // What comes while this turn lasts may be left for the next one, so it is no later than that.
            let turn = Instant::now();
            for _ in 0..TURN {
                let buffer = self.buffer.as_mut_slice();
                match self.receiver.receive(&endpoint.socket, buffer, endpoint.empty) {
                    Ok(Arrival { length, peer, at, waited }) => {
                        let data = &self.buffer[..length];
                        take(Datagram { local: endpoint.local, peer, data, at, waited });
                    }
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                        (endpoint.readable, endpoint.empty) = (false, turn);
                        break;
                    }
                    // An ICMP error of an earlier datagram (port unreachable: a killed peer) ends up here, once.
                    Err(_) => {}
                }
            }
        }
    }

    /// Sends one datagram; false where the system did not take it, which equals a loss on the way.
    pub(crate) fn send(&self, local: SocketAddr, peer: SocketAddr, data: &[u8]) -> bool {
        let endpoint = self.endpoints.iter().find(|endpoint| endpoint.local == local);
        endpoint.is_some_and(|endpoint| endpoint.socket.send_to(data, peer).is_ok())
    }

    /// Sends one datagram in one piece, or not at all; what is sent before and after is treated as ever.
    pub(crate) fn send_whole(&self, local: SocketAddr, peer: SocketAddr, data: &[u8], known: Known) -> Whole {
        let endpoint = self.endpoints.iter().find(|endpoint| endpoint.local == local);
        endpoint.map_or(Whole::NotSent, |endpoint| send_whole(&endpoint.socket, peer, data, known))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sockets of which there is one, at the address that follows, and a peer.
    fn one() -> (mio::Poll, Sockets, SocketAddr, UdpSocket) {
        let poll = mio::Poll::new().unwrap();
        let socket = bind("127.0.0.1:0".parse().unwrap(), 8 << 20, None).unwrap();
        let local = socket.local_addr().unwrap();
        let mut sockets = Sockets::new(poll.registry().try_clone().unwrap());
        sockets.add(socket).unwrap();
        (poll, sockets, local, UdpSocket::bind("127.0.0.1:0").unwrap())
    }

    #[test]
    fn what_arrives_is_read_until_the_socket_is_empty() {
        let (_poll, mut sockets, local, peer) = one();
        for n in 0..TURN + 2 {
            peer.send_to(&[u8::try_from(n % 250).unwrap()], local).unwrap();
        }
        let mut received = 0;
        sockets.receive(|datagram| {
            assert_eq!(datagram.peer, peer.local_addr().unwrap());
            received += 1;
        });
        assert_eq!((received, sockets.any_readable()), (TURN, true));
        sockets.receive(|_| received += 1);
        assert_eq!((received, sockets.any_readable()), (TURN + 2, false));
        assert!(sockets.send(local, peer.local_addr().unwrap(), b"x"));
        assert!(!sockets.send(peer.local_addr().unwrap(), local, b"x"), "not one of ours");
    }

    /// What is read late has waited, although the socket was found empty before, and no longer than since then.
    #[cfg(target_os = "linux")]
    #[test]
    fn a_datagram_has_waited_since_it_came() {
        let (_poll, mut sockets, local, peer) = one();
        // The system takes a moment to begin with stamps when this is the first socket that asks.
        let is_stamped = (0..100).any(|_| {
            sockets.receive(|_| {});
            assert!(!sockets.any_readable());
            let empty = Instant::now();
            peer.send_to(b"report", local).unwrap();
            let sent = Instant::now();
            while sent.elapsed() < Duration::from_millis(20) {
                std::hint::spin_loop();
            }
            sockets.mark_readable(Token(0));
            let mut arrivals = Vec::new();
            sockets.receive(|datagram| arrivals.push((datagram.at, datagram.waited)));
            let [(at, waited)] = arrivals[..] else { panic!("{arrivals:?}") };
            assert!(at >= empty, "{:?} before the socket was empty", empty - at);
            waited >= Duration::from_millis(20)
        });
        assert!(is_stamped);
    }
}
