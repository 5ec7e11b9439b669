//! How late a thread came to its work.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

/// The worst of what one thread records until another one takes it.
#[derive(Debug, Default)]
pub(super) struct WorstLateness {
    nanos: AtomicU64,
}

impl WorstLateness {
    /// Work began so long after it could have.
    pub(super) fn record(&self, lateness: Duration) {
        let nanos = u64::try_from(lateness.as_nanos()).unwrap_or(u64::MAX);
        // Only this thread raises it, and a plain read is cheaper than what it mostly spares.
        if nanos > self.nanos.load(Relaxed) {
            self.nanos.fetch_max(nanos, Relaxed);
        }
    }

    /// The worst since the last call.
    pub(super) fn take(&self) -> Duration {
        Duration::from_nanos(self.nanos.swap(0, Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_is_taken_once() {
        let worst = WorstLateness::default();
        for milliseconds in [3, 7, 5] {
            worst.record(Duration::from_millis(milliseconds));
        }
        assert_eq!([worst.take(), worst.take()], [Duration::from_millis(7), Duration::ZERO]);
    }
}
