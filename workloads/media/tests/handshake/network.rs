//! A network between a fan-out and a receiver that loses the datagrams it is told to.

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

/// How often a direction looks whether it is to end.
const TICK: Duration = Duration::from_millis(20);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Direction {
    ToClient,
    ToServer,
}

/// Whether a datagram is lost.
pub(crate) type Loses = Box<dyn FnMut(Direction, &[u8]) -> bool + Send>;

/// One session's; it ends when it is dropped.
pub(crate) struct Network {
    /// What the client takes for the server's, and the server for the client's.
    to_client: UdpSocket,
    to_server: UdpSocket,
    loses: Arc<Mutex<Loses>>,
    ended: Arc<AtomicBool>,
    directions: Vec<JoinHandle<()>>,
}

impl Network {
    pub(crate) fn new(loses: Loses) -> Self {
        let bind = || {
            let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
            socket.set_read_timeout(Some(TICK)).unwrap();
            socket
        };
        let loses = Arc::new(Mutex::new(loses));
        Self { to_client: bind(), to_server: bind(), loses, ended: Arc::default(), directions: Vec::new() }
    }

    /// The server's offer, as the client is to get it.
    pub(crate) fn offered(&self, offer: &str) -> String {
        let (server, offer) = redirect(offer, self.to_client.local_addr().unwrap());
        self.to_server.connect(server).unwrap();
        offer
    }

    /// The client's answer, as the server is to get it.
    pub(crate) fn answered(&mut self, answer: &str) -> String {
        let (client, answer) = redirect(answer, self.to_server.local_addr().unwrap());
        self.to_client.connect(client).unwrap();
        let to_client = self.carry(Direction::ToClient, &self.to_server, &self.to_client);
        let to_server = self.carry(Direction::ToServer, &self.to_client, &self.to_server);
        self.directions.extend([to_client, to_server]);
        answer
    }

    fn carry(&self, direction: Direction, from: &UdpSocket, to: &UdpSocket) -> JoinHandle<()> {
        let (from, to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
        let (loses, ended) = (Arc::clone(&self.loses), Arc::clone(&self.ended));
        std::thread::spawn(move || {
            let mut buffer = [0; 2048];
            while !ended.load(Relaxed) {
                let Ok(length) = from.recv(&mut buffer) else { continue };
                if !loses.lock().unwrap()(direction, &buffer[..length]) {
                    // Fails where the peer is gone.
                    let _ = to.send(&buffer[..length]);
                }
            }
        })
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        self.ended.store(true, Relaxed);
        for direction in self.directions.drain(..) {
            direction.join().unwrap();
        }
    }
}

/// The only candidate's address, and the description with another in its place.
fn redirect(sdp: &str, to: SocketAddr) -> (SocketAddr, String) {
    let mut candidate = None;
    let lines = sdp.lines().map(|line| {
        let mut words: Vec<_> = line.split(' ').map(str::to_owned).collect();
        if line.starts_with("a=candidate:") {
            candidate = Some(SocketAddr::new(words[4].parse().unwrap(), words[5].parse().unwrap()));
            (words[4], words[5]) = (to.ip().to_string(), to.port().to_string());
        }
        words.join(" ") + "\r\n"
    });
    let sdp = lines.collect();
    (candidate.unwrap(), sdp)
}
