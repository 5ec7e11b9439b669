//! When a client whose pod failed is tried again.

use std::time::{Duration, Instant};

use crate::backoff::Backoff;

/// The waits after failures. What kept a pod from working is noticed to be gone within the longest.
const PAUSES: Backoff = Backoff { first: Duration::from_secs(1), most: Duration::from_secs(15) };
/// A pod that had media for so long has not failed at its start: what follows is another first failure.
const HEALTHY: Duration = Duration::from_secs(60);

/// What is remembered of the attempts of one client.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Pace {
    /// The last attempt that is known to be over.
    over: u32,
    /// Attempts that failed in a row.
    failures: u32,
    not_before: Option<Instant>,
    /// The attempt that has media, and since when.
    media: Option<(u32, Instant)>,
    /// The last attempt that this process has seen to have media.
    seen: u32,
}

impl Pace {
    /// An attempt has media at `now`.
    pub(super) fn has_media(&mut self, attempt: u32, now: Instant) {
        if self.media.is_none_or(|(of, _)| of != attempt) {
            self.media = Some((attempt, now));
        }
        self.seen = attempt;
        if self.is_healthy(attempt, now) {
            self.failures = 0;
        }
    }

    /// Whether this process has seen that an attempt had media, and so until when it had.
    pub(super) fn has_seen_media(&self, attempt: u32) -> bool {
        self.seen == attempt
    }

    /// Whether an attempt has had media for long enough.
    pub(super) fn is_healthy(&self, attempt: u32, now: Instant) -> bool {
        self.healthy_in(attempt, now).is_some_and(|left| left.is_zero())
    }

    /// How long until an attempt has had media for long enough; `None` where it has none.
    pub(super) fn healthy_in(&self, attempt: u32, now: Instant) -> Option<Duration> {
        let (_, since) = self.media.filter(|(of, _)| *of == attempt)?;
        Some(HEALTHY.saturating_sub(now.saturating_duration_since(since)))
    }

    /// An attempt is over that was to go on. Said again and again, it counts once.
    pub(super) fn failed(&mut self, attempt: u32, now: Instant) {
        if attempt <= self.over {
            return;
        }
        if self.is_healthy(attempt, now) {
            self.failures = 0;
        }
        self.media = None;
        self.over = attempt;
        self.failures = self.failures.saturating_add(1);
        self.not_before = Some(now + PAUSES.longest(self.failures));
    }

    /// An attempt was ended by the operator, because something else is wanted: whatever was before does not count.
    pub(super) fn ended(&mut self, attempt: u32) {
        *self = Self { over: attempt.max(self.over), ..Self::default() };
    }

    /// How long until the next attempt; zero when it may be made.
    pub(super) fn wait(&self, now: Instant) -> Duration {
        self.not_before.map_or(Duration::ZERO, |not_before| not_before.saturating_duration_since(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_a_quarter_of_a_minute() {
        let (mut pace, now) = (Pace::default(), Instant::now());
        assert_eq!(pace.wait(now), Duration::ZERO);
        let mut pauses = Vec::new();
        for attempt in 1..8 {
            pace.failed(attempt, now);
            pace.failed(attempt, now + Duration::from_secs(1));
            pauses.push(pace.wait(now).as_secs());
        }
        assert_eq!(pauses, [1, 2, 4, 8, 15, 15, 15]);
    }

    #[test]
    fn a_minute_of_media_makes_the_next_failure_the_first() {
        let (mut pace, start) = (Pace::default(), Instant::now());
        let at = |second| start + Duration::from_secs(second);
        for attempt in 1..4 {
            pace.failed(attempt, at(0));
        }
        pace.has_media(4, at(10));
        pace.failed(4, at(69));
        assert_eq!(pace.failures, 4);
        pace.has_media(5, at(100));
        assert_eq!(pace.healthy_in(5, at(110)), Some(Duration::from_secs(50)));
        pace.failed(5, at(160));
        assert_eq!(pace.failures, 1);
        assert_eq!(pace.wait(at(160)), PAUSES.first);
    }

    #[test]
    fn what_the_operator_ends_is_no_failure() {
        let (mut pace, now) = (Pace::default(), Instant::now());
        pace.failed(1, now);
        pace.ended(2);
        pace.failed(2, now);
        assert_eq!((pace.failures, pace.wait(now)), (0, Duration::ZERO));
        pace.failed(3, now);
        assert_eq!(pace.failures, 1);
    }
}
