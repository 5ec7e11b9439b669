//! Networks that hit whatever comes, by chance or by the clock, and what must hold in each of them.
//!
//! How busy the machine is decides which repair still comes in time. So these are bounds, of which none depends on that: on
//! virtual time, where nothing does, the same is known to the packet (`media`'s simulation).

use std::time::{Duration, Instant};

use ballsession_tests::relay::{Impairment, Impairments, Network, Relay};

use crate::session::{INTERVAL, LARGE_FRAMES, LIMIT, Observed, Seen, is_after, observe_through};

/// Packets of large frames: a second or so of peace, and four after the trouble.
const BEFORE: u64 = 110;
const AFTER: u64 = 440;
const TROUBLE: u64 = 330;

/// Chooses what is hit, unless the variable says otherwise.
const SEED: u64 = 1;
const VARIABLE: &str = "BALLSESSION_STORM_SEED";

/// The time until there is a picture again, once there is peace: what was lost last is given up after 80 ms, its keyframe is
/// asked for every 250 ms and granted once a second at least, and cameras make one every 250 ms at most.
const RECOVERY: Duration = Duration::from_millis(80 + 250 + 1000 + 250);
/// What a busy machine takes for the same beyond that.
const BUSY: Duration = Duration::from_millis(700);

fn seed() -> u64 {
    std::env::var(VARIABLE).map_or(SEED, |text| text.parse().unwrap())
}

/// A session in which `to_client` holds until `trouble` is over.
fn storm(to_client: Impairment, trouble: impl FnOnce(&Relay)) -> Observed {
    let network = Network { seed: seed(), ..Network::default() };
    let observed = observe_through(network, LARGE_FRAMES, |relay| {
        relay.wait_for_packets(BEFORE, LIMIT);
        relay.impair(Impairments { to_client, ..Impairments::default() });
        trouble(relay);
        relay.impair(Impairments::default());
        relay.wait_for_packets(relay.packets() + AFTER, LIMIT);
    });
    assert_told(&observed);
    assert_recovered(&observed);
    observed
}

/// Trouble for a while.
fn lasts(relay: &Relay) {
    relay.wait_for_packets(BEFORE + TROUBLE, LIMIT);
}

/// Asserts that client and server say no more and no less than what the relay did.
fn assert_told(observed: &Observed) {
    let (log, network) = (&observed.log, observed.server.network);
    println!(
        "{network:?}; {} dropped, {} never arrived, {} out of place",
        log.media_dropped,
        log.never_arrived(),
        log.out_of_place()
    );
    assert_eq!(network.packets_sent, log.packets());
    // Nobody misses a packet that came in its place. What never came is missed, less what came twice.
    assert!(network.packets_lost <= log.out_of_place() as u64);
    assert!(network.packets_lost + log.media_duplicated >= log.never_arrived() as u64);
    // After an outage hundreds are sent again at once, of which some never get as far as here.
    assert!((log.sent_again()..=network.packets_lost).contains(&network.packets_repaired));

    let frames = log.frames();
    let counted = usize::try_from(observed.server.frames.sent).expect("some hundreds");
    let frames = &frames[frames.len().checked_sub(counted).expect("more frames counted than sent")..];
    let broken = frames.iter().filter(|frame| !frame.is_whole).count() as u64;
    assert!(observed.server.frames.lost >= broken, "{broken} were never whole, {:?}", observed.server.frames);
    let decoded = frames.iter().filter(|frame| observed.seen.contains(&(frame.timestamp, Seen::Decoded)));
    assert!(decoded.clone().all(|frame| frame.is_whole), "one was decoded that never came");
    assert!(decoded.count() as u64 >= observed.server.frames.matched, "{:?}", observed.server.frames);
    let in_order = |pair: &[(u32, Seen)]| is_after(pair[1].0, pair[0].0);
    assert!(observed.seen.windows(2).all(in_order), "each frame once and in order");
}

/// Asserts that every frame of the last second was decoded and matched.
fn assert_recovered(observed: &Observed) {
    let frames = observed.log.frames();
    let last = frames.last().expect("there is video").timestamp;
    // Without the last few, which may be on their way when all ends.
    let end = last.wrapping_sub(10 * INTERVAL);
    let since = end.wrapping_sub(90_000);
    let late =
        frames.iter().filter(|frame| is_after(frame.timestamp, since) && is_after(end, frame.timestamp));
    let missing: Vec<_> =
        late.filter(|frame| !observed.seen.contains(&(frame.timestamp, Seen::Decoded))).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

/// Asserts that the longest freeze was as long as the outage at least, and as it may be at most.
///
/// The server knows of a picture when it is reported. What was reported when the outage began is repeated by a timer of SCTP
/// that doubles from one second on (RFC 9260, section 6.3.3), and with nothing acknowledged no more is sent: it runs out as
/// long after the end of the outage as that was, and a second, at the latest.
fn assert_freeze(observed: &Observed, outage: Duration) {
    let freezes = observed.server.freezes.expect("there were freezes");
    let longest = Duration::from_secs_f64(freezes.longest_milliseconds / 1000.0);
    // The frames before and after it may be an interval away from it.
    let least = outage.saturating_sub(Duration::from_millis(34));
    let most = outage + (outage + Duration::from_secs(1)) + RECOVERY + BUSY;
    assert!((least..=most).contains(&longest), "{freezes:?} after {outage:?}");
}

#[test]
fn loss_of_a_fifth() {
    let observed = storm(Impairment { loss: 0.2, ..Impairment::default() }, lasts);
    assert!(observed.log.media_dropped >= 30, "{}", observed.log.media_dropped);
}

#[test]
fn loss_in_bursts() {
    let observed = storm(Impairment { loss: 0.1, burst: Some(12.0), ..Impairment::default() }, lasts);
    assert!(observed.log.media_dropped >= 5, "{}", observed.log.media_dropped);
}

#[test]
fn jitter_that_lets_packets_overtake_each_other() {
    let weather = Impairment { jitter_milliseconds: 40, duplicated: 0.1, ..Impairment::default() };
    let observed = storm(weather, lasts);
    assert!(observed.log.out_of_place() >= 50, "{}", observed.log.out_of_place());
    assert_eq!(observed.log.never_arrived(), 0);
    // Frames that are late by less than 80 ms cost nothing.
    let frames = observed.server.frames;
    assert!(frames.lost + frames.undecodable <= frames.sent / 33, "{frames:?}");
}

#[test]
fn a_link_of_half_the_rate() {
    // Frames take some 900 kbit/s.
    let observed = storm(Impairment { kbps: Some(400), ..Impairment::default() }, lasts);
    assert!(observed.log.media_dropped >= 50, "{}", observed.log.media_dropped);
}

/// Everything is lost in both directions, for as long as it is said to be.
fn outage(length: Duration) {
    let lost = Impairment { loss: 1.0, ..Impairment::default() };
    let mut took = Duration::ZERO;
    let observed = storm(lost, |relay| {
        let began = Instant::now();
        relay.impair(Impairments { to_client: lost, to_server: lost, ..Impairments::default() });
        std::thread::sleep(length);
        took = began.elapsed();
    });
    println!("{took:?}: {:?}", observed.server.freezes);
    assert_freeze(&observed, took);
}

#[test]
fn an_outage_of_a_moment() {
    outage(Duration::from_millis(200));
}

#[test]
fn an_outage_of_three_seconds() {
    outage(Duration::from_secs(3));
}
