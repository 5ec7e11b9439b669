//! Whoever sends probes of the path's MTU without end.

use std::time::{Duration, Instant};

use ballsession_tests::{Client, Server, assert_perfect};

use crate::panics::connected;

const PROBES: u32 = 20_000;
/// After so many it looks what came back, which paces it: what overflows the server's buffer costs the others.
const AT_ONCE: u32 = 20;

/// What the search of an honest peer needs at its fastest: so many at once, and then one after the other.
const ANSWERED_AT_ONCE: u64 = 100;
const INTERVAL: Duration = Duration::from_millis(8);
/// Its own checks, and answers to the server's, are answered as ever.
const CHECKS: u64 = 400;

#[test]
fn probes_without_end_get_few_answers_and_nobody_notices() {
    let server = Server::start(&[]);
    let witness = Client::start("witness", server.signaling(), &[]);
    server.matched("witness", 60);
    let (_raw_peer, mut peer) = connected(&server, "prober", 1000);
    server.matched("witness", 90);

    let (began, before) = (Instant::now(), peer.answers());
    for probe in 1..=PROBES {
        peer.send_probe(1000);
        if probe % AT_ONCE == 0 {
            peer.take_what_came();
        }
    }
    // All that are on their way.
    for _ in 0..500 {
        peer.take_what_came();
    }
    let answers = peer.answers() - before;
    let allowed = ANSWERED_AT_ONCE + began.elapsed().as_nanos() as u64 / INTERVAL.as_nanos() as u64;
    println!("{answers} answers in {:?}, {allowed} allowed", began.elapsed());
    assert!(
        (ANSWERED_AT_ONCE / 2..=allowed + CHECKS).contains(&answers),
        "{answers} answers, {allowed} allowed"
    );
    assert!(answers < u64::from(PROBES) / 4, "{answers} answers");

    let matched = server.row("witness", "is there", |row| Some(row.frames.matched));
    server.matched("witness", matched + 15);
    witness.stop();
    let summary = server.stop().summary;
    let row = summary.clients.iter().find(|row| row.id == "witness").unwrap();
    assert_perfect(&row.frames);
}
