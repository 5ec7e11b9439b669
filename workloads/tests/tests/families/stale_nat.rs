//! A server that is replaced behind an address whose NAT still leads to the one before.

use std::net::SocketAddr;
use std::process::Command;

use ballsession_tests::{Client, Server};
use report::ErrorCode;
use report::channel::FormerEnd;

use crate::namespace::{NAT, within};

/// The pod of the next server, and the way to that of the first.
const RULES: &str = "ip addr add 10.9.9.10/24 dev own
nft add rule ip nat output ip daddr 192.0.2.9 udp dport 30082 dnat to 10.9.9.7:8082";

const SERVICE: &str = "192.0.2.9:30082";

#[test]
fn what_goes_to_the_server_before_is_named_and_counted() {
    within(&format!("{NAT}\n{RULES}"), "stale_nat::within_the_namespaces");
}

fn nft(rules: &str) {
    let status = Command::new("nft").arg(rules).status().unwrap();
    assert!(status.success(), "{rules}: {status}");
}

#[test]
#[ignore = "run by the test above, in namespaces"]
fn within_the_namespaces() {
    let service: SocketAddr = SERVICE.parse().unwrap();
    let server = |signalling: SocketAddr, media: &str| {
        let ports = ["--media-ports", "8082", "--advertise", SERVICE];
        Server::start_on(signalling, &[&ports[..], &["--ice-address", media]].concat())
    };
    let first = server("10.9.9.7:0".parse().unwrap(), "10.9.9.7");
    let signalling = first.signaling();
    let client = Client::start("loyal", signalling, &["--reconnect", "--ice-address", "10.9.9.8"]);
    first.matched("loyal", 15);
    first.stop();

    let second = server(signalling, "10.9.9.10");
    let said = client.eventually("what it was not answered", |status| {
        let failed = status.errors.iter().find(|error| error.code == ErrorCode::IceFailed);
        failed.map(|error| error.message.clone())
    });
    let expected = format!(
        "no UDP gets to the server and back: it makes no checks, and ours are not answered; a server at {service} had answered \
         there before"
    );
    assert_eq!(said, expected);

    nft("flush chain ip nat output");
    nft("add rule ip nat output ip daddr 192.0.2.9 udp dport 30082 dnat to 10.9.9.10:8082");
    let row =
        second.row("loyal", "a recovery", |row| row.recovery_milliseconds.is_some().then(|| row.clone()));
    let unanswered = row.unanswered.unwrap();
    assert_eq!(row.former_end, Some(FormerEnd::Bye));
    assert!(unanswered.packets >= 5, "{unanswered:?}");
    let recovery = row.recovery_milliseconds.unwrap();
    assert!((2e3..recovery).contains(&unanswered.milliseconds), "{unanswered:?} of {recovery} ms");
}
