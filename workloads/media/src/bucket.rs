//! A token bucket.

use std::time::{Duration, Instant};

/// Fills at one token per `interval`, up to `size`; full to begin with.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bucket {
    interval: Duration,
    size: u32,
    /// When it is full again; `None` before the first token was taken.
    full_at: Option<Instant>,
}

impl Bucket {
    pub(crate) const fn new(interval: Duration, size: u32) -> Self {
        Self { interval, size, full_at: None }
    }

    /// Whether a token can be taken that leaves `reserve` behind.
    pub(crate) fn has(&self, reserve: u32, now: Instant) -> bool {
        let missing = self.full_at.map_or(Duration::ZERO, |full_at| full_at.saturating_duration_since(now));
        reserve < self.size && missing <= self.interval * (self.size - reserve - 1)
    }

    /// Takes one, after [`Bucket::has`].
    pub(crate) fn take(&mut self, now: Instant) {
        self.full_at = Some(self.full_at.map_or(now, |full_at| full_at.max(now)) + self.interval);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_gives_its_size_at_once_and_then_one_per_interval() {
        let (now, mut bucket) = (Instant::now(), Bucket::new(Duration::from_millis(50), 3));
        let mut taken = Vec::new();
        for milliseconds in 0..200 {
            let now = now + Duration::from_millis(milliseconds);
            while bucket.has(0, now) {
                bucket.take(now);
                taken.push(milliseconds);
            }
        }
        assert_eq!(taken, [0, 0, 0, 50, 100, 150]);
    }

    #[test]
    fn a_reserve_is_for_those_that_leave_none() {
        let (now, mut bucket) = (Instant::now(), Bucket::new(Duration::from_millis(50), 3));
        bucket.take(now);
        assert!(bucket.has(1, now));
        bucket.take(now);
        assert!(!bucket.has(1, now) && bucket.has(0, now));
        bucket.take(now);
        assert!(!bucket.has(0, now));
        assert!(!Bucket::new(Duration::from_millis(50), 1).has(1, now), "a reserve of all");
    }
}
