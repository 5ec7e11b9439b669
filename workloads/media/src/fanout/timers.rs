//! Which session wants time next.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::{Duration, Instant};

/// Timers of many sessions share wake-ups at this grain: none of WebRTC's needs to be more exact, and a wake-up costs
/// more than most of what it would do.
const GRAIN: Duration = Duration::from_millis(5);

/// Entries that are due this soon are brought up to date before they wake anybody.
const NEAR: Duration = Duration::from_millis(50);

/// One deadline per slot, on a heap that is brought up to date late: a deadline that moved leaves its old entry behind, to
/// be recognised when it comes up. Most move back before they are due, with every report that is acknowledged.
#[derive(Debug, Default)]
pub(super) struct Timers {
    heap: BinaryHeap<Reverse<(Instant, usize)>>,
    slots: Vec<Slot>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Slot {
    deadline: Option<Instant>,
    /// The entry on the heap that counts: the deadline, or before it.
    entry: Option<Instant>,
}

impl Timers {
    /// Wakes `slot` at `deadline`, but not before a grain from `now`, instead of at its deadline so far.
    pub(super) fn set(&mut self, slot: usize, deadline: Instant, now: Instant) {
        if self.slots.len() <= slot {
            self.slots.resize(slot + 1, Slot::default());
        }
        let deadline = deadline.max(now + GRAIN);
        self.slots[slot].deadline = Some(deadline);
        if self.slots[slot].entry.is_none_or(|entry| deadline < entry) {
            self.enter(slot, deadline);
        }
    }

    /// Forgets `slot`.
    pub(super) fn clear(&mut self, slot: usize) {
        if let Some(slot) = self.slots.get_mut(slot) {
            *slot = Slot::default();
        }
    }

    /// A slot whose time has come, and when that was.
    pub(super) fn expired(&mut self, now: Instant) -> Option<(usize, Instant)> {
        let (deadline, slot) = self.first(now).filter(|(deadline, _)| *deadline <= now)?;
        self.heap.pop();
        self.slots[slot] = Slot::default();
        Some((slot, deadline))
    }

    /// How long until the next deadline, from `now`.
    pub(super) fn wait(&mut self, now: Instant) -> Option<Duration> {
        self.first(now + NEAR).map(|(deadline, _)| deadline.saturating_duration_since(now))
    }

    /// The first entry, which is up to date if it is at `horizon` or before.
    fn first(&mut self, horizon: Instant) -> Option<(Instant, usize)> {
        loop {
            let Reverse((entry, slot)) = self.heap.peek().copied()?;
            let Slot { deadline, entry: counts } = self.slots[slot];
            let is_current = counts == Some(entry);
            if is_current && (entry > horizon || deadline == counts) {
                return Some((entry, slot));
            }
            self.heap.pop();
            if let Some(deadline) = deadline.filter(|_| is_current) {
                self.enter(slot, deadline);
            }
        }
    }

    fn enter(&mut self, slot: usize, deadline: Instant) {
        self.slots[slot].entry = Some(deadline);
        self.heap.push(Reverse((deadline, slot)));
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

    /// With every report an acknowledgement is due within 200 ms, and sent with the next frame but one.
    #[test]
    fn nobody_is_woken_for_a_deadline_that_moved_back() {
        let (begin, mut timers, mut heap) = (Instant::now(), Timers::default(), 0);
        for n in 0..300 {
            let now = begin + ms(33 * n);
            timers.set(0, now + if n % 2 == 0 { ms(200) } else { ms(2000) }, now);
            assert!(timers.wait(now).is_some_and(|wait| wait > ms(33)), "at frame {n}");
            assert_eq!(timers.expired(now), None);
            heap = heap.max(timers.heap.len());
        }
        assert!(heap < 20, "{heap}");
        let now = begin + ms(33 * 299);
        assert_eq!(timers.expired(now + ms(1999)), None);
        assert_eq!(timers.expired(now + ms(2000)), Some((0, now + ms(2000))));
    }

    #[test]
    fn a_slot_that_is_used_again_has_nothing_of_the_one_before() {
        let (now, mut timers) = (Instant::now(), Timers::default());
        timers.set(0, now + ms(20), now);
        timers.clear(0);
        timers.set(0, now + ms(100), now);
        assert_eq!(timers.expired(now + ms(99)), None);
        assert_eq!(timers.expired(now + ms(100)), Some((0, now + ms(100))));
    }
}
