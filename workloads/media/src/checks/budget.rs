//! How many unanswered checks may leave a whole process, whatever its peers' descriptions say.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::bucket::Bucket;

/// 60 a second on the average. With [`BURST`] and the first few of each session that need no budget, it is no more than
/// 100 in any second in which up to five sessions begin.
const INTERVAL: Duration = Duration::from_nanos(1_000_000_000 / 60);
const BURST: u32 = 20;
/// What is left of the burst for those that go first.
const RESERVE: u32 = BURST / 2;

/// What all sessions of a process share.
#[derive(Debug)]
pub(crate) struct Budget(Mutex<Bucket>);

impl Default for Budget {
    fn default() -> Self {
        Self(Mutex::new(Bucket::new(INTERVAL, BURST)))
    }
}

impl Budget {
    /// Takes one check, if there is one: of those that only `go_first` may have too, or of the others.
    pub(super) fn take(&self, go_first: bool, now: Instant) -> bool {
        // Nothing can panic while it is locked.
        let mut bucket = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let has = bucket.has(if go_first { 0 } else { RESERVE }, now);
        if has {
            bucket.take(now);
        }
        has
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sessions_that_hammer_leave_something_to_the_others() {
        let (now, budget) = (Instant::now(), Budget::default());
        let (mut hammered, mut first) = (0, 0);
        for milliseconds in 0..1000 {
            let now = now + Duration::from_millis(milliseconds);
            hammered += u32::from(budget.take(false, now));
            first += u32::from(milliseconds % 100 == 0 && budget.take(true, now));
        }
        assert_eq!(first, 10, "all of them");
        assert!((50..=80).contains(&(hammered + first)), "{hammered}");
    }
}
