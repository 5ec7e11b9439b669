//! The way of the datagrams: a socket for each peer, and a thread for each direction.

use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::datagram::Datagram;
use super::delay_line::{Carried, DelayLine};
use super::impairments::Direction::{self, ToClient, ToServer};
use super::shared::Shared;

/// More than any datagram of either peer.
const DATAGRAM_BYTES: usize = 2048;

/// The longest wait without checking whether it is time to end.
const TICK: Duration = Duration::from_millis(20);

/// How often a direction that is held asks whether it may go on.
const HOLD_STEP: Duration = Duration::from_millis(5);

/// What was held leaves with pauses of this length, about 100 Mbit/s: all at once it would be lost in the receiver's
/// buffer, and a hold loses nothing.
const BACKLOG_PAUSE: Duration = Duration::from_micros(100);

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

    /// Carries datagrams between the peers' media addresses until the session has ended, or the relay is to end.
    pub(super) fn open(
        &self,
        server: SocketAddr,
        client: SocketAddr,
        shared: &Arc<Shared>,
        ended: &Arc<AtomicBool>,
    ) -> [JoinHandle<()>; 2] {
        let clone = |socket: &UdpSocket| socket.try_clone().expect("there are descriptors left");
        self.to_server.connect(server).expect("an address on loopback");
        self.to_client.connect(client).expect("an address on loopback");
        [(ToClient, &self.to_server, &self.to_client), (ToServer, &self.to_client, &self.to_server)].map(
            |(direction, from, to)| {
                let (from, to) = (clone(from), clone(to));
                let (shared, ended) = (Arc::clone(shared), Arc::clone(ended));
                std::thread::spawn(move || carry(direction, &from, &to, &shared, &ended))
            },
        )
    }
}

fn carry(direction: Direction, from: &UdpSocket, to: &UdpSocket, shared: &Shared, ended: &AtomicBool) {
    let seed = shared.network.seed ^ u64::from(direction == ToServer);
    let mut line = DelayLine::new(shared.network.delay, seed);
    let mut buffer = [0; DATAGRAM_BYTES];
    let mut was_held = false;
    loop {
        let impairment = *shared.impairments().of(direction);
        let wait = if impairment.is_held && !shared.is_stopping() {
            was_held = true;
            HOLD_STEP
        } else {
            while let Some(carried) = line.arrived(Instant::now()) {
                // Fails where the peer is gone.
                if to.send(&carried.bytes).is_ok() {
                    shared.delivered(carried.datagram);
                }
                if was_held {
                    std::thread::sleep(BACKLOG_PAUSE);
                }
            }
            was_held = false;
            line.next_arrival().map_or(TICK, |at| at.saturating_duration_since(Instant::now()).min(TICK))
        };
        // No wait at all would be one without an end.
        from.set_read_timeout(Some(wait.max(Duration::from_millis(1)))).expect("the time is not zero");
        match from.recv(&mut buffer) {
            Ok(length) => {
                let bytes = buffer[..length].to_vec();
                let (datagram, now) = (Datagram::of(&bytes), Instant::now());
                let decision = shared.decide(direction, datagram, length, now);
                let delay = shared.network.delay + Duration::from_millis(impairment.delay_milliseconds);
                line.set(delay, Duration::from_millis(impairment.jitter_milliseconds), impairment.kbps);
                if !line.take(Carried { bytes, datagram }, decision, now) {
                    shared.overflowed(direction, datagram);
                }
            }
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                let is_over = shared.is_stopping() || ended.load(Relaxed);
                if is_over && line.next_arrival().is_none() {
                    return;
                }
            }
            // The peer of an earlier datagram is gone, which the system reports once for each.
            Err(_) => {}
        }
    }
}
