//! The search on virtual time, over a way that loses by chance and by size.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use fastrand::Rng;
use proptest::prelude::*;

use super::Search;
use super::sizes::{LARGEST, SMALLEST};
use crate::stun::TransactionId;

/// A way to the peer and back.
#[derive(Debug, Clone)]
struct Way {
    /// Larger packets vanish.
    edge: u16,
    /// Larger ones do not even leave.
    interface: u16,
    /// The part that is lost in each direction, whatever the size.
    loss: f64,
    round_trip: Duration,
    /// By how much longer it may take.
    jitter: Duration,
}

struct World {
    now: Instant,
    way: Way,
    rng: Rng,
    search: Search,
    /// Answers on their way.
    answers: BTreeMap<(Instant, u64), TransactionId>,
    left: u64,
    bytes: u64,
}

impl World {
    fn new(way: Way, first: u16, seed: u64) -> Self {
        let now = Instant::now();
        let (rng, search) = (Rng::with_seed(seed), Search::new(first, now));
        Self { now, way, rng, search, answers: BTreeMap::new(), left: 0, bytes: 0 }
    }

    /// Lets the time pass.
    fn run(&mut self, time: Duration) {
        let end = self.now + time;
        loop {
            while let Some(bytes) = self.search.poll(self.now) {
                self.probe(bytes);
            }
            let answer = self.answers.keys().next().map(|(at, _)| *at);
            let next = answer.into_iter().chain(self.search.deadline()).min();
            let Some(next) = next.filter(|next| *next <= end) else { break };
            assert!(next > self.now || answer == Some(next), "a deadline that is over, and nothing to do");
            self.now = self.now.max(next);
            if let Some(entry) = self.answers.first_entry().filter(|entry| entry.key().0 <= self.now) {
                assert!(
                    self.search.answered(entry.remove(), self.now)
                        || self.way.round_trip > Duration::from_secs(2)
                );
            }
        }
        self.now = end;
    }

    fn probe(&mut self, bytes: u16) {
        assert!((SMALLEST..=LARGEST).contains(&bytes));
        self.left += 1;
        let transaction: TransactionId = std::array::from_fn(|n| (self.left >> (8 * n.min(7))) as u8);
        self.search.sent(transaction, self.now);
        if bytes > self.way.interface {
            return self.search.refused(transaction, self.now);
        }
        self.bytes += u64::from(bytes);
        let is_lost = |rng: &mut Rng| rng.f64() < self.way.loss;
        if bytes > self.way.edge || is_lost(&mut self.rng) || is_lost(&mut self.rng) {
            return;
        }
        let jitter = self.way.jitter.mul_f64(self.rng.f64());
        self.answers.insert((self.now + self.way.round_trip + jitter, self.left), transaction);
    }

    fn found(&self) -> Option<u16> {
        self.search.found()
    }
}

fn way(edge: u16) -> Way {
    let (round_trip, jitter) = (Duration::from_millis(1), Duration::ZERO);
    Way { edge, interface: 1500, loss: 0.0, round_trip, jitter }
}

const MINUTE: Duration = Duration::from_secs(60);

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Whatever the edge, the loss and the chance are: never more than what gets through, and in the end no less.
    #[test]
    fn what_is_found_is_the_edge(
        edge in SMALLEST..=LARGEST,
        interface in prop::sample::select(vec![1500, 1300, 9000, u16::MAX]),
        first in prop::sample::select(vec![1264_u16, 280, 8976]),
        loss in 0.0..0.2,
        milliseconds in 0..200_u64,
        jitter in 0..100_u64,
        seed in any::<u64>(),
    ) {
        let jitter = Duration::from_millis(jitter);
        let way = Way { edge, interface, loss, round_trip: Duration::from_millis(milliseconds), jitter };
        let mut world = World::new(way, first, seed);
        world.run(MINUTE);
        prop_assert_eq!(world.found(), Some(edge.min(interface)));
        prop_assert!(world.left < 400, "{} probes", world.left);
    }

    /// A hole that opens, moves and closes is followed from one minute to the next.
    #[test]
    fn a_way_that_changes_is_followed(edges in prop::collection::vec(SMALLEST..2000, 2..5), seed in any::<u64>()) {
        let mut world = World::new(Way { loss: 0.05, ..way(1500) }, 1264, seed);
        for edge in edges {
            world.way.edge = edge;
            world.run(2 * MINUTE);
            prop_assert_eq!(world.found(), Some(edge.min(1500)));
        }
    }
}

#[test]
fn in_a_cluster_it_takes_two_seconds_and_then_little() {
    for edge in [230, 600, 900, 1000, 1263, 1264, 1265, 1400, 1499, 1500] {
        let mut world = World::new(way(edge), 1264, 1);
        world.run(Duration::from_secs(2));
        assert_eq!(world.found(), Some(edge));
        assert!(world.left < 140, "{} probes with an edge of {edge}", world.left);
        let (before, bytes) = (world.left, world.bytes);
        world.run(MINUTE * 10);
        assert_eq!(world.found(), Some(edge));
        let (each, bytes) = ((world.left - before) / 10, (world.bytes - bytes) / 10);
        assert!(
            each <= 20 && bytes < 16_000,
            "{each} probes of {bytes} bytes a minute with an edge of {edge}"
        );
    }
}

/// Where media is lost nobody waits for a minute, and where it goes on being lost nothing is flooded.
#[test]
fn a_suspicion_is_followed_soon_and_not_too_often() {
    let mut world = World::new(way(1500), 1264, 1);
    world.run(MINUTE / 3);
    world.way.edge = 1000;
    world.search.suspect(world.now);
    world.run(Duration::from_secs(3));
    assert_eq!(world.found(), Some(1000));
    let before = world.left;
    for _ in 0..600 {
        world.run(Duration::from_millis(100));
        world.search.suspect(world.now);
    }
    assert!(world.left - before < 6 * 20, "{} probes", world.left - before);
}

/// A way that is down has no size at which packets vanish: what was found stays, and nothing is found.
#[test]
fn a_way_that_is_down_is_no_hole() {
    let mut world = World::new(Way { loss: 1.0, ..way(1500) }, 1264, 1);
    world.run(MINUTE);
    assert_eq!(world.found(), None);
    assert!(world.left < 600, "{}", world.left);
    world.way.loss = 0.0;
    world.run(MINUTE);
    assert_eq!(world.found(), Some(1500));
    world.way.loss = 1.0;
    world.run(MINUTE * 5);
    assert_eq!(world.found(), Some(1500));
}

/// Answers that come later than was waited for count all the same.
#[test]
fn a_slow_way_is_no_hole() {
    for milliseconds in [300, 800, 1500, 2500] {
        let slow = Way { round_trip: Duration::from_millis(milliseconds), ..way(1400) };
        let mut world = World::new(slow, 1264, 1);
        world.run(MINUTE * 5);
        assert_eq!(world.found(), Some(1400), "{milliseconds} ms");
    }
}

/// One that was down when it was looked at first, as at the begin of a session.
#[test]
fn a_way_that_carried_nothing_is_looked_at_again_soon_and_nothing_is_concluded() {
    let mut world = World::new(way(0), 1264, 1);
    world.run(Duration::from_secs(15));
    assert_eq!((world.found(), world.search.looks()), (None, 0));
    world.way.edge = 1500;
    world.run(Duration::from_secs(15));
    assert_eq!((world.found(), world.search.looks()), (Some(1500), 1));
}

#[test]
fn the_peer_is_told_what_was_found_by_three_small_probes() {
    let mut world = World::new(way(1400), 1264, 1);
    while world.found().is_none() {
        world.run(Duration::from_millis(1));
    }
    let (left, bytes) = (world.left, world.bytes);
    world.run(Duration::from_secs(50));
    assert_eq!((world.left - left, world.bytes - bytes), (3, 3 * u64::from(SMALLEST)));
}
