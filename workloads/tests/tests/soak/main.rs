//! Sessions that come and go by the hundred, in order and without it: at the end the server is as it was.
//!
//! A minute of it at most; `make soak` goes on for ten, and prints what it saw. In [`clocks`] nobody goes, and the clocks are set.

#![allow(clippy::unwrap_used, reason = "in a test an error is a failure, in its helpers too")]

mod clocks;
mod duration;
mod held;
mod peer;

use std::time::Instant;

use ballsession_tests::{Client, Server, assert_accounted, assert_perfect};
use fastrand::Rng;
use held::Held;
use peer::{End, Peer};
use report::State;
use tokio::runtime::Runtime;

/// Sessions at once, and waves of them; after the second all is there that is made once, or kept for a while.
const AT_ONCE: u64 = 50;
const WAVES: u64 = 10;
const SETTLED: u64 = 2;
/// One after the other, before the waves.
const ALONE: u64 = 20;

/// The most that it may have taken: a pod's request, and a megabyte for each session.
const MOST_KILOBYTES: u64 = (64 + AT_ONCE) << 10;

/// Waits until nobody but the witness is connected.
fn settle(server: &Server) {
    server.eventually("nobody else is connected", |status| {
        let is_over = |state| matches!(state, State::Ended | State::Lost | State::Failed);
        status.clients.iter().all(|row| row.id == "witness" || is_over(row.state)).then_some(())
    });
    server.eventually("the last session is forgotten", |_| {
        server.get("/metrics").body.contains("\nballsession_sessions 1.0\n").then_some(())
    });
}

/// So many sessions at once, each of which ends in a way of its own.
fn wave(server: &Server, runtime: &Runtime, first: u64, count: u64, rng: &mut Rng) {
    std::thread::scope(|scope| {
        for number in first..first + count {
            let (address, end, frames) = (server.signaling(), End::any(rng), rng.usize(1..20));
            scope.spawn(move || {
                let peer = Peer::join(runtime, address, &format!("soak-{number}"));
                peer.watch(frames);
                peer.end(end, runtime);
            });
        }
    });
    settle(server);
}

#[test]
fn sessions_by_the_hundred_leave_nothing_behind() {
    let extra = duration::asked_for().unwrap_or_default();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let (server, mut rng, began) = (Server::start(&[]), Rng::with_seed(1), Instant::now());
    let witness = Client::start("witness", server.signaling(), &[]);
    server.matched("witness", 15);

    let (mut sessions, mut settled) = (0, None);
    for _ in 0..ALONE {
        wave(&server, &runtime, sessions, 1, &mut rng);
        sessions += 1;
    }
    for number in 1.. {
        wave(&server, &runtime, sessions, AT_ONCE, &mut rng);
        sessions += AT_ONCE;
        let held = Held::by(server.process());
        println!("{:4.0} s, {sessions} sessions: {held:?}", began.elapsed().as_secs_f64());
        if number == SETTLED {
            settled = Some((held, Held::by(witness.process())));
        }
        if number >= WAVES && began.elapsed() >= extra {
            break;
        }
    }
    let (of_server, of_witness) = settled.expect("there were enough waves");
    Held::by(server.process()).assert_is_not_more_than(of_server);
    Held::by(witness.process()).assert_is_not_more_than(of_witness);
    let most = server.process().most_resident_kilobytes();
    println!("{most} kB at most");
    assert!(most <= MOST_KILOBYTES, "{most} kB");

    witness.stop();
    let summary = server.stop().summary;
    assert_accounted(&summary.frames);
    let row = summary.clients.iter().find(|row| row.id == "witness").unwrap();
    assert_perfect(&row.frames);
}
