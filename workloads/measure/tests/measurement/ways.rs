//! Which way media takes to clients.

use std::net::SocketAddr;

use report::way::{Way, WayKind};
use report::{CandidatePair, CandidateType, IceCandidate};

use crate::world::World;

const CLIENT: &str = "demo-client-0";

fn at(address: &str) -> SocketAddr {
    address.parse().expect("an address")
}

/// As the server sees it.
fn pair(server: &str) -> CandidatePair {
    let end = |address| IceCandidate::new(CandidateType::Host, at(address));
    CandidatePair { local: end(server), remote: end("10.244.2.10:57076") }
}

#[test]
fn a_way_is_said_once_it_is_asked_for() {
    let mut world = World::new(30, 10);
    let client = world.join(CLIENT);
    let session = world.clients[client].session.expect("a session");
    let of = |kind| Some(Way { kind, is_ipv6: false });
    world.run.measurement.judge_ways(&[]);
    assert_eq!(world.client(CLIENT).way, None, "ICE has found none");
    world.run.measurement.path(session, pair("10.96.0.7:8082"));
    assert_eq!(world.client(CLIENT).way, of(WayKind::Direct));
    world.run.measurement.judge_ways(&[at("10.96.0.7:8082")]);
    assert_eq!(world.client(CLIENT).way, of(WayKind::Advertised));
    world.run.measurement.judge_ways(&[at("10.96.0.8:8082")]);
    assert_eq!(world.client(CLIENT).way, of(WayKind::Advertised), "it comes again by the other one");
    world.run.measurement.path(session, pair("[2001:db8::1]:8082"));
    assert_eq!(world.client(CLIENT).way, Some(Way { kind: WayKind::Direct, is_ipv6: true }));
}

#[test]
fn nobody_is_told_of_ways_who_did_not_ask() {
    let mut world = World::new(30, 10);
    let client = world.join(CLIENT);
    let session = world.clients[client].session.expect("a session");
    world.run.measurement.path(session, pair("10.244.1.7:8082"));
    assert_eq!(world.client(CLIENT).way, None);
}
