//! When which frame is due.

use std::time::{Duration, Instant};

/// A frame's place in the stream: slot k is due k / frame rate after the start, however late those before it were, so
/// that nothing drifts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Slot {
    /// Counted from the start.
    pub(super) index: u64,
    /// Slots left out before this one.
    pub(super) skipped: u64,
}

/// An absolute schedule.
#[derive(Debug)]
pub(super) struct Pace {
    started: Instant,
    frames_per_second: u32,
    next: u64,
}

impl Pace {
    pub(super) fn new(started: Instant, frames_per_second: u32) -> Self {
        Self { started, frames_per_second, next: 0 }
    }

    /// When the next slot is due.
    pub(super) fn due(&self) -> Instant {
        self.started + self.time_of(self.next)
    }

    /// The slot to fill at `now`, which is not before [`Pace::due`]: whoever is late by a whole frame or more fills the
    /// newest slot, and leaves out the others rather than hurrying after them.
    pub(super) fn take(&mut self, now: Instant) -> Slot {
        let elapsed = now.saturating_duration_since(self.started);
        // Rounded up by half a nanosecond's worth: slot times are rounded down.
        let newest = ((elapsed.as_nanos() + 1) * u128::from(self.frames_per_second) / 1_000_000_000) as u64;
        let index = newest.max(self.next);
        let skipped = index - self.next;
        self.next = index + 1;
        Slot { index, skipped }
    }

    /// A slot's place in time, from the start.
    pub(super) fn time_of(&self, index: u64) -> Duration {
        let rate = u64::from(self.frames_per_second);
        Duration::from_secs(index / rate) + Duration::from_nanos(index % rate * 1_000_000_000 / rate)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_follow_the_clock_without_drift() {
        for frames_per_second in [7, 24, 30, 60] {
            let started = Instant::now();
            let mut pace = Pace::new(started, frames_per_second);
            for index in 0..1000 {
                let due = pace.due();
                assert_eq!(pace.take(due + Duration::from_micros(300)), Slot { index, skipped: 0 });
            }
            let minute = Duration::from_secs(60);
            assert_eq!(pace.time_of(60 * u64::from(frames_per_second)), minute);
        }
    }

    #[test]
    fn who_is_late_fills_the_newest_slot_and_counts_the_others() {
        let started = Instant::now();
        let mut pace = Pace::new(started, 30);
        assert_eq!(pace.take(started), Slot { index: 0, skipped: 0 });
        let late = started + Duration::from_millis(170);
        assert_eq!(pace.take(late), Slot { index: 5, skipped: 4 });
        assert_eq!(pace.due(), started + Duration::from_millis(200));
    }

    #[test]
    fn a_little_late_is_not_a_skip() {
        let started = Instant::now();
        let mut pace = Pace::new(started, 30);
        pace.take(started);
        assert_eq!(pace.take(started + Duration::from_millis(66)), Slot { index: 1, skipped: 0 });
        assert_eq!(pace.take(started + Duration::from_millis(67)), Slot { index: 2, skipped: 0 });
    }
}
