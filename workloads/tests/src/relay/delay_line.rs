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

/// What waits in a link that is too slow; what would wait longer is dropped.
const LONGEST_QUEUE: Duration = Duration::from_millis(200);

/// One direction: first in, first out after the same time for all, but for those that others are to overtake.
#[derive(Debug)]
pub(super) struct DelayLine {
    delay: Duration,
    jitter: Duration,
    kbps: Option<u64>,
    random: fastrand::Rng,
    /// When a slow link is done with all that it has; `None` before the first datagram.
    idle_at: Option<Instant>,
    /// When the last one is due, without its jitter.
    last_due: Option<Instant>,
    /// In the order in which they are due.
    moving: VecDeque<(Instant, Carried)>,
    /// With the number of later ones of its kind that each still has to wait for.
    overtaken: Vec<(u32, Carried)>,
}

impl DelayLine {
    /// One that takes so long; `seed` chooses how much longer where there is to be jitter.
    pub(super) fn new(delay: Duration, seed: u64) -> Self {
        Self {
            delay,
            jitter: Duration::ZERO,
            kbps: None,
            random: fastrand::Rng::with_seed(seed),
            idle_at: None,
            last_due: None,
            moving: VecDeque::new(),
            overtaken: Vec::new(),
        }
    }

    /// What comes from now on takes this long, and by chance up to `jitter` longer; apart from that it overtakes nothing that
    /// takes longer. So many kilobits a second get through, if that is limited.
    pub(super) fn set(&mut self, delay: Duration, jitter: Duration, kbps: Option<u64>) {
        (self.delay, self.jitter, self.kbps) = (delay, jitter, kbps);
    }

    /// A datagram came, and this is to become of it; false where it was dropped as too much waits.
    pub(super) fn take(&mut self, carried: Carried, decision: Decision, now: Instant) -> bool {
        let kind = carried.kind();
        let copies = match decision {
            Decision::Drop => return true,
            Decision::After(later) => {
                self.overtaken.push((later, carried));
                return true;
            }
            Decision::Pass => 1,
            Decision::Duplicate => 2,
        };
        let Some(leaves) = self.queue(carried.bytes.len(), now) else { return false };
        (0..copies).for_each(|_| self.depart(leaves, carried.clone()));
        for (waits, _) in self.overtaken.iter_mut().filter(|(_, carried)| carried.kind() == kind) {
            *waits = waits.saturating_sub(1);
        }
        let released: Vec<_> = self.overtaken.extract_if(.., |(waits, _)| *waits == 0).collect();
        released.into_iter().for_each(|(_, carried)| self.depart(leaves, carried));
        true
    }

    /// When a datagram has left the queue of the link; `None` where that is full.
    fn queue(&mut self, bytes: usize, now: Instant) -> Option<Instant> {
        let Some(kbps) = self.kbps else { return Some(now) };
        let begins = self.idle_at.map_or(now, |idle_at| idle_at.max(now));
        if begins > now + LONGEST_QUEUE {
            return None;
        }
        let done = begins + Duration::from_micros(bytes as u64 * 8000 / kbps);
        self.idle_at = Some(done);
        Some(done)
    }

    fn depart(&mut self, leaves: Instant, carried: Carried) {
        let due = leaves + self.delay;
        let due = self.last_due.map_or(due, |last| last.max(due));
        self.last_due = Some(due);
        let most = self.jitter.as_micros() as u64;
        let due = due + Duration::from_micros(if most == 0 { 0 } else { self.random.u64(..most) });
        let place = self.moving.partition_point(|(other, _)| *other <= due);
        self.moving.insert(place, (due, carried));
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
        let mut line = DelayLine::new(delay, 1);
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
        let mut line = DelayLine::new(Duration::ZERO, 1);
        line.take(carried(1, Datagram::Other), Decision::Drop, now);
        line.take(carried(2, Datagram::Other), Decision::Duplicate, now);
        assert_eq!(arrivals(&mut line, now), [2, 2]);
    }

    #[test]
    fn one_that_is_overtaken_waits_for_so_many_of_its_kind() {
        let now = Instant::now();
        let mut line = DelayLine::new(Duration::ZERO, 1);
        line.take(carried(1, Datagram::Report), Decision::After(2), now);
        line.take(carried(2, Datagram::Report), Decision::Pass, now);
        line.take(carried(3, Datagram::Feedback), Decision::Pass, now);
        line.take(carried(4, Datagram::Report), Decision::After(1), now);
        assert_eq!(arrivals(&mut line, now), [2, 3]);
        line.take(carried(5, Datagram::Report), Decision::Pass, now);
        assert_eq!(arrivals(&mut line, now), [5, 1, 4]);
    }
    #[test]
    fn with_jitter_they_overtake_each_other_and_none_is_early_or_too_late() {
        let (start, delay, jitter) = (Instant::now(), Duration::from_millis(20), Duration::from_millis(30));
        let mut line = DelayLine::new(Duration::ZERO, 1);
        line.set(delay, jitter, None);
        for name in 0..100 {
            line.take(carried(name, Datagram::Other), Decision::Pass, start);
        }
        assert!(arrivals(&mut line, start + delay - Duration::from_micros(1)).is_empty());
        let arrived = arrivals(&mut line, start + delay + jitter);
        assert_eq!(arrived.len(), 100);
        assert!(!arrived.is_sorted(), "{arrived:?}");
    }

    #[test]
    fn a_slow_link_sends_one_after_the_other_and_drops_what_would_wait_too_long() {
        let (start, mut line) = (Instant::now(), DelayLine::new(Duration::ZERO, 1));
        line.set(Duration::ZERO, Duration::ZERO, Some(80));
        // 1000 bytes are 100 ms.
        let take = |line: &mut DelayLine, name| {
            let carried = Carried { bytes: vec![name; 1000], datagram: Datagram::Other };
            line.take(carried, Decision::Pass, start)
        };
        assert_eq!([1, 2, 3, 4].map(|name| take(&mut line, name)), [true, true, true, false]);
        for (milliseconds, expected) in [(99, vec![]), (100, vec![1]), (300, vec![2, 3])] {
            assert_eq!(arrivals(&mut line, start + Duration::from_millis(milliseconds)), expected);
        }
    }
}
