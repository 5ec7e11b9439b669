//! The search for the path's MTU over the networks of [`weather`](super::weather): what it finds is the hole, or that there is none.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::link::Link;
use super::weather::Network;
use crate::path_mtu::Search;
use crate::stun::TransactionId;

const SEEDS: u64 = 320;
/// How long the trouble lasts, which is all the time.
const TIME: Duration = Duration::from_secs(120);
/// Links carry datagrams, and sizes are those of packets.
const HEADERS: u16 = 28;
/// What is tried first, and the largest that is tried at all.
const FIRST: u16 = 1244;
const LARGEST: u16 = 9216;
/// The length of an answer.
const ANSWER: usize = 80;

/// What is found in this network, and by how many probes.
fn search(network: &Network, seed: u64) -> (Option<u16>, u64) {
    let start = Instant::now();
    let link = |weather: &super::weather::Weather, seed| {
        Link::new(weather.clone(), network.delay, start..start + TIME * 2, seed)
    };
    let (mut to_client, mut to_server) = (link(&network.to_client, seed), link(&network.to_server, !seed));
    let (mut search, mut left, mut now) = (Search::new(FIRST, start), 0_u64, start);
    let mut answers: BTreeMap<(Instant, u64), TransactionId> = BTreeMap::new();
    loop {
        while let Some(bytes) = search.poll(now) {
            left += 1;
            let mut transaction = TransactionId::default();
            transaction[..8].copy_from_slice(&left.to_be_bytes());
            search.sent(transaction, now);
            for arrived in to_client.carry(usize::from(bytes - HEADERS), now) {
                // Not in the order in which they arrive, which is all the same to an answer.
                for answered in to_server.carry(ANSWER, arrived) {
                    answers.insert((answered, left), transaction);
                }
            }
        }
        let answer = answers.keys().next().map(|(at, _)| *at);
        let Some(next) = answer.into_iter().chain(search.deadline()).min() else { break };
        if next > start + TIME {
            break;
        }
        now = now.max(next);
        if let Some(entry) = answers.first_entry().filter(|entry| entry.key().0 <= now) {
            search.answered(entry.remove(), now);
        }
    }
    (search.found(), left)
}

#[test]
fn the_path_mtu_is_the_hole_of_a_network_and_nothing_else_is_taken_for_one() {
    let (mut holes, mut unknown) = (0, 0);
    for seed in 0..SEEDS {
        let network = Network::of_seed(seed);
        let (found, probes) = search(&network, seed);
        let hole = network.to_client.largest_bytes.map(|bytes| bytes as u16 + HEADERS);
        let expected = hole.unwrap_or(LARGEST);
        match found {
            Some(found) => assert_eq!(found, expected, "seed {seed}, {network:?}"),
            None => unknown += 1,
        }
        holes += u32::from(hole.is_some() && found.is_some());
        assert!(probes < 1600, "seed {seed}: {probes} probes, {network:?}");
    }
    println!("{holes} holes found, {unknown} networks of which nothing could be said");
    assert!(holes >= 30 && unknown <= 80, "{holes} holes found, {unknown} unknown");
}
