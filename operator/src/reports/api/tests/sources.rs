//! One source of many connections, and others beside it: real sockets, each from an address of its own.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use process::connections::Limits;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::yield_now;

use super::{Served, Times, code, request, rest, server_report};
use crate::reports::testing::Identity;

/// As many as a pod can have at hand are more than there are slots.
const LIMITS: Limits = Limits { connections: 64, per_source: 8, ..super::LIMITS };
const HELD: usize = 200;
const OTHERS: u8 = 30;

fn source(last: u8) -> IpAddr {
    Ipv4Addr::new(127, 0, 1, last).into()
}

async fn connect_from(source: IpAddr, to: SocketAddr) -> std::io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseaddr(true)?;
    socket.bind((source, 0).into())?;
    socket.connect(to).await
}

/// What a source sends that wants all connections for itself.
#[derive(Debug, Clone, Copy)]
enum Sends {
    Nothing,
    /// What could be the beginning of a request.
    Beginning,
}

/// Opens connections as fast as it can, and holds as many of them as it can, until `stop`.
async fn flood(to: SocketAddr, sends: Sends, opened: Arc<AtomicUsize>, stop: Arc<AtomicBool>) {
    let mut held = std::collections::VecDeque::new();
    while !stop.load(Ordering::Relaxed) {
        if let Ok(mut stream) = connect_from(source(1), to).await {
            opened.fetch_add(1, Ordering::Relaxed);
            if matches!(sends, Sends::Beginning) {
                let _ = stream.write_all(b"POST /v1/reports HTTP/1.1\r\n").await;
            }
            held.push_back(stream);
        }
        if held.len() > HELD {
            held.pop_front();
        }
        yield_now().await;
    }
}

/// S4: one pod that held 1,024 connections, for 10 s each, shut out all others.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_source_that_opens_connections_as_fast_as_it_can_keeps_nobody_else_from_reporting() {
    let identity = Identity::new();
    for (is_tls, sends) in [(true, Sends::Nothing), (false, Sends::Nothing), (false, Sends::Beginning)] {
        let tls = is_tls.then(|| identity.acceptor());
        let served = Served::limited((Times::REPORTS, LIMITS), tls).await;
        let (opened, stop) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
        let flooding = tokio::spawn(flood(served.address, sends, Arc::clone(&opened), Arc::clone(&stop)));
        while opened.load(Ordering::Relaxed) < 2 * LIMITS.connections {
            yield_now().await;
        }
        let mut longest = Duration::ZERO;
        for other in 0..OTHERS {
            let begun = Instant::now();
            let post =
                request(&served.token("server"), server_report(u64::from(other) + 1).to_string().as_bytes());
            let mut stream = connect_from(source(10 + other), served.address).await.unwrap();
            let answer = if is_tls {
                let mut stream = identity.connect(stream).await;
                stream.write_all(&post).await.unwrap();
                rest(&mut stream).await
            } else {
                stream.write_all(&post).await.unwrap();
                rest(&mut stream).await
            };
            assert_eq!(code(&answer), 202, "{is_tls} {sends:?}");
            longest = longest.max(begun.elapsed());
        }
        stop.store(true, Ordering::Relaxed);
        flooding.await.unwrap();
        let opened = opened.load(Ordering::Relaxed);
        println!(
            "TLS {is_tls}, {sends:?}: {opened} connections opened beside {OTHERS} posts; the longest took {longest:?}"
        );
        // Before a sender gives up.
        assert!(longest < Duration::from_secs(3), "{longest:?}");
    }
}

#[tokio::test]
async fn a_source_that_has_all_its_places_gives_up_the_connection_that_was_idle_for_longest() {
    let served = Served::limited((Times::REPORTS, LIMITS), None).await;
    let mut other = connect_from(source(2), served.address).await.unwrap();
    let mut of_one = Vec::new();
    for _ in 0..=LIMITS.per_source {
        of_one.push(connect_from(source(1), served.address).await.unwrap());
    }
    assert_eq!(rest(&mut of_one[0]).await, "", "there is no slot for it any more");
    let post = request(&served.token("server"), server_report(1).to_string().as_bytes());
    for stream in [&mut of_one[1], &mut other] {
        stream.write_all(&post).await.unwrap();
        assert_eq!(code(&rest(stream).await), 202);
    }
}

#[tokio::test]
async fn who_begins_no_handshake_or_ends_none_is_cut_off_and_so_is_who_speaks_no_tls() {
    let times = Times { head: Duration::from_millis(300), ..Times::REPORTS };
    let identity = Identity::new();
    let served = Served::limited((times, LIMITS), Some(identity.acceptor())).await;
    // The beginning of a record that does not go on, and what is no record.
    for sent in [&b""[..], b"\x16\x03\x01\x02\x00", b"POST /v1/reports HTTP/1.1\r\n\r\n"] {
        let mut stream = served.connect().await;
        stream.write_all(sent).await.unwrap();
        let mut answer = Vec::new();
        let read = tokio::time::timeout(Duration::from_secs(30), stream.read_to_end(&mut answer)).await;
        read.expect("the connection stays open").unwrap_or_default();
        assert!(!answer.starts_with(b"HTTP"), "{answer:?}");
    }
    let mut stream = identity.connect(served.connect().await).await;
    assert_eq!(rest(&mut stream).await, "", "a handshake is no request");
    let mut stream = identity.connect(served.connect().await).await;
    let post = request(&served.token("server"), server_report(1).to_string().as_bytes());
    stream.write_all(&post).await.unwrap();
    assert_eq!(code(&rest(&mut stream).await), 202);
}
