//! How many pods may be made in a time, whatever the sessions ask for together.

use std::time::{Duration, Instant};

/// Pods at once, and then one each time that this has passed: a thousand sessions of two clients are made within half a
/// minute, and a loop that goes wrong fills no cluster.
const BURST: u32 = 200;
const EVERY: Duration = Duration::from_millis(10);

/// A bucket of tokens.
#[derive(Debug, Clone)]
pub struct Budget {
    /// When it will be full again.
    full_at: Instant,
}

impl Budget {
    /// A full one.
    pub fn new(now: Instant) -> Self {
        Self { full_at: now }
    }

    /// How many of `wanted` may be made now: these are taken.
    pub fn take(&mut self, wanted: u32, now: Instant) -> u32 {
        let full_at = self.full_at.max(now);
        let used = full_at.saturating_duration_since(now).as_millis().div_ceil(EVERY.as_millis());
        let left = BURST.saturating_sub(u32::try_from(used).unwrap_or(u32::MAX));
        let granted = wanted.min(left);
        self.full_at = full_at + EVERY * granted;
        granted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_and_then_a_hundred_a_second() {
        let start = Instant::now();
        let mut budget = Budget::new(start);
        assert_eq!((budget.take(150, start), budget.take(150, start), budget.take(1, start)), (150, 50, 0));
        let granted: u32 =
            (1..=1000).map(|step| budget.take(20, start + Duration::from_millis(10 * step))).sum();
        assert_eq!(granted, 1000);
        assert_eq!(budget.take(u32::MAX, start + Duration::from_secs(100)), BURST);
    }
}
