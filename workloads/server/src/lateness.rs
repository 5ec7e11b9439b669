//! How late the camera's thread was. It sleeps and wakes all the time, whether anybody watches or not: a process that is
//! stopped, or gets no processor, is late with that.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use process::NextBeat;

/// The worst since it was last taken, recorded by one thread and taken by another.
#[derive(Debug, Default)]
pub(crate) struct Lateness {
    nanoseconds: AtomicU64,
    next_beat: Mutex<NextBeat>,
}

impl Lateness {
    /// It woke at `now`, so much later than it wanted.
    pub(crate) fn woke(&self, late: Duration, now: Instant) {
        self.nanoseconds.fetch_max(u64::try_from(late.as_nanos()).unwrap_or(u64::MAX), Relaxed);
        // Nothing can panic while it is locked.
        self.next_beat.lock().unwrap_or_else(PoisonError::into_inner).ticked(now);
    }

    /// The worst so far, or what it is late by at `now` if that is more; it starts anew.
    pub(crate) fn take(&self, now: Instant) -> Duration {
        let overdue = self.next_beat.lock().unwrap_or_else(PoisonError::into_inner).overdue(now);
        Duration::from_nanos(self.nanoseconds.swap(0, Relaxed)).max(overdue)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_is_taken_once() {
        let (lateness, now) = (Lateness::default(), Instant::now());
        for milliseconds in [3, 40, 7] {
            lateness.woke(Duration::from_millis(milliseconds), now);
        }
        assert_eq!(lateness.take(now), Duration::from_millis(40));
        assert_eq!(lateness.take(now), Duration::ZERO);
    }
}
