//! The way of the datagrams: a socket for each peer, and a thread for each direction.

use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::datagram::Datagram;
use super::delay_line::{Carried, DelayLine};
use super::shared::Shared;

/// More than any datagram of either peer.
const DATAGRAM_BYTES: usize = 2048;

/// The longest wait without checking whether it is time to end.
const TICK: Duration = Duration::from_millis(20);

/// The relay's ports.
#[derive(Debug)]
pub(super) struct Path {
    /// What the client takes for the server's.
    to_client: UdpSocket,
    /// What the server takes for the client's.
    to_server: UdpSocket,
}

impl Path {
    pub(super) fn new() -> Self {
        let bind = || UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("loopback has a free port");
        Self { to_client: bind(), to_server: bind() }
    }

    /// The address for the client's description.
    pub(super) fn for_client(&self) -> SocketAddr {
        self.to_client.local_addr().expect("a bound socket has an address")
    }

    /// The address for the server's description.
    pub(super) fn for_server(&self) -> SocketAddr {
        self.to_server.local_addr().expect("a bound socket has an address")
    }

    /// Carries datagrams between the peers' media addresses until it is time to end.
    pub(super) fn open(
        &self,
        server: SocketAddr,
        client: SocketAddr,
        shared: &Arc<Shared>,
    ) -> [JoinHandle<()>; 2] {
        let clone = |socket: &UdpSocket| socket.try_clone().expect("there are descriptors left");
        self.to_server.connect(server).expect("an address on loopback");
        self.to_client.connect(client).expect("an address on loopback");
        [(&self.to_server, &self.to_client), (&self.to_client, &self.to_server)].map(|(from, to)| {
            let (from, to, shared) = (clone(from), clone(to), Arc::clone(shared));
            std::thread::spawn(move || carry(&from, &to, &shared))
        })
    }
}

fn carry(from: &UdpSocket, to: &UdpSocket, shared: &Shared) {
    let mut line = DelayLine::new(shared.network.delay);
    let mut buffer = [0; DATAGRAM_BYTES];
    loop {
        while let Some(carried) = line.arrived(Instant::now()) {
            // Fails where the peer is gone.
            if to.send(&carried.bytes).is_ok() {
                shared.delivered(carried.datagram);
            }
        }
        let wait =
            line.next_arrival().map_or(TICK, |at| at.saturating_duration_since(Instant::now()).min(TICK));
        // No wait at all would be one without an end.
        from.set_read_timeout(Some(wait.max(Duration::from_millis(1)))).expect("the time is not zero");
        match from.recv(&mut buffer) {
            Ok(length) => {
                let bytes = buffer[..length].to_vec();
                let (datagram, now) = (Datagram::of(&bytes), Instant::now());
                let decision = shared.decide(datagram, length, now);
                line.take(Carried { bytes, datagram }, decision, now);
            }
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                if shared.is_stopping() && line.next_arrival().is_none() {
                    return;
                }
            }
            // The peer of an earlier datagram is gone, which the system reports once for each.
            Err(_) => {}
        }
    }
}
