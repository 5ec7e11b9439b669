//! A token bucket.

use std::time::{Duration, Instant};

/// Fills up by one each `every`, to `size`; full to begin with.
#[derive(Debug, Clone)]
pub struct Bucket {
    every: Duration,
    size: u32,
    /// When it will be full again.
    full_at: Instant,
}

impl Bucket {
    /// A full one.
    pub fn new(every: Duration, size: u32, now: Instant) -> Self {
        Self { every, size, full_at: now }
    }

    /// Takes one; or says when to come again.
    ///
    /// # Errors
    /// How long until there is one.
    pub fn take(&mut self, now: Instant) -> Result<(), Duration> {
        let may_miss = self.every * self.size.saturating_sub(1);
        match self.missing(now).checked_sub(may_miss).filter(|wait| !wait.is_zero()) {
            Some(wait) => Err(wait),
            None => {
                self.full_at = self.full_at.max(now) + self.every;
                Ok(())
            }
        }
    }

    /// Takes as many of `wanted` as there are.
    pub fn take_up_to(&mut self, wanted: u32, now: Instant) -> u32 {
        let used = self.missing(now).as_nanos().div_ceil(self.every.as_nanos());
        let left = self.size.saturating_sub(u32::try_from(used).unwrap_or(u32::MAX));
        let granted = wanted.min(left);
        self.full_at = self.full_at.max(now) + self.every * granted;
        granted
    }

    /// How long until it is full.
    fn missing(&self, now: Instant) -> Duration {
        self.full_at.saturating_duration_since(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_and_then_a_hundred_a_second() {
        let (start, size) = (Instant::now(), 200);
        let mut bucket = Bucket::new(Duration::from_millis(10), size, start);
        let taken = [150, 150, 1].map(|wanted| bucket.take_up_to(wanted, start));
        assert_eq!(taken, [150, 50, 0]);
        let granted: u32 =
            (1..=1000).map(|step| bucket.take_up_to(20, start + Duration::from_millis(10 * step))).sum();
        assert_eq!(granted, 1000);
        assert_eq!(bucket.take_up_to(u32::MAX, start + Duration::from_secs(100)), size);
    }

    #[test]
    fn an_empty_one_says_when_to_come_again() {
        let start = Instant::now();
        let mut bucket = Bucket::new(Duration::from_millis(50), 2, start);
        let at = |millis| start + Duration::from_millis(millis);
        assert_eq!((bucket.take(at(0)), bucket.take(at(20))), (Ok(()), Ok(())));
        assert_eq!(bucket.take(at(20)), Err(Duration::from_millis(30)));
        assert_eq!(bucket.take(at(50)), Ok(()));
    }
}
