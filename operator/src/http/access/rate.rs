//! How many questions the API server is asked, by each source and in all: one that sends junk leaves others theirs. Several such
//! sources together take all that there is; who is known already then goes on by former answers.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use process::Bucket;

/// Sources that are told apart at a time. Where there are more, what holds for all together holds for the rest.
const SOURCES: usize = 1024;

/// How often, and how many at once after a quiet time.
pub(super) type Pace = (Duration, u32);

/// Why a question cannot be asked, and when to come again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Limited {
    /// The source has asked too many.
    Source(Duration),
    /// All together have.
    All(Duration),
}

/// Questions to the API server.
#[derive(Debug)]
pub(super) struct Rate {
    of_each: Pace,
    all: Bucket,
    /// With when each asked last.
    sources: HashMap<IpAddr, (Bucket, Instant)>,
}

impl Rate {
    pub(super) fn new(of_each: Pace, of_all: Pace, now: Instant) -> Self {
        Self { of_each, all: Bucket::new(of_all.0, of_all.1, now), sources: HashMap::new() }
    }

    /// Takes a question of `source`; or says when to come again.
    pub(super) fn take(&mut self, source: IpAddr, now: Instant) -> Result<(), Limited> {
        let (every, size) = self.of_each;
        if self.sources.len() >= SOURCES && !self.sources.contains_key(&source) {
            // The bucket of whoever has been quiet for so long is full, as a new one is.
            let refill = every * size;
            self.sources.retain(|_, (_, last)| now.saturating_duration_since(*last) < refill);
        }
        if self.sources.len() < SOURCES || self.sources.contains_key(&source) {
            let (bucket, last) =
                self.sources.entry(source).or_insert_with(|| (Bucket::new(every, size, now), now));
            *last = now;
            bucket.take(now).map_err(Limited::Source)?;
        }
        self.all.take(now).map_err(Limited::All)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rate(now: Instant) -> Rate {
        Rate::new((Duration::from_secs(1), 3), (Duration::from_millis(100), 10), now)
    }

    fn address(number: u32) -> IpAddr {
        IpAddr::V4(number.into())
    }

    #[test]
    fn a_source_that_asks_without_end_leaves_others_theirs() {
        let start = Instant::now();
        let mut rate = rate(start);
        let granted = (0..1000).filter(|_| rate.take(address(1), start).is_ok()).count();
        assert_eq!(granted, 3);
        assert_eq!(rate.take(address(1), start), Err(Limited::Source(Duration::from_secs(1))));
        assert_eq!(rate.take(address(2), start), Ok(()));
        let later = start + Duration::from_secs(2);
        assert_eq!((0..1000).filter(|_| rate.take(address(1), later).is_ok()).count(), 2);
    }

    #[test]
    fn all_together_have_a_limit_and_what_is_known_of_them_too() {
        let start = Instant::now();
        let mut rate = rate(start);
        let granted = (0..10_000).filter(|number| rate.take(address(*number), start).is_ok()).count();
        assert_eq!(granted, 10);
        let all = Limited::All(Duration::from_millis(100));
        assert_eq!(rate.take(address(500), start), Err(all), "it has asked once, and may ask twice more");
        assert_eq!(rate.sources.len(), SOURCES);
        let later = start + Duration::from_secs(4);
        assert_eq!(rate.take(address(20_000), later), Ok(()));
        assert_eq!(rate.sources.len(), 1, "those that were quiet are forgotten");
    }
}
