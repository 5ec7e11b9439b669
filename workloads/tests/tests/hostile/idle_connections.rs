//! Whoever holds connections to HTTP open: probes, and all others, go on.

use std::net::{SocketAddr, TcpStream};

use ballsession_tests::{Client, Server, assert_perfect, get};
use socket2::{Domain, Socket, Type};

/// From one address, and from so many; each more than there are places for it.
const HELD: usize = 100;
const SOURCES: u8 = 8;

pub(crate) fn connect_from(last: u8, to: SocketAddr) -> TcpStream {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket.bind(&SocketAddr::from(([127, 0, 3, last], 0)).into()).unwrap();
    socket.connect(&to.into()).unwrap();
    socket.into()
}

/// S1: with its 64 places taken by one pod a server or client answered no probe, and the kubelet restarted it.
#[test]
fn probes_are_answered_whatever_others_hold_open() {
    let server = Server::start(&[]);
    let client = Client::start("healthy", server.signaling(), &[]);
    server.matched("healthy", 15);
    for http in [server.http(), client.http()] {
        let mut held = Vec::new();
        for last in 1..=SOURCES {
            held.extend((0..HELD).map(|_| connect_from(last, http)));
            for path in ["/healthz", "/readyz", "/metrics"] {
                let code = get(http, path).map(|answer| answer.code);
                assert_eq!(code, Some(200), "{path} beside {} connections", held.len());
            }
        }
    }
    server.matched("healthy", 60);
    let summary = server.stop().summary;
    assert_perfect(&summary.frames);
}
