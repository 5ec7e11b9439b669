//! A shard's UDP sockets, one for each local address.

use std::io;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use mio::{Interest, Registry, Token};
use socket2::{Domain, Protocol, Socket, Type};

use super::ports::MediaPorts;
use crate::arrival::{Arrival, Receiver};

/// Reports of a whole sweep arrive at once: the default of 208 KiB lost 15 % of them at 500 sessions. The system caps
/// this at net.core.rmem_max, silently.
const BUFFER_BYTES: usize = 8 << 20;

/// Larger than any path MTU that our peers use; what is longer is cut, and then fails its authentication.
const DATAGRAM_BYTES: usize = 2048;

/// How many datagrams one socket may deliver before others have their turn.
const TURN: usize = 128;

/// A non-blocking socket for shard `number` on `address`: on the first of `ports` that is free, or on one that the system gives.
pub(super) fn bind(address: IpAddr, ports: Option<MediaPorts>, number: usize) -> io::Result<UdpSocket> {
    let Some(ports) = ports else { return bind_port(address, 0) };
    let mut refused = io::Error::from(io::ErrorKind::AddrInUse);
    for port in ports.of(number) {
        match bind_port(address, port) {
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => refused = error,
            outcome => return outcome,
        }
    }
    Err(refused)
}

fn bind_port(address: IpAddr, port: u16) -> io::Result<UdpSocket> {
    let address = SocketAddr::new(address, port);
    let socket = Socket::new(Domain::for_address(address), Type::DGRAM, Some(Protocol::UDP))?;
    socket.set_nonblocking(true)?;
    // What the system grants is good enough; drops are counted.
    let _ = socket.set_recv_buffer_size(BUFFER_BYTES);
    let _ = socket.set_send_buffer_size(BUFFER_BYTES);
    socket.bind(&address.into())?;
    Ok(socket.into())
}

struct Endpoint {
    socket: mio::net::UdpSocket,
    local: SocketAddr,
    /// Readiness is edge-triggered: it holds until a read would block.
    readable: bool,
}

/// The sockets of one shard.
pub(super) struct Sockets {
    registry: Registry,
    endpoints: Vec<Endpoint>,
    receiver: Receiver,
    buffer: Box<[u8; DATAGRAM_BYTES]>,
}

/// A datagram as it arrived.
pub(super) struct Datagram<'a> {
    pub(super) local: SocketAddr,
    pub(super) peer: SocketAddr,
    pub(super) data: &'a [u8],
    /// When it arrived, and how long it has waited since.
    pub(super) at: Instant,
    pub(super) waited: Duration,
}

impl Sockets {
    /// None yet; readiness goes to `registry`.
    pub(super) fn new(registry: Registry) -> Self {
        let buffer = Box::new([0; DATAGRAM_BYTES]);
        Self { registry, endpoints: Vec::new(), receiver: Receiver::new(), buffer }
    }

    /// Takes over a bound, non-blocking socket.
    pub(super) fn add(&mut self, socket: UdpSocket) -> io::Result<()> {
        let local = socket.local_addr()?;
        let mut socket = mio::net::UdpSocket::from_std(socket);
        Receiver::prepare(&socket);
        self.registry.register(&mut socket, Token(self.endpoints.len()), Interest::READABLE)?;
        self.endpoints.push(Endpoint { socket, local, readable: true });
        Ok(())
    }

    /// Notes that there is something to read behind `token`.
    pub(super) fn mark_readable(&mut self, token: Token) {
        if let Some(endpoint) = self.endpoints.get_mut(token.0) {
            endpoint.readable = true;
        }
    }

    /// Whether something is known to be left to read.
    pub(super) fn any_readable(&self) -> bool {
        self.endpoints.iter().any(|endpoint| endpoint.readable)
    }

    /// Hands what has arrived to `take`, a bounded number at a time.
    pub(super) fn receive(&mut self, mut take: impl FnMut(Datagram<'_>)) {
        for endpoint in self.endpoints.iter_mut().filter(|endpoint| endpoint.readable) {
            for _ in 0..TURN {
                match self.receiver.receive(&endpoint.socket, self.buffer.as_mut_slice()) {
                    Ok(Arrival { length, peer, at, waited }) => {
                        let data = &self.buffer[..length];
                        take(Datagram { local: endpoint.local, peer, data, at, waited });
                    }
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                        endpoint.readable = false;
                        break;
                    }
                    // An ICMP error of an earlier datagram (port unreachable: a killed peer) ends up here, once.
                    Err(_) => {}
                }
            }
        }
    }

    /// Sends one datagram; false where the system did not take it, which equals a loss on the way.
    pub(super) fn send(&self, local: SocketAddr, peer: SocketAddr, data: &[u8]) -> bool {
        let endpoint = self.endpoints.iter().find(|endpoint| endpoint.local == local);
        endpoint.is_some_and(|endpoint| endpoint.socket.send_to(data, peer).is_ok())
    }
}

/// Datagrams that the system dropped at receive buffers of UDP sockets on `ports`, by the last column of
/// `/proc/net/udp` and `udp6`; zero where there is no such file.
pub(super) fn receive_drops(ports: &[u16]) -> u64 {
    ["/proc/self/net/udp", "/proc/self/net/udp6"]
        .iter()
        .filter_map(|table| std::fs::read_to_string(table).ok())
        .map(|table| drops_in(&table, ports))
        .sum()
}

fn drops_in(table: &str, ports: &[u16]) -> u64 {
    let row = |line: &str| {
        let mut columns = line.split_ascii_whitespace();
        let (_, port) = columns.nth(1)?.rsplit_once(':')?;
        let port = u16::from_str_radix(port, 16).ok()?;
        ports.contains(&port).then(|| columns.last()?.parse::<u64>().ok()).flatten()
    };
    table.lines().skip(1).filter_map(row).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drops_are_the_last_column_of_our_ports() {
        let table = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops\n\
             1: 0100007F:1F90 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 9 2 0 17\n\
             2: 0100007F:1F91 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 9 2 0 5\n";
        assert_eq!(drops_in(table, &[0x1f90]), 17);
        assert_eq!(drops_in(table, &[0x1f90, 0x1f91, 1]), 22);
        assert_eq!(drops_in("", &[1]), 0);
    }

    #[test]
    fn what_arrives_is_read_until_the_socket_is_empty() {
        let poll = mio::Poll::new().unwrap();
        let socket = bind("127.0.0.1".parse().unwrap(), None, 0).unwrap();
        let local = socket.local_addr().unwrap();
        let mut sockets = Sockets::new(poll.registry().try_clone().unwrap());
        sockets.add(socket).unwrap();
        let peer = UdpSocket::bind("127.0.0.1:0").unwrap();
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
}
