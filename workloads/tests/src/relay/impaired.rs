//! Carries out what [`Impairments`] say, datagram by datagram.

use serde::Serialize;

use super::impairments::{Direction, Impairment, Impairments};
use super::network::Decision;

/// The datagrams of all sessions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Counts {
    /// From the server to the client.
    pub to_client: DirectionCounts,
    /// From the client to the server.
    pub to_server: DirectionCounts,
}

/// Of one direction.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DirectionCounts {
    /// Datagrams that came.
    pub received: u64,
    /// Of these: dropped by an impairment.
    pub dropped: u64,
    /// Of these: others were to overtake them.
    pub reordered: u64,
    /// Of these: they were to arrive twice.
    pub duplicated: u64,
}

/// The impairments of now, and how far each direction's chance has come.
#[derive(Debug)]
pub(super) struct Impaired {
    now: Impairments,
    counts: Counts,
    to_client: Chance,
    to_server: Chance,
}

/// One direction's.
#[derive(Debug)]
struct Chance {
    random: fastrand::Rng,
    /// Whether the datagram before this one was dropped.
    is_dropping: bool,
}

impl Impaired {
    /// None yet.
    pub(super) fn new(seed: u64) -> Self {
        let chance = |seed| Chance { random: fastrand::Rng::with_seed(seed), is_dropping: false };
        Self {
            now: Impairments::default(),
            counts: Counts::default(),
            to_client: chance(seed),
            to_server: chance(!seed),
        }
    }

    pub(super) fn now(&self) -> &Impairments {
        &self.now
    }

    pub(super) fn counts(&self) -> Counts {
        self.counts
    }

    pub(super) fn set(&mut self, impairments: Impairments) {
        self.now = impairments;
    }

    /// Decides on a datagram with so many bytes.
    pub(super) fn decide(&mut self, direction: Direction, bytes: usize) -> Decision {
        let impairment = self.now.of(direction);
        let (chance, counts) = match direction {
            Direction::ToClient => (&mut self.to_client, &mut self.counts.to_client),
            Direction::ToServer => (&mut self.to_server, &mut self.counts.to_server),
        };
        counts.received += 1;
        if impairment.largest_bytes.is_some_and(|largest| bytes > largest) || chance.drops(impairment) {
            counts.dropped += 1;
            Decision::Drop
        } else if impairment.reordered > 0.0 && chance.random.f64() < impairment.reordered {
            counts.reordered += 1;
            Decision::After(chance.random.u32(1..=2))
        } else if impairment.duplicated > 0.0 && chance.random.f64() < impairment.duplicated {
            counts.duplicated += 1;
            Decision::Duplicate
        } else {
            Decision::Pass
        }
    }

    /// A datagram that was to pass was dropped after all, as too many waited.
    pub(super) fn overflowed(&mut self, direction: Direction) {
        let counts = match direction {
            Direction::ToClient => &mut self.counts.to_client,
            Direction::ToServer => &mut self.counts.to_server,
        };
        counts.dropped += 1;
    }
}

impl Chance {
    /// Gilbert's model: two states, of which one loses everything. With the mean burst that chance alone would give it
    /// is Bernoulli's.
    fn drops(&mut self, impairment: &Impairment) -> bool {
        let loss = impairment.loss;
        self.is_dropping = if loss <= 0.0 || loss >= 1.0 {
            loss >= 1.0
        } else {
            let ends = impairment.burst.map_or(1.0 - loss, f64::recip);
            let begins = loss * ends / (1.0 - loss);
            self.random.f64() < if self.is_dropping { 1.0 - ends } else { begins }
        };
        self.is_dropping
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DATAGRAMS: usize = 200_000;

    fn decisions(impairment: Impairment) -> Vec<Decision> {
        let mut impaired = Impaired::new(1);
        impaired.set(Impairments { to_client: impairment, ..Impairments::default() });
        (0..DATAGRAMS).map(|_| impaired.decide(Direction::ToClient, 1000)).collect()
    }

    fn part(decisions: &[Decision], wanted: impl Fn(&Decision) -> bool) -> f64 {
        decisions.iter().filter(|decision| wanted(decision)).count() as f64 / DATAGRAMS as f64
    }

    /// How many are dropped in a row on average.
    fn mean_burst(decisions: &[Decision]) -> f64 {
        let is_dropped = |decision: &Decision| *decision == Decision::Drop;
        let bursts =
            decisions.chunk_by(|a, b| is_dropped(a) == is_dropped(b)).filter(|run| is_dropped(&run[0]));
        part(decisions, is_dropped) * DATAGRAMS as f64 / bursts.count() as f64
    }

    #[test]
    fn as_much_is_lost_as_asked_for_alone_or_in_bursts() {
        for (burst, expected) in [(None, 1.0 / 0.9), (Some(8.0), 8.0)] {
            let decisions = decisions(Impairment { loss: 0.1, burst, ..Impairment::default() });
            let lost = part(&decisions, |decision| *decision == Decision::Drop);
            assert!((0.08..0.12).contains(&lost), "{burst:?}: {lost}");
            let mean = mean_burst(&decisions);
            assert!((expected * 0.9..expected * 1.1).contains(&mean), "{burst:?}: {mean}");
        }
    }

    #[test]
    fn all_or_nothing_needs_no_chance() {
        let lost =
            |loss| part(&decisions(Impairment { loss, ..Impairment::default() }), |v| *v == Decision::Drop);
        assert_eq!([lost(0.0), lost(1.0)], [0.0, 1.0]);
    }

    #[test]
    fn order_changes_as_often_as_asked_for() {
        let decisions = decisions(Impairment { reordered: 0.2, ..Impairment::default() });
        let reordered = part(&decisions, |decision| matches!(decision, Decision::After(1..=2)));
        assert!((0.18..0.22).contains(&reordered), "{reordered}");
    }

    #[test]
    fn as_many_arrive_twice_as_asked_for() {
        let decisions = decisions(Impairment { duplicated: 0.1, ..Impairment::default() });
        let duplicated = part(&decisions, |decision| *decision == Decision::Duplicate);
        assert!((0.09..0.11).contains(&duplicated), "{duplicated}");
    }

    #[test]
    fn a_hole_takes_what_is_larger_in_its_own_direction() {
        let mut impaired = Impaired::new(1);
        let hole = Impairment { largest_bytes: Some(600), ..Impairment::default() };
        impaired.set(Impairments { to_client: hole, ..Impairments::default() });
        assert_eq!(impaired.decide(Direction::ToClient, 600), Decision::Pass);
        assert_eq!(impaired.decide(Direction::ToClient, 601), Decision::Drop);
        assert_eq!(impaired.decide(Direction::ToServer, 601), Decision::Pass);
        let counts = |received, dropped| DirectionCounts { received, dropped, ..DirectionCounts::default() };
        assert_eq!(impaired.counts(), Counts { to_client: counts(2, 1), to_server: counts(1, 0) });
    }
}
