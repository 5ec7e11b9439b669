//! What is on its way in one direction.

use std::collections::VecDeque;
use std::mem::Discriminant;
use std::time::{Duration, Instant};

use super::datagram::Datagram;
use super::network::Decision;

/// A datagram on its way.
#[derive(Debug, Clone)]
pub(super) struct Carried {
    pub(super) bytes: Vec<u8>,
    pub(super) datagram: Datagram,
}

impl Carried {
    fn kind(&self) -> Discriminant<Datagram> {
        std::mem::discriminant(&self.datagram)
    }
}

/// One direction: first in, first out after the same time for all, but for those that others are to overtake.
#[derive(Debug)]
pub(super) struct DelayLine {
    delay: Duration,
    moving: VecDeque<(Instant, Carried)>,
    /// With the number of later ones of its kind that each still has to wait for.
    overtaken: Vec<(u32, Carried)>,
}

impl DelayLine {
    pub(super) fn new(delay: Duration) -> Self {
        Self { delay, moving: VecDeque::new(), overtaken: Vec::new() }
    }

    /// What comes from now on takes this long; it overtakes nothing that takes longer.
    pub(super) fn set_delay(&mut self, delay: Duration) {
        self.delay = delay;
    }

    /// A datagram came, and this is to become of it.
    pub(super) fn take(&mut self, carried: Carried, decision: Decision, now: Instant) {
        let kind = carried.kind();
        let due = now + self.delay;
        match decision {
            Decision::Drop => return,
            Decision::After(later) => return self.overtaken.push((later, carried)),
            Decision::Pass => self.moving.push_back((due, carried)),
            Decision::Duplicate => self.moving.extend([(due, carried.clone()), (due, carried)]),
        }
        for (waits, _) in self.overtaken.iter_mut().filter(|(_, carried)| carried.kind() == kind) {
            *waits = waits.saturating_sub(1);
        }
        let released = self.overtaken.extract_if(.., |(waits, _)| *waits == 0);
        self.moving.extend(released.map(|(_, carried)| (due, carried)));
    }

    /// The next datagram that has arrived.
    pub(super) fn arrived(&mut self, now: Instant) -> Option<Carried> {
        let is_due = self.next_arrival().is_some_and(|due| due <= now);
        if is_due { self.moving.pop_front().map(|(_, carried)| carried) } else { None }
    }

    /// When the next one arrives.
    pub(super) fn next_arrival(&self) -> Option<Instant> {
        self.moving.front().map(|(due, _)| *due)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn carried(name: u8, datagram: Datagram) -> Carried {
        Carried { bytes: vec![name], datagram }
    }

    fn arrivals(line: &mut DelayLine, now: Instant) -> Vec<u8> {
        std::iter::from_fn(|| line.arrived(now)).map(|carried| carried.bytes[0]).collect()
    }

    #[test]
    fn everything_takes_the_same_time() {
        let (start, delay) = (Instant::now(), Duration::from_millis(20));
        let mut line = DelayLine::new(delay);
        line.take(carried(1, Datagram::Other), Decision::Pass, start);
        line.take(carried(2, Datagram::Other), Decision::Pass, start + delay / 2);
        assert_eq!(line.next_arrival(), Some(start + delay));
        assert!(arrivals(&mut line, start + delay / 2).is_empty());
        assert_eq!(arrivals(&mut line, start + delay), [1]);
        assert_eq!(arrivals(&mut line, start + delay * 2), [2]);
        assert_eq!(line.next_arrival(), None);
    }

    #[test]
    fn decisions_are_carried_out() {
        let now = Instant::now();
        let mut line = DelayLine::new(Duration::ZERO);
        line.take(carried(1, Datagram::Other), Decision::Drop, now);
        line.take(carried(2, Datagram::Other), Decision::Duplicate, now);
        assert_eq!(arrivals(&mut line, now), [2, 2]);
    }

    #[test]
    fn one_that_is_overtaken_waits_for_so_many_of_its_kind() {
        let now = Instant::now();
        let mut line = DelayLine::new(Duration::ZERO);
        line.take(carried(1, Datagram::Report), Decision::After(2), now);
        line.take(carried(2, Datagram::Report), Decision::Pass, now);
        line.take(carried(3, Datagram::Feedback), Decision::Pass, now);
        line.take(carried(4, Datagram::Report), Decision::After(1), now);
        assert_eq!(arrivals(&mut line, now), [2, 3]);
        line.take(carried(5, Datagram::Report), Decision::Pass, now);
        assert_eq!(arrivals(&mut line, now), [5, 1, 4]);
    }
}
