//! A server that is told by the answers to its reports where clients reach its media.

#![allow(clippy::unwrap_used, reason = "in a test an error is a failure, in its helpers too")]

use std::net::{SocketAddr, UdpSocket};

use ballsession_tests::{Client, Collector, Program, Server};
use report::ErrorCode;
use report::post::ServerPost;
use report::unreachable::AWAITS_ADDRESS;
use report::way::WayKind;

/// An operator that names these addresses.
fn answer(advertise: &[SocketAddr]) -> String {
    serde_json::json!({
        "schemaVersion": 1, "windowSeconds": 60.0, "epoch": "e", "wantedPrefix": "demo-client-", "wanted": "0",
        "suspended": false, "advertise": advertise
    })
    .to_string()
}

fn at(address: [u8; 4], port: u16) -> SocketAddr {
    SocketAddr::from((address, port))
}

#[test]
fn media_goes_where_the_operator_says_and_follows_it() {
    let port = UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let (first, second) = (at([127, 0, 0, 1], port), at([127, 0, 0, 2], port));
    let operator = Collector::answering_with("202 Accepted", answer(&[]));
    let ports = port.to_string();
    let by_operator = ["--media-ports", &ports, "--path", "ClusterIP", "--ice-address", "127.0.0.2"];
    let server = Server::start(&operator.flags(&by_operator));
    let client = Client::start("demo-client-0", server.signaling(), &["--reconnect"]);
    let refused = server.eventually("nobody gets an address", |status| {
        status.errors.iter().find(|error| error.code == ErrorCode::NoOffer && error.count >= 3).cloned()
    });
    assert!(refused.message.ends_with("the operator has named no address for ClusterIP"), "{refused:?}");
    client.eventually("what the client is told", |status| {
        status.errors.iter().any(|error| error.message == AWAITS_ADDRESS).then_some(())
    });
    let asked = operator.eventually("each is a question", |posts: &[ServerPost]| {
        (posts.len() >= 3).then(|| posts.iter().map(|post| post.sequence).collect::<Vec<_>>())
    });
    assert!(asked.is_sorted(), "{asked:?}");

    operator.answer_with(answer(&[first]));
    let remote = |row: &report::ClientRow| Some(row.path?.remote.socket_address());
    let by = server.row("demo-client-0", "a way", remote);
    assert_eq!(by, first);
    server.matched("demo-client-0", 30);
    operator.eventually("the way in a post", |posts: &[ServerPost]| {
        let ways = posts.last()?.judged.as_ref()?;
        let (_, way) = ways.ways().next()?;
        (way?.kind == WayKind::Advertised && !way?.is_ipv6).then_some(())
    });

    // Whoever is there comes again, and everybody new goes there at once.
    operator.answer_with(answer(&[second]));
    server.row("demo-client-0", "the other address", |row| {
        (row.reconnects >= 1 && remote(row) == Some(second)).then_some(())
    });
    let client = client.stop();
    assert_eq!(client.exited.code, Some(143), "{:?}", client.exited);
    let summary = server.stop().summary;
    assert!(summary.errors.iter().all(|error| error.code == ErrorCode::NoOffer), "{:?}", summary.errors);
}

/// The variable is of every pod of a session with a path, and not each path is the operator's to find out.
#[test]
fn a_path_without_a_service_is_the_servers_own_addresses() {
    for path in ["Relay", "PodIP", "a path of the future"] {
        let server = Server::start(&["--path", path]);
        let client = Client::start("own", server.signaling(), &["--duration", "1s"]);
        assert_eq!(client.finish().exited.code, Some(0), "{path}");
        server.stop();
    }
    let wrong = Program::run("ballsession-server", &["--path", "NodePort", "--listen", "127.0.0.1:0"]);
    assert!(wrong.code == Some(2), "{wrong:?}");
    assert!(wrong.stderr.iter().any(|line| line.contains("--media-ports with a single port")), "{wrong:?}");
}
