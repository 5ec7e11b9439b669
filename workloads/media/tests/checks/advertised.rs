//! A server that is reachable at an address which is none of its own.

use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread::JoinHandle;
use std::time::Duration;

use ballsession_media::addresses::MediaAddresses;
use ballsession_media::fanout::CloseReason;

use crate::server::{LOOPBACK, Server};

/// What stands before the server, as a Service does: what comes to its address goes on to the server's socket, from another
/// port for its one client.
struct Gateway {
    address: SocketAddr,
    is_open: Arc<AtomicBool>,
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl Gateway {
    fn to(server: SocketAddr) -> Self {
        let bind = || {
            let socket = UdpSocket::bind((LOOPBACK, 0)).unwrap();
            socket.set_read_timeout(Some(Duration::from_millis(5))).unwrap();
            Arc::new(socket)
        };
        let (outside, inside) = (bind(), bind());
        let (is_open, stop) = (Arc::new(AtomicBool::new(true)), Arc::new(AtomicBool::new(false)));
        let client = Arc::new(std::sync::Mutex::new(None));
        let address = outside.local_addr().unwrap();
        let carry = |is_inward: bool| {
            let (outside, inside, client) = (Arc::clone(&outside), Arc::clone(&inside), Arc::clone(&client));
            let (is_open, stop) = (Arc::clone(&is_open), Arc::clone(&stop));
            std::thread::spawn(move || {
                let mut buffer = [0; 2048];
                while !stop.load(Relaxed) {
                    let from = if is_inward { &outside } else { &inside };
                    let Ok((length, sender)) = from.recv_from(&mut buffer) else { continue };
                    if is_inward {
                        *client.lock().unwrap() = Some(sender);
                    }
                    let to = if is_inward { Some(server) } else { *client.lock().unwrap() };
                    if let Some(to) = to.filter(|_| is_open.load(Relaxed)) {
                        // The peer may be gone at the end.
                        let _ = if is_inward { &inside } else { &outside }.send_to(&buffer[..length], to);
                    }
                }
            })
        };
        let threads = vec![carry(true), carry(false)];
        Self { address, is_open, stop, threads }
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        self.stop.store(true, Relaxed);
        self.threads.drain(..).for_each(|thread| drop(thread.join()));
    }
}

/// A port that nobody has, nor is given before the system has gone round all of them.
fn free_port() -> u16 {
    UdpSocket::bind((LOOPBACK, 0)).unwrap().local_addr().unwrap().port()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn media_takes_the_advertised_way_alone_and_a_peer_whose_checks_stop_is_lost() {
    let port = free_port();
    let mut server = Server::start_on(Some(port.to_string().parse().unwrap()));
    let gateway = Gateway::to(SocketAddr::new(LOOPBACK, port));
    // Where the client says that it is, and is not: whatever came there would be of the server's own making.
    let elsewhere = UdpSocket::bind((LOOPBACK, 0)).unwrap();
    elsewhere.set_nonblocking(true).unwrap();
    let ours = MediaAddresses { local: vec![LOOPBACK], advertised: vec![gateway.address] };
    let client = server.connect_at(1, ours, vec![LOOPBACK], |is_offer, sdp| {
        let candidates: Vec<&str> = sdp.lines().filter(|line| line.starts_with("a=candidate:")).collect();
        let words: Vec<&str> = candidates[0].split(' ').collect();
        if is_offer {
            assert!(sdp.contains("\na=ice-lite\r"), "{sdp}");
            let advertised = gateway.address.port().to_string();
            assert_eq!((candidates.len(), words[4], words[5]), (1, "127.0.0.1", &*advertised), "{sdp}");
            return sdp;
        }
        let decoy = elsewhere.local_addr().unwrap().port();
        sdp.replace(&format!(" {} typ", words[5]), &format!(" {decoy} typ"))
    });
    let received = client.await.receive();
    let sent = server.stream(Duration::from_secs(1));
    let unasked = elsewhere.recv(&mut [0; 2048]).map_err(|error| error.kind());
    assert_eq!(
        unasked,
        Err(std::io::ErrorKind::WouldBlock),
        "nothing goes where the client only says that it is"
    );

    gateway.is_open.store(false, Relaxed);
    assert_eq!(server.closed(), CloseReason::PeerLost);
    drop(server);
    let received = received.join().unwrap().len();
    assert!(received > sent / 2, "{received} of {sent}: the last ones may have been on their way");
}
