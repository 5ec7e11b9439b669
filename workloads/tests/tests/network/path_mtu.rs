//! How large a packet may be, as both ends find out by themselves.

use ballsession_tests::relay::{Impairment, Impairments, Network, Relay};
use ballsession_tests::{Client, Server};
use report::PathMtu;

/// Headers of UDP and IPv4: the relay counts without them.
const HEADERS: u16 = 28;

fn hole(bytes: u16) -> Impairment {
    Impairment { largest_bytes: Some(usize::from(bytes - HEADERS)), ..Impairment::default() }
}

fn both(row: &report::ClientRow) -> Option<(u16, u16)> {
    let PathMtu { to_client, to_server, .. } = row.path_mtu?;
    to_client.zip(to_server)
}

#[test]
fn each_direction_is_measured_to_the_byte_and_media_has_nothing_of_it() {
    let server = Server::start(&[]);
    let relay = Relay::start(server.signaling(), Network::default());
    relay.impair(Impairments { to_client: hole(1401), to_server: hole(1303), ..Impairments::default() });
    let client = Client::start("c", relay.address(), &[]);
    assert_eq!(server.row("c", "both directions", both), (1401, 1303));
    server.matched("c", 90);
    let metrics = server.get("/metrics").body;
    for (direction, bytes) in [("to_client", 1401), ("to_server", 1303)] {
        let line = format!("\nballsession_path_mtu_bytes{{direction=\"{direction}\"}} {bytes}");
        assert!(metrics.contains(&line), "{line} in {metrics}");
    }
    client.stop();
    let summary = server.stop().summary;
    let row = &summary.clients[0];
    // No probe is among what is said of media: all frames came, and no packet was missed.
    assert_eq!((row.frames.lost, row.frames.undecodable), (0, 0), "{row:?}");
    assert!(row.network.is_some_and(|network| network.packets_lost == 0), "{row:?}");
    assert!(row.received.is_some_and(|received| received.packets_lost == 0), "{row:?}");
}

/// Loopback carries more than anybody looks for.
#[test]
fn the_largest_that_is_looked_for_is_a_jumbo_frame() {
    let server = Server::start(&[]);
    let _client = Client::start("c", server.signaling(), &[]);
    assert_eq!(server.row("c", "both directions", both), (9216, 9216));
}

/// What is lost whatever its size hides no hole and makes none.
#[test]
fn loss_by_chance_is_no_hole() {
    let server = Server::start(&[]);
    let relay = Relay::start(server.signaling(), Network { seed: 7, ..Network::default() });
    let loss = |bytes| Impairment { loss: 0.1, ..hole(bytes) };
    relay.impair(Impairments { to_client: loss(1400), to_server: loss(1400), ..Impairments::default() });
    let _client = Client::start("c", relay.address(), &[]);
    assert_eq!(server.row("c", "both directions", both), (1400, 1400));
}
