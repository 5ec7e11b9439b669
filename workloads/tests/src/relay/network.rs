//! What the network does, decided by a seed and by the place of a packet in its stream alone.

use std::ops::Range;
use std::time::Duration;

/// What a network does to a session. The default one carries everything as it comes.
#[derive(Debug, Clone)]
pub struct Network {
    /// Chooses which packets are hit.
    pub seed: u64,
    /// The packets of video, counted from the first one, that can be hit. (What comes before and after shows how
    /// things are without trouble.)
    pub troubled: Range<u64>,
    /// Packets of video that are dropped.
    pub loss: Loss,
    /// The part of the packets that arrive after one or two later ones.
    pub reordered: f64,
    /// The part of the packets that arrive twice.
    pub duplicated: f64,
    /// The part of the reports that is dropped.
    pub reports_lost: f64,
    /// A time in which nothing is carried.
    pub outage: Option<Outage>,
    /// How long everything takes in either direction.
    pub delay: Duration,
}

/// Which packets are dropped; a part is from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Loss {
    /// None.
    None,
    /// Of this part of the packets the first copy: they can be repaired.
    FirstCopies(f64),
    /// Of this part of the packets every copy.
    ForGood(f64),
}

/// A time in which nothing is carried, in either direction.
#[derive(Debug, Clone, Copy)]
pub struct Outage {
    /// The packet of video that it begins with.
    pub at_packet: u64,
    /// How long it takes.
    pub length: Duration,
    /// Whether what it hit is not carried later either, when it is sent again.
    pub for_good: bool,
}

/// What is done to a datagram.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Decision {
    Pass,
    Drop,
    Duplicate,
    /// It arrives after so many later ones of its kind.
    After(u32),
}

impl Default for Network {
    fn default() -> Self {
        Self {
            seed: 0,
            troubled: 0..u64::MAX,
            loss: Loss::None,
            reordered: 0.0,
            duplicated: 0.0,
            reports_lost: 0.0,
            outage: None,
            delay: Duration::ZERO,
        }
    }
}

impl Network {
    /// About the packet of video with this number; `copy` is 0 where it comes for the first time.
    pub(super) fn media(&self, number: u64, copy: u32) -> Decision {
        if !self.troubled.contains(&number) {
            return Decision::Pass;
        }
        let draw = self.random(0, number).f64();
        let is_dropped = match self.loss {
            Loss::None => false,
            Loss::FirstCopies(part) => copy == 0 && draw < part,
            Loss::ForGood(part) => draw < part,
        };
        if is_dropped { Decision::Drop } else { self.order(&mut self.random(2 + u64::from(copy), number)) }
    }

    /// About the report with this number, sent when the stream had come to packet `media`.
    pub(super) fn report(&self, number: u64, media: u64) -> Decision {
        if !self.troubled.contains(&media) {
            return Decision::Pass;
        }
        let mut random = self.random(1, number);
        if random.f64() < self.reports_lost { Decision::Drop } else { self.order(&mut random) }
    }

    fn order(&self, random: &mut fastrand::Rng) -> Decision {
        let draw = random.f64();
        if draw < self.reordered {
            Decision::After(random.u32(1..=2))
        } else if draw < self.reordered + self.duplicated {
            Decision::Duplicate
        } else {
            Decision::Pass
        }
    }

    fn random(&self, stream: u64, number: u64) -> fastrand::Rng {
        let mut of_stream = fastrand::Rng::with_seed(self.seed ^ (stream << 32));
        fastrand::Rng::with_seed(of_stream.u64(..) ^ number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decisions(network: &Network, copy: u32) -> Vec<Decision> {
        (0..10_000).map(|number| network.media(number, copy)).collect()
    }

    fn count(decisions: &[Decision], wanted: impl Fn(&Decision) -> bool) -> usize {
        decisions.iter().filter(|decision| wanted(decision)).count()
    }

    #[test]
    fn as_much_is_lost_as_asked_for_and_the_same_with_the_same_seed() {
        let network = |seed| Network { seed, loss: Loss::ForGood(0.02), ..Network::default() };
        let lost = decisions(&network(1), 0);
        assert!((150..250).contains(&count(&lost, |decision| *decision == Decision::Drop)));
        assert_eq!(lost, decisions(&network(1), 0));
        assert_eq!(lost, decisions(&network(1), 3), "for good is for good");
        assert_ne!(lost, decisions(&network(2), 0));
    }

    #[test]
    fn what_is_lost_once_arrives_when_it_is_sent_again() {
        let network = Network { loss: Loss::FirstCopies(0.02), ..Network::default() };
        assert!(count(&decisions(&network, 0), |decision| *decision == Decision::Drop) > 100);
        assert_eq!(count(&decisions(&network, 1), |decision| *decision != Decision::Pass), 0);
    }

    #[test]
    fn order_and_number_change_as_often_as_asked_for() {
        let network = Network { reordered: 0.1, duplicated: 0.05, ..Network::default() };
        let decisions = decisions(&network, 0);
        assert!(
            (800..1200).contains(&count(&decisions, |decision| matches!(decision, Decision::After(1..=2))))
        );
        assert!((400..600).contains(&count(&decisions, |decision| *decision == Decision::Duplicate)));
    }

    #[test]
    fn trouble_has_a_beginning_and_an_end() {
        let network =
            Network { troubled: 10..20, loss: Loss::ForGood(1.0), reports_lost: 1.0, ..Network::default() };
        let passes = |number| network.media(number, 0) == Decision::Pass;
        assert_eq!([9, 10, 19, 20].map(passes), [true, false, false, true]);
        let passes = |media| network.report(0, media) == Decision::Pass;
        assert_eq!([9, 10, 19, 20].map(passes), [true, false, false, true]);
    }
}
