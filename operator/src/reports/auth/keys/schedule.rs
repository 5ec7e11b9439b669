//! When the API server is asked for its keys. Whoever sends junk decides of that no more than that it is once in a while.

use std::time::{Duration, Instant};

/// How often in any case, so that a key that is withdrawn counts no longer.
const REFRESH: Duration = Duration::from_secs(600);
/// How soon again where there was no answer of use.
const RETRY: Duration = Duration::from_secs(10);
/// How often at most because a token names a key that is not known: the API server may have begun to sign with a new one.
const WANTED: Duration = Duration::from_secs(30);
/// How long keys count that cannot be asked for again: an API server that is being started refuses this and that.
const KEEP: Duration = Duration::from_secs(1200);

/// When to ask.
#[derive(Debug)]
pub(super) struct Schedule {
    due: Instant,
    /// An unknown key was named since the last question.
    is_wanted: bool,
    /// Not before this because of another one.
    wanted_again: Instant,
    /// When there were keys last.
    fetched: Option<Instant>,
}

impl Schedule {
    /// At once, to begin with.
    pub(super) fn new(now: Instant) -> Self {
        Self { due: now, is_wanted: false, wanted_again: now, fetched: None }
    }

    /// When to ask next.
    pub(super) fn due(&self) -> Instant {
        self.due
    }

    /// A token names a key that is not known. How long until it is asked for.
    pub(super) fn want(&mut self, now: Instant) -> Duration {
        self.is_wanted = true;
        self.due = self.due.min(self.wanted_again.max(now));
        self.due.saturating_duration_since(now)
    }

    /// The question goes out.
    pub(super) fn begin(&mut self, now: Instant) {
        if std::mem::take(&mut self.is_wanted) {
            self.wanted_again = now + WANTED;
        }
        self.due = now + RETRY;
    }

    /// There are keys.
    pub(super) fn fetched(&mut self, now: Instant) {
        self.fetched = Some(now);
        self.due = self.next(now + REFRESH);
    }

    /// There was no answer of use. Whether the keys from before still count.
    pub(super) fn failed(&mut self, now: Instant) -> bool {
        self.due = self.next(now + RETRY);
        self.fetched.is_some_and(|fetched| now.saturating_duration_since(fetched) < KEEP)
    }

    /// At `usual`, or sooner where an unknown key was named while the question was under way.
    fn next(&self, usual: Instant) -> Instant {
        if self.is_wanted { usual.min(self.wanted_again) } else { usual }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    /// One for which keys were fetched at once.
    fn fetched(start: Instant) -> Schedule {
        let mut schedule = Schedule::new(start);
        schedule.begin(start);
        schedule.fetched(start);
        schedule
    }

    #[test]
    fn keys_are_asked_for_at_once_and_then_every_ten_minutes() {
        let start = Instant::now();
        assert_eq!(Schedule::new(start).due(), start);
        assert_eq!(fetched(start).due(), start + REFRESH);
    }

    #[test]
    fn an_unknown_key_is_asked_for_at_once_and_others_once_in_thirty_seconds() {
        let start = Instant::now();
        let mut schedule = fetched(start);
        let mut asked = Vec::new();
        for second in 5..=95 {
            let now = start + seconds(second);
            let wait = schedule.want(now);
            assert!(wait <= WANTED);
            if schedule.due() <= now {
                schedule.begin(now);
                schedule.fetched(now);
                asked.push(second);
            }
        }
        assert_eq!(asked, [5, 35, 65, 95]);
    }

    #[test]
    fn a_key_that_is_named_while_the_question_is_under_way_is_not_forgotten() {
        let start = Instant::now();
        let mut schedule = fetched(start);
        schedule.want(start);
        schedule.begin(start);
        schedule.want(start + seconds(1));
        schedule.fetched(start + seconds(2));
        assert_eq!(schedule.due(), start + WANTED);
    }

    #[test]
    fn keys_that_cannot_be_asked_for_again_count_for_a_while() {
        let start = Instant::now();
        let mut schedule = fetched(start);
        let mut still = |after| {
            schedule.begin(start + seconds(after));
            let still = schedule.failed(start + seconds(after));
            assert_eq!(schedule.due(), start + seconds(after) + RETRY);
            still
        };
        assert_eq!([600, 1199, 1200].map(&mut still), [true, true, false]);
        let mut without = Schedule::new(start);
        without.begin(start);
        assert!(!without.failed(start));
    }
}
