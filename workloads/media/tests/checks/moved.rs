//! L7: a NAT between client and server gives the client another address in the middle of a session.

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{Duration, Instant};

use crate::server::{LOOPBACK, Server, longest_gap};

/// Carries datagrams between a client and a server, each of which takes it for the other.
struct Nat {
    inside: UdpSocket,
    /// The first mapping, and the one after it.
    outside: [UdpSocket; 2],
    has_changed: AtomicBool,
    stop: AtomicBool,
}

impl Nat {
    fn new() -> Arc<Self> {
        let bind = || {
            let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
            socket.set_read_timeout(Some(Duration::from_millis(5))).unwrap();
            socket
        };
        let (has_changed, stop) = (AtomicBool::new(false), AtomicBool::new(false));
        Arc::new(Self { inside: bind(), outside: [bind(), bind()], has_changed, stop })
    }

    fn mapping(&self) -> &UdpSocket {
        &self.outside[usize::from(self.has_changed.load(Relaxed))]
    }

    /// One thread for each direction; what comes to a mapping that is gone is lost.
    fn run(self: &Arc<Self>, client: SocketAddr, server: SocketAddr) {
        for is_inward in [true, false] {
            let nat = Arc::clone(self);
            std::thread::spawn(move || {
                let mut buffer = [0; 2048];
                while !nat.stop.load(Relaxed) {
                    let from = if is_inward { nat.mapping() } else { &nat.inside };
                    let Ok(length) = from.recv(&mut buffer) else { continue };
                    let sent = match is_inward {
                        true => nat.inside.send_to(&buffer[..length], client),
                        false => nat.mapping().send_to(&buffer[..length], server),
                    };
                    // The peer may be gone at the end.
                    let _ = sent;
                }
            });
        }
    }
}

/// The one address of the candidates in a description, and the description with another in its place.
fn replace_candidate(sdp: &str, by: SocketAddr) -> (SocketAddr, String) {
    let candidate = sdp.lines().find(|line| line.starts_with("a=candidate:")).unwrap();
    let words: Vec<&str> = candidate.split(' ').collect();
    let replaced =
        sdp.replace(&format!(" {} {} typ", words[4], words[5]), &format!(" {} {} typ", by.ip(), by.port()));
    (format!("{}:{}", words[4], words[5]).parse().unwrap(), replaced)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn media_follows_a_client_to_its_new_address_within_a_second() {
    let (mut server, nat) = (Server::start(), Nat::new());
    let server_address = std::sync::Mutex::new(None);
    let client = server.connect(1, [vec![LOOPBACK], vec![LOOPBACK]], |is_offer, sdp| {
        let relay = if is_offer { &nat.inside } else { nat.mapping() };
        let (address, replaced) = replace_candidate(&sdp, relay.local_addr().unwrap());
        if is_offer {
            *server_address.lock().unwrap() = Some(address);
        } else {
            nat.run(address, server_address.lock().unwrap().unwrap());
        }
        replaced
    });
    let received = client.await.receive();
    server.stream(Duration::from_secs(1));
    nat.has_changed.store(true, Relaxed);
    let changed = Instant::now();
    server.stream(Duration::from_secs(4));
    drop(server);
    nat.stop.store(true, Relaxed);
    let received = received.join().unwrap();
    let (gap, last) = (longest_gap(&received), received.last().unwrap().1);
    println!("dark for {gap:?}, then media for {:?}", last.saturating_duration_since(changed + gap));
    assert!(gap < Duration::from_secs(1), "dark for {gap:?}");
    assert!(last > changed + Duration::from_secs(3), "media goes on");
}
