//! A link whose ends do not agree on how large a packet may be, and say nothing of what they drop.

use std::net::SocketAddr;

use ballsession_tests::{Client, eventually, get};
use report::{PathMtu, Summary};

use crate::namespace::within;

/// A server beyond a link that drops what is above 1300 bytes on its way here, and refuses it on the way there; one that sends
/// packets of the default size, and one that sends larger ones.
const SCRIPT: &str = r#"mount -t tmpfs none /run
ip netns add far
ip link add near type veth peer name far netns far
ip addr add 10.9.0.1/24 dev near
ip link set near mtu 1300 up
ip -n far addr add 10.9.0.2/24 dev far
ip -n far link set far mtu 1500 up
ip -n far link set lo up
serve() {
    ip netns exec far "$(dirname "$0")/../ballsession-server" --listen "10.9.0.2:$1" --http "10.9.0.2:$2" --http-host 10.9.0.2 \
        --background textured --speed 600 --radius 40 --bitrate-kbps 4000 --packet-bytes "$3" --duration 60s > /dev/null 2>&1 &
}
serve 8080 8081 1188
serve 9080 9081 1400"#;

#[test]
fn a_link_that_drops_large_packets_is_measured_and_named() {
    within(SCRIPT, "narrow::within_the_namespaces");
}

fn path_mtu(http: SocketAddr) -> PathMtu {
    eventually("both directions", || {
        let status: Summary = serde_json::from_str(&get(http, "/status")?.body).unwrap();
        let known = status.clients.into_iter().find_map(|row| row.path_mtu)?;
        known.to_client.and(known.to_server).map(|_| known)
    })
}

#[test]
#[ignore = "run by the test above, in namespaces"]
fn within_the_namespaces() {
    let near = ["--ice-address", "10.9.0.1", "--reconnect"];
    let client = Client::start("small", "10.9.0.2:8080", &near);
    let known = path_mtu("10.9.0.2:8081".parse().unwrap());
    assert_eq!(known.to_server, Some(1300), "{known:?}");
    // The kernel's virtual links leave room for a VLAN's tag.
    let to_client = known.to_client.unwrap();
    assert!([1300, 1304].contains(&to_client), "{known:?}");
    client.eventually("media", |status| (status.frames.decoded > 30).then_some(()));

    let hole = format!("datagrams above {to_client} bytes vanish on the way here");
    let client = Client::start("large", "10.9.0.2:9080", &near);
    client.eventually("the cause", |status| {
        let mut errors = status.errors.iter();
        errors.find(|error| error.message.contains(&hole)).map(drop)
    });
    assert_eq!(client.status().frames.decoded, 0);
}
