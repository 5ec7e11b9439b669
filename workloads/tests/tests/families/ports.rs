//! UDP ports for media that firewalls can name (P18).

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpStream, UdpSocket};

use ballsession_tests::{Client, Program, Server, WAIT_LIMIT, assert_perfect};

/// A port of loopback that nobody has, nor is given before the system has gone round all of them.
fn free_port() -> u16 {
    UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// The addresses of the candidates that the server offers to whoever dials, who stays until it is dropped.
fn offered(server: SocketAddr) -> (BTreeSet<SocketAddr>, TcpStream) {
    let stream = TcpStream::connect(server).unwrap();
    stream.set_read_timeout(Some(WAIT_LIMIT)).unwrap();
    let mut line = String::new();
    BufReader::new(&stream).read_line(&mut line).unwrap();
    let offer: serde_json::Value = serde_json::from_str(&line).unwrap();
    let candidates = offer["sdp"].as_str().unwrap().lines().filter(|line| line.starts_with("a=candidate:"));
    let address = |line: &str| {
        let words: Vec<&str> = line.split(' ').collect();
        SocketAddr::new(words[4].parse().unwrap(), words[5].parse().unwrap())
    };
    (candidates.map(address).collect(), stream)
}

#[test]
fn one_port_serves_all_sessions_on_every_address() {
    let port = free_port();
    let server = Server::start(&["--media-ports", &port.to_string(), "--ice-address", "127.0.0.2"]);
    let expected: BTreeSet<SocketAddr> =
        ["127.0.0.1", "127.0.0.2"].map(|ip| SocketAddr::new(ip.parse().unwrap(), port)).into();
    let both = [offered(server.signaling()), offered(server.signaling())];
    assert!(both.iter().all(|(offered, _)| *offered == expected), "{both:?}");

    let clients =
        ["one", "two", "three"].map(|id| Client::start(id, server.signaling(), &["--duration", "2s"]));
    for client in clients {
        assert_eq!(client.finish().exited.code, Some(0));
    }
    let summary = server.stop().summary;
    assert_perfect(&summary.frames);
    assert!(summary.clients.len() == 3 && summary.frames.matched > 3 * 30, "{summary:?}");
}

#[test]
fn a_range_is_kept_to_and_a_port_of_it_that_is_taken_is_passed_over() {
    let first = free_port().min(65_000);
    let range = format!("{first}-{}", first + 9);
    let taken = UdpSocket::bind(("127.0.0.1", first)).unwrap();
    let server = Server::start(&["--media-ports", &range]);
    let sessions: Vec<_> = (0..4).map(|_| offered(server.signaling())).collect();
    let ports: BTreeSet<u16> =
        sessions.iter().flat_map(|(offered, _)| offered.iter().map(SocketAddr::port)).collect();
    assert!(ports.iter().all(|port| (first + 1..first + 10).contains(port)), "{ports:?} of {range}");
    let client = Client::start("one", server.signaling(), &["--duration", "1s"]).finish();
    assert_eq!(client.exited.code, Some(0));
    drop(taken);
}

#[test]
fn a_port_that_another_program_has_is_named_at_the_start() {
    let taken = UdpSocket::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let refused = ["--listen", "127.0.0.1:0", "--http", "127.0.0.1:0", "--media-ports", &port];
    let refused = Program::run("ballsession-server", &refused);
    let [line] = &refused.stderr[..] else { panic!("{refused:?}") };
    assert_eq!(
        (refused.code, line.as_str()),
        (
            Some(1),
            &*format!(
                "error: media needs 1 of the UDP ports {port} on 127.0.0.1, and {port} cannot be bound: \
                 Address already in use (os error 98)"
            )
        )
    );
}
