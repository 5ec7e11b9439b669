//! A server behind an address that is not its own, as a node's port is, and a client behind a NAT.

use std::fs;
use std::net::SocketAddr;

use ballsession_tests::{Client, Program, Server, assert_perfect};
use report::CandidateType;

use crate::namespace::{NAT, within};

/// What goes to 192.0.2.9:30082 comes to the server's port, and from another address than that of whoever sent it.
const RULES: &str = "nft 'add chain ip nat postrouting { type nat hook postrouting priority 100; }'
nft add rule ip nat output ip daddr 192.0.2.9 udp dport 30082 dnat to 10.9.9.7:8082
nft add rule ip nat postrouting udp dport 8082 ct status dnat snat to 10.9.9.8";

const NODE_PORT: &str = "192.0.2.9:30082";

#[test]
fn media_goes_by_a_nodes_port_that_is_advertised() {
    within(&format!("{NAT}\n{RULES}"), "node_port::within_the_namespaces");
}

#[test]
#[ignore = "run by the test above, in namespaces"]
fn within_the_namespaces() {
    let listen = "10.9.9.7:0".parse().unwrap();
    let ports = ["--media-ports", "8082", "--ice-address", "10.9.9.7"];
    let server = Server::start_on(listen, &[&ports[..], &["--advertise", NODE_PORT]].concat());
    let client =
        Client::start("by-port", server.signaling(), &["--ice-address", "10.9.9.7", "--duration", "3s"]);
    let paths = server.row("by-port", "both ends of its way", |row| row.path.zip(row.server_path));
    let end = |candidate: report::IceCandidate| {
        let address = SocketAddr::new(candidate.address, candidate.port);
        (candidate.candidate_type, address)
    };
    let (host, prflx) = (CandidateType::Host, CandidateType::Prflx);
    let node_port: SocketAddr = NODE_PORT.parse().unwrap();
    let [clients, servers] = [paths.0, paths.1].map(|pair| [end(pair.local), end(pair.remote)]);
    assert_eq!(clients[1], (host, node_port), "what the client sends to");
    assert_eq!(
        (clients[0].0, clients[0].1.ip()),
        (prflx, "10.9.9.8".parse().unwrap()),
        "what the NAT made of it"
    );
    assert_eq!(servers, [(host, node_port), clients[0]], "the same from the other end");
    assert!(server.get("/metrics").body.contains("ballsession_clients_by_candidate_type{type=\"prflx\"} 1"));
    let client = client.finish();
    assert_eq!((client.exited.code, client.summary.path), (Some(0), Some(paths.0)));
    let summary = server.stop().summary;
    assert_perfect(&summary.frames);
    assert!(summary.frames.matched > 20, "{summary:?}");

    let folder = std::env::temp_dir().join(format!("ballsession-advertise-{}", std::process::id()));
    let server =
        Server::start_on(listen, &[&ports[..], &["--advertise-file", folder.to_str().unwrap()]].concat());
    let address = server.signaling().to_string();
    let waiting = "the server is not reachable for media yet: it waits for an address to advertise";
    let gives_up = ["--server", &address, "--give-up-after", "1s"];
    let refused = Program::run("ballsession-client", &gives_up);
    let last = refused.stderr.last().unwrap();
    assert!(
        refused.code == Some(1) && last.ends_with(&format!("no media: NoOffer: {waiting}")),
        "{refused:?}"
    );
    let errors = server.status().errors;
    let [error] = &errors[..] else { panic!("{errors:?}") };
    assert!(error.message.contains("no address is advertised in"), "{error:?}");

    let mut waits = Program::start("ballsession-client", &["--server", &address, "--duration", "1s", "-v"]);
    waits.line(waiting);
    fs::write(&folder, NODE_PORT).unwrap();
    let ended = waits.finish();
    fs::remove_file(&folder).unwrap();
    assert_eq!(ended.code, Some(0), "{ended:?}");
}
