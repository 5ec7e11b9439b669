//! What a bad network does to a session: real programs, and a relay between them that knows what it did.
//!
//! Times are counted in packets, so that the same packets are hit however busy the machine is.

#![allow(clippy::unwrap_used, reason = "a test ends with what went wrong, in its helpers too")]

mod figures;
mod model;
mod packet_bytes;
mod packet_size;
mod path_mtu;
mod session;
mod storms;

use std::ops::Range;
use std::time::Duration;

use ballsession_tests::assert_perfect;
use ballsession_tests::relay::{Loss, Network, Outage};
use figures::{assert_freezes_are_short, assert_latency_recovers, freezes};
use model::assert_exact;
use session::{LARGE_FRAMES, SMALL_FRAMES, observe};

/// Of a session of large frames: some 50 frames in peace, 6 s of trouble, 2 s in peace.
const TROUBLED: Range<u64> = 110..660;
const PACKETS: u64 = 900;

/// The same with small frames.
const TROUBLED_SMALL: Range<u64> = 60..350;
const PACKETS_SMALL: u64 = 480;

#[test]
fn lost_packets_are_repaired() {
    let (loss, delay) = (Loss::FirstCopies(0.02), Duration::from_millis(10));
    let network = Network { seed: 1, troubled: TROUBLED, loss, delay, ..Network::default() };
    let observed = observe(network, LARGE_FRAMES, PACKETS);
    let (log, frames) = (&observed.log, observed.server.frames);
    println!("{} dropped, {} sent again", log.media_dropped, log.sent_again());
    assert!(log.media_dropped >= 5, "there was something to repair");
    assert!(log.sent_again() >= log.media_dropped);
    assert_eq!(log.never_arrived(), 0);
    // A repair that a busy machine delays by 80 ms comes too late, and costs the frames up to a keyframe.
    assert!(frames.lost + frames.undecodable <= frames.sent / 33, "{frames:?}");
    assert_freezes_are_short(&observed);
    assert_latency_recovers(&observed, &TROUBLED);
}

#[test]
fn every_frame_that_a_lost_packet_costs_is_accounted_for() {
    let loss = Loss::ForGood(0.02);
    let network = Network { seed: 1, troubled: TROUBLED, loss, ..Network::default() };
    let observed = observe(network, LARGE_FRAMES, PACKETS);
    println!("{} packets never arrived", observed.log.never_arrived());
    assert!(assert_exact(&observed) >= 5, "there was something to account for");
    assert_latency_recovers(&observed, &TROUBLED);
}

#[test]
fn a_lost_packet_is_a_short_freeze() {
    let loss = Loss::ForGood(0.02);
    let network = Network { seed: 1, troubled: TROUBLED_SMALL, loss, ..Network::default() };
    let observed = observe(network, SMALL_FRAMES, PACKETS_SMALL);
    assert!(assert_exact(&observed) >= 3, "there was something to recover from");
    assert!(!assert_freezes_are_short(&observed).is_empty());
    assert_latency_recovers(&observed, &TROUBLED_SMALL);
}

#[test]
fn disorder_costs_nothing() {
    let network =
        Network { seed: 1, troubled: TROUBLED, reordered: 0.05, duplicated: 0.05, ..Network::default() };
    let observed = observe(network, LARGE_FRAMES, PACKETS);
    let log = &observed.log;
    println!("{} reordered, {} duplicated", log.media_reordered, log.media_duplicated);
    assert!(log.media_reordered >= 10 && log.media_duplicated >= 10);
    assert_perfect(&observed.server.frames);
    assert_eq!(observed.client.frames.decoded, log.frames().len() as u64, "each frame once");
}

#[test]
fn a_session_goes_on_after_an_outage() {
    let outage = Outage { at_packet: 300, length: Duration::from_millis(300), for_good: false };
    let observed = observe(Network { outage: Some(outage), ..Network::default() }, LARGE_FRAMES, 600);
    let (log, frames) = (&observed.log, observed.server.frames);
    println!("{} dropped, {} sent again", log.media_dropped, log.sent_again());
    assert!(log.media_dropped >= 5, "there was an outage");
    assert_eq!(log.never_arrived(), 0);
    // What was repaired is late, not lost, though it comes all at once. A report or two may have been on their way.
    assert!(frames.sent - frames.matched <= 5, "{frames:?}");
    assert_latency_recovers(&observed, &(300..300 + log.media_dropped));
}

#[test]
fn an_outage_that_cannot_be_repaired_is_one_freeze() {
    let outage = Outage { at_packet: 300, length: Duration::from_millis(300), for_good: true };
    let observed = observe(Network { outage: Some(outage), ..Network::default() }, LARGE_FRAMES, 600);
    assert!(assert_exact(&observed) > 0);
    let [freeze] = freezes(&observed)[..] else { panic!("{:?}", freezes(&observed)) };
    let counted = observed.server.gaps.unwrap();
    // In the time of the video, rounded to three digits.
    assert!(
        counted.count == 1 && (counted.longest_milliseconds - freeze).abs() < 1.0,
        "{counted:?}, {freeze} ms"
    );
    // The viewer sees it when the packets come.
    let seen = observed.server.freezes.unwrap();
    assert!(seen.count >= 1 && seen.longest_milliseconds > 300.0, "{seen:?}");
    assert!(freeze > 300.0, "{freeze}");
    assert_latency_recovers(&observed, &(300..300 + observed.log.never_arrived() as u64));
}

/// V13: what a report said is in the next three as well.
#[test]
fn a_lost_report_costs_the_latency_of_its_frame_and_nothing_else() {
    let network = Network { seed: 1, troubled: TROUBLED, reports_lost: 0.05, ..Network::default() };
    let observed = observe(network, LARGE_FRAMES, PACKETS);
    let lost = observed.log.reports_dropped;
    assert!(lost >= 5, "there was something to lose");
    assert_perfect(&observed.server.frames);
    // Each has one line of the server's, but for those whose own report never came.
    assert_eq!(observed.matched.len() as u64 + lost, observed.server.frames.matched);
    assert_eq!(observed.client.frames.decoded, observed.log.frames().len() as u64);
    assert_latency_recovers(&observed, &TROUBLED);
}
