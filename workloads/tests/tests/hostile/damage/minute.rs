//! The attack, beside a client that keeps to what was agreed on.

use std::time::{Duration, Instant};

use ballsession_tests::{Client, Server, assert_perfect};
use fastrand::Rng;
use report::State;

use super::attacker::{aims, attack, leap};

/// How long it takes, unless the variable says otherwise: a minute is `BALLSESSION_HOSTILE_SECONDS=60`.
const SECONDS: u64 = 8;
const VARIABLE: &str = "BALLSESSION_HOSTILE_SECONDS";

/// What is the same every time; the other half of what happens is the order in which datagrams come.
const SEED: u64 = 7;

/// By so much the server's memory may differ from what it was after the first third of the attack.
const KILOBYTES: u64 = 24 << 10;

#[test]
fn whatever_authenticated_peers_damage_costs_them_their_own_session_and_nobody_else_a_frame() {
    let seconds = std::env::var(VARIABLE).map_or(SECONDS, |text| text.parse().unwrap());
    let server = Server::start(&[]);
    let witness = Client::start("witness", server.signaling(), &[]);
    server.matched("witness", 15);

    let (mut rng, begun) = (Rng::with_seed(SEED), Instant::now());
    let (third, end) = (Duration::from_secs(seconds) / 3, Duration::from_secs(seconds));
    let (mut attackers, mut messages, mut settled) = (0, 0, None);
    for aim in aims() {
        messages += attack(&server, aim, &mut rng);
        attackers += 1;
        if begun.elapsed() > third {
            settled.get_or_insert_with(|| server.process().resident_kilobytes());
        }
        if begun.elapsed() > end {
            break;
        }
    }
    let resident = server.process().resident_kilobytes();
    let before = settled.unwrap();
    println!("{attackers} attackers sent {messages} messages; {before} kB, then {resident} kB");
    assert!(resident < before + KILOBYTES, "{before} kB, then {resident} kB");

    // It goes on.
    let matched = server.row("witness", "is there", |row| Some(row.frames.matched));
    server.matched("witness", matched + 15);
    let metrics = server.get("/metrics").body;
    let panics = metrics.lines().find_map(|line| line.strip_prefix("ballsession_peer_panics_total "));
    let panics: usize = panics.unwrap().parse().unwrap();
    witness.stop();
    let server = server.stop();
    let row = server.summary.clients.iter().find(|row| row.id == "witness").unwrap();
    assert_perfect(&row.frames);
    assert_eq!(row.state, State::Ended);
    assert!(row.frames.matched >= seconds * 25, "{row:?}");
    let lines = server.exited.stderr.iter().filter(|line| line.contains("panicked")).count();
    println!("{panics} panics");
    assert_eq!(lines, panics, "{:?}", server.exited.stderr);
}

/// S3: `rtc-sctp` would count up to the number that a FORWARD TSN names one by one, on the thread of the sender's shard.
#[test]
fn a_forward_tsn_over_half_of_all_numbers_holds_up_nobody() {
    let server = Server::start(&[]);
    let witness = Client::start("witness", server.signaling(), &[]);
    server.matched("witness", 15);
    for _ in 0..2 {
        leap(&server);
    }
    let matched = server.row("witness", "is there", |row| Some(row.frames.matched));
    server.matched("witness", matched + 60);
    witness.stop();
    let summary = server.stop().summary;
    assert_perfect(&summary.clients.iter().find(|row| row.id == "witness").unwrap().frames);
}
