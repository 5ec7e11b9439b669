//! Which session wants time next.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::{Duration, Instant};

/// Timers of many sessions share wake-ups at this grain: none of WebRTC's needs to be more exact, and a wake-up costs
/// more than most of what it would do.
const GRAIN: Duration = Duration::from_millis(5);

/// One deadline per slot, on a heap with lazy deletion: a deadline that moved leaves its old entry behind, to be
/// recognised when it comes up.
#[derive(Debug, Default)]
pub(super) struct Timers {
    heap: BinaryHeap<Reverse<(Instant, usize)>>,
    scheduled: Vec<Option<Instant>>,
}

impl Timers {
    /// Wakes `slot` at `deadline`, but not before a grain from `now`, instead of at its deadline so far.
    pub(super) fn set(&mut self, slot: usize, deadline: Instant, now: Instant) {
        if self.scheduled.len() <= slot {
            self.scheduled.resize(slot + 1, None);
        }
        let deadline = deadline.max(now + GRAIN);
        // Waking a little early is harmless, and keeps the heap from growing with every datagram.
        if self.scheduled[slot].is_some_and(|scheduled| scheduled > now && scheduled <= deadline) {
            return;
        }
        self.scheduled[slot] = Some(deadline);
        self.heap.push(Reverse((deadline, slot)));
    }

    /// Forgets `slot`.
    pub(super) fn clear(&mut self, slot: usize) {
        if let Some(scheduled) = self.scheduled.get_mut(slot) {
            *scheduled = None;
        }
    }

    /// A slot whose time has come, and when that was.
    pub(super) fn expired(&mut self, now: Instant) -> Option<(usize, Instant)> {
        while let Some(Reverse((deadline, slot))) = self.heap.peek().copied() {
            if deadline > now {
                return None;
            }
            self.heap.pop();
            if self.scheduled[slot] == Some(deadline) {
                self.scheduled[slot] = None;
                return Some((slot, deadline));
            }
        }
        None
    }

    /// How long until the next deadline, from `now`.
    pub(super) fn wait(&self, now: Instant) -> Option<Duration> {
        self.heap.peek().map(|Reverse((deadline, _))| deadline.saturating_duration_since(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(n: u64) -> Duration {
        Duration::from_millis(n)
    }

    #[test]
    fn slots_expire_in_order_and_once() {
        let (now, mut timers) = (Instant::now(), Timers::default());
        timers.set(1, now + ms(30), now);
        timers.set(0, now + ms(20), now);
        assert_eq!(timers.wait(now), Some(ms(20)));
        assert_eq!(timers.expired(now + ms(19)), None);
        assert_eq!(timers.expired(now + ms(40)), Some((0, now + ms(20))));
        assert_eq!(timers.expired(now + ms(40)), Some((1, now + ms(30))));
        assert_eq!(timers.expired(now + ms(40)), None);
    }

    #[test]
    fn an_earlier_deadline_replaces_a_later_one() {
        let (now, mut timers) = (Instant::now(), Timers::default());
        timers.set(0, now + ms(500), now);
        timers.set(0, now + ms(10), now);
        assert_eq!(timers.expired(now + ms(10)), Some((0, now + ms(10))));
        assert_eq!(timers.expired(now + ms(600)), None);
    }

    #[test]
    fn deadlines_in_the_past_wait_a_grain_and_cleared_ones_never_come() {
        let (now, mut timers) = (Instant::now(), Timers::default());
        timers.set(0, now - ms(1), now);
        assert_eq!(timers.wait(now), Some(GRAIN));
        timers.clear(0);
        assert_eq!(timers.expired(now + ms(100)), None);
    }

    #[test]
    fn the_heap_stays_small_however_often_a_deadline_moves_back() {
        let (now, mut timers) = (Instant::now(), Timers::default());
        for n in 0..1000 {
            timers.set(0, now + ms(100 + n), now);
        }
        assert_eq!(timers.heap.len(), 1);
    }
}
