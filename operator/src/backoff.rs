//! How long to wait before another attempt.

use std::time::Duration;

/// Exponential, with a cap, and jitter, so that what failed together does not come back together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    /// The longest wait after the first failure.
    pub first: Duration,
    /// The longest wait after any.
    pub most: Duration,
}

impl Default for Backoff {
    fn default() -> Self {
        Self { first: Duration::from_secs(1), most: Duration::from_secs(300) }
    }
}

impl Backoff {
    /// The longest wait after the `failures`th failure in a row.
    pub fn longest(&self, failures: u32) -> Duration {
        let doublings = failures.saturating_sub(1).min(31);
        self.first.saturating_mul(1 << doublings).min(self.most)
    }

    /// The wait after the `failures`th failure in a row: half of it is certain, of the other half `random`, 0 to 1.
    pub fn delay(&self, failures: u32, random: f64) -> Duration {
        let longest = self.longest(failures);
        longest / 2 + (longest / 2).mul_f64(random.clamp(0.0, 1.0))
    }
}

/// A moment between two, for what is due regularly: `random` is 0 to 1.
pub fn between(least: Duration, most: Duration, random: f64) -> Duration {
    least + most.saturating_sub(least).mul_f64(random.clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_cap() {
        let backoff = Backoff { first: Duration::from_secs(1), most: Duration::from_secs(60) };
        let longest: Vec<_> = (0..9).map(|failures| backoff.delay(failures, 1.0).as_secs()).collect();
        assert_eq!(longest, [1, 1, 2, 4, 8, 16, 32, 60, 60]);
        assert_eq!(backoff.delay(u32::MAX, 1.0), Duration::from_secs(60));
    }

    #[test]
    fn jitter_takes_away_up_to_half() {
        let backoff = Backoff { first: Duration::from_secs(2), most: Duration::from_secs(60) };
        assert_eq!(backoff.delay(1, 0.0), Duration::from_secs(1));
        assert_eq!(backoff.delay(1, 0.5), Duration::from_millis(1500));
        assert_eq!(
            between(Duration::from_secs(300), Duration::from_secs(600), 0.5),
            Duration::from_secs(450)
        );
    }
}
