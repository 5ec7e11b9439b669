//! How late something was that was due at a certain moment; recorded by one thread, taken by another.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

/// The worst since it was last taken.
#[derive(Debug, Default)]
pub(crate) struct Lateness(AtomicU64);

impl Lateness {
    pub(crate) fn record(&self, lateness: Duration) {
        self.0.fetch_max(u64::try_from(lateness.as_nanos()).unwrap_or(u64::MAX), Relaxed);
    }

    /// The worst so far; it starts anew.
    pub(crate) fn take(&self) -> Duration {
        Duration::from_nanos(self.0.swap(0, Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_is_taken_once() {
        let lateness = Lateness::default();
        for milliseconds in [3, 40, 7] {
            lateness.record(Duration::from_millis(milliseconds));
        }
        assert_eq!(lateness.take(), Duration::from_millis(40));
        assert_eq!(lateness.take(), Duration::ZERO);
    }
}
