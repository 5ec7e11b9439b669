//! L1: peers that name many addresses which are not theirs.

use std::net::{Ipv4Addr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{Duration, Instant};

use ballsession_media::fanout::SessionId;
use ballsession_media::receiver::{self, Receiver};

use crate::server::{LOOPBACK, Server, longest_gap};

/// How long checks are counted: a set-up that fails takes no longer.
const LENGTH: Duration = Duration::from_secs(8);

/// Counts what comes to one port of any address of loopback.
struct Victims {
    port: u16,
    stop: Arc<AtomicBool>,
    thread: std::thread::JoinHandle<Vec<Instant>>,
}

impl Victims {
    fn listen() -> Self {
        let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).unwrap();
        socket.set_read_timeout(Some(Duration::from_millis(20))).unwrap();
        let (port, stop) = (socket.local_addr().unwrap().port(), Arc::new(AtomicBool::new(false)));
        let stopped = Arc::clone(&stop);
        let thread = std::thread::spawn(move || {
            let (mut came, mut buffer) = (Vec::new(), [0; 2048]);
            while !stopped.load(Relaxed) {
                if socket.recv(&mut buffer).is_ok() {
                    came.push(Instant::now());
                }
            }
            came
        });
        Self { port, stop, thread }
    }

    /// A description with so many addresses of them instead of its candidates.
    fn in_place_of_candidates(&self, sdp: &str, count: usize, first: usize) -> String {
        let own: String =
            sdp.split_inclusive('\n').filter(|line| !line.starts_with("a=candidate:")).collect();
        let candidate = |n: usize| {
            let (high, low) = (n / 250, n % 250 + 1);
            format!("a=candidate:{n} 1 udp 2130706431 127.1.{high}.{low} {} typ host\r\n", self.port)
        };
        let candidates: String = (first..first + count).map(candidate).collect();
        // Into the first section, in front of its name.
        own.replacen("a=mid:", &format!("{candidates}a=mid:"), 1)
    }

    /// How many came, and the most in any second.
    fn stop(self) -> (usize, usize) {
        self.stop.store(true, Relaxed);
        let came = self.thread.join().unwrap();
        let within =
            |n: usize| came[n..].iter().take_while(|at| **at < came[n] + Duration::from_secs(1)).count();
        (came.len(), (0..came.len()).map(within).max().unwrap_or(0))
    }
}

/// Two answers of peers that never authenticate, with 100 and with 900 candidates: the first made the server send 36,200
/// datagrams, and five of the second cost an honest client nine freezes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn few_checks_leave_the_server_for_addresses_that_do_not_answer() {
    let (mut server, victims) = (Server::start(), Victims::listen());
    let healthy = server.connect(1, [vec![LOOPBACK], vec![LOOPBACK]], |_, sdp| sdp).await;
    let received = healthy.receive();
    let mut asked = 0;
    for (id, count) in [(2, 100), (3, 900)] {
        let offer = server.fanout.offer(SessionId(id), vec![LOOPBACK]).await.unwrap().unwrap();
        let answer = Receiver::answer(&offer, receiver::Options::new(vec![LOOPBACK])).unwrap();
        // It has done its part.
        answer.receiver.close().await;
        let sdp = victims.in_place_of_candidates(&answer.sdp, count, asked);
        asked += count;
        server.fanout.answer(SessionId(id), sdp).await.unwrap().unwrap();
    }
    let frames = server.stream(LENGTH);
    let stats = server.fanout.stats();
    let written = server.written();
    drop(server);
    let received = received.join().unwrap();
    let (total, most) = victims.stop();
    let mut late: Vec<_> = received
        .iter()
        .filter_map(|(timestamp, at)| Some(*at - written.iter().find(|(of, _)| of == timestamp)?.1))
        .collect();
    late.sort_unstable();
    let p95 = late[late.len() * 95 / 100];
    let gap = longest_gap(&received);
    println!(
        "{total} datagrams, {most} in a second; healthy client: p95 {p95:?}, longest gap {gap:?}; {stats:?}"
    );
    assert!(total > 20, "the addresses are checked: {total}");
    assert!(most <= 100, "{most} in a second, {total} in all");
    assert!(stats.checks_suppressed > 0, "{stats:?}");
    assert_eq!(received.len(), frames, "all frames");
    assert!(gap < Duration::from_millis(400), "a freeze of {gap:?}");
}

/// The same by an offer, as it comes over `/whep`.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn few_checks_leave_the_server_for_an_offer_of_900_candidates() {
    let (server, victims) = (Server::start(), Victims::listen());
    let offer = server.fanout.offer(SessionId(1), vec![LOOPBACK]).await.unwrap().unwrap();
    let offer = victims.in_place_of_candidates(&offer, 900, 0);
    server.fanout.accept(SessionId(2), vec![LOOPBACK], offer).await.unwrap().unwrap();
    tokio::time::sleep(LENGTH).await;
    let (total, most) = victims.stop();
    println!("{total} datagrams, {most} in a second");
    assert!(total > 20 && most <= 60, "{most} in a second, {total} in all");
}

/// A server that is none makes a client check 900 addresses.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn few_checks_leave_a_client_for_an_offer_of_900_candidates() {
    let (server, victims) = (Server::start(), Victims::listen());
    let offer = server.fanout.offer(SessionId(1), vec![LOOPBACK]).await.unwrap().unwrap();
    let offer = victims.in_place_of_candidates(&offer, 900, 0);
    let answer = Receiver::answer(&offer, receiver::Options::new(vec![LOOPBACK])).unwrap();
    tokio::time::sleep(LENGTH).await;
    let stats = answer.receiver.stats();
    answer.receiver.close().await;
    let (total, most) = victims.stop();
    println!("{total} datagrams, {most} in a second");
    assert!(total > 20 && most <= 60, "{most} in a second, {total} in all");
    assert!(stats.checks_suppressed > 0, "{stats:?}");
}
