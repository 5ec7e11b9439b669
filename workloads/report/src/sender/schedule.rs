//! When a post is due. Pure: time and chance are arguments.

use std::time::{Duration, Instant};

use backoff::{Backoff, Jitter};

use super::pace::Pace;
use super::result::PostResult;

/// After a post was taken the next one waits this long, however much there is to report.
const GAP: Duration = Duration::from_secs(1);
/// The pauses after failures. The longest is short against the time after which a silent server counts as gone.
const BACKOFF: Backoff = match Backoff::new(Duration::from_millis(100), Duration::from_secs(5), Jitter::Full)
{
    Ok(backoff) => backoff,
    Err(_) => panic!("the first pause is above 0 and below the longest"),
};
/// How long a process that may not report waits before it asks again: whatever took its right away, such as the operator's
/// own rights or a session that was made anew, may be put right by a person.
const FORBIDDEN_PAUSE: Duration = Duration::from_secs(600);
/// The longest that a busy operator can ask for; with the spread it is no longer than any other pause.
const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(4);
/// Those who were given the same moment come back over a fifth more time.
const RETRY_SPREAD: f64 = 0.2;

/// Decides when the next post goes. `random` is 0 to 1 and drawn anew for each call.
#[derive(Debug)]
pub(super) struct Schedule {
    pace: Pace,
    is_active: bool,
    is_ending: bool,
    /// Since when something is to be posted at once.
    urgent: Option<Instant>,
    /// When it is time again.
    regular: Option<Instant>,
    /// No post before this.
    not_before: Option<Instant>,
    backoff: Backoff,
}

impl Schedule {
    /// A schedule on which nothing is due.
    pub(super) fn new(pace: Pace) -> Self {
        Self {
            pace,
            is_active: false,
            is_ending: false,
            urgent: None,
            regular: None,
            not_before: None,
            backoff: BACKOFF,
        }
    }

    /// When the next post goes, which may be past; `None`: not as things stand.
    pub(super) fn next(&self) -> Option<Instant> {
        let due = self.urgent.into_iter().chain(self.regular).min()?;
        Some(self.not_before.map_or(due, |not_before| due.max(not_before)))
    }

    /// There is something to be posted at once.
    pub(super) fn set_urgent(&mut self, now: Instant) {
        self.urgent.get_or_insert(now);
    }

    /// Whether to post again and again.
    pub(super) fn set_active(&mut self, is_active: bool, now: Instant, random: f64) {
        if self.is_active != is_active {
            self.is_active = is_active;
            self.regular = is_active.then(|| now + self.pace.interval(random));
        }
    }

    /// What became of the post that was due.
    pub(super) fn posted(&mut self, result: PostResult, now: Instant, random: f64) {
        match result {
            // Whoever ends asks no more.
            PostResult::Forbidden if self.is_ending => self.urgent = None,
            PostResult::Forbidden => {
                self.backoff.reset();
                self.urgent.get_or_insert(now);
                let spread = 1.0 + RETRY_SPREAD * (random - 0.5);
                self.not_before = Some(now + FORBIDDEN_PAUSE.mul_f64(spread));
            }
            PostResult::Accepted | PostResult::Refused => {
                self.backoff.reset();
                self.urgent = None;
                self.regular = self.is_active.then(|| now + self.pace.interval(random));
                self.not_before = Some(now + GAP);
            }
            PostResult::Unauthorized
            | PostResult::Unreachable
            | PostResult::NoToken
            | PostResult::Untrusted => {
                self.retry(Duration::ZERO, now, random);
            }
            PostResult::Busy { retry_after } => {
                let wait = retry_after.unwrap_or(Duration::ZERO).min(LONGEST_RETRY_AFTER);
                self.retry(wait.mul_f64(1.0 + RETRY_SPREAD * random), now, random);
            }
        }
    }

    /// The process ends: one more post goes, at once.
    pub(super) fn end(&mut self, now: Instant) {
        self.is_ending = true;
        self.is_active = false;
        self.regular = None;
        self.urgent = Some(now);
        self.not_before = None;
        self.backoff.reset();
    }

    /// Tries again after `wait` or after the pause that follows from the failures so far, whichever is later.
    fn retry(&mut self, wait: Duration, now: Instant, random: f64) {
        self.urgent.get_or_insert(now);
        self.not_before = Some(now + self.backoff.next_delay(random).max(wait));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PACE: Pace = Pace::SERVER;
    const BUSY: PostResult = PostResult::Busy { retry_after: None };

    fn ms(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    #[test]
    fn nothing_is_due_until_something_happens() {
        assert_eq!(Schedule::new(PACE).next(), None);
    }

    #[test]
    fn posts_go_again_and_again_while_active_and_not_after() {
        let start = Instant::now();
        let mut schedule = Schedule::new(PACE);
        schedule.set_active(true, start, 0.0);
        assert_eq!(schedule.next(), Some(start + ms(4_500)));
        // Once more changes nothing.
        schedule.set_active(true, start + ms(2_000), 0.5);
        assert_eq!(schedule.next(), Some(start + ms(4_500)));
        schedule.posted(PostResult::Accepted, start + ms(4_500), 1.0);
        assert_eq!(schedule.next(), Some(start + ms(10_000)));
        schedule.set_active(false, start + ms(7_000), 0.5);
        assert_eq!(schedule.next(), None);
    }

    #[test]
    fn a_client_posts_every_minute_give_or_take_a_fifth() {
        let seconds = [0.0, 0.5, 1.0].map(|random| Pace::CLIENT.interval(random).as_secs());
        assert_eq!(seconds, [48, 60, 72]);
    }

    #[test]
    fn urgent_posts_go_at_once_and_yet_not_more_than_one_a_second() {
        let start = Instant::now();
        let mut schedule = Schedule::new(PACE);
        schedule.set_urgent(start);
        assert_eq!(schedule.next(), Some(start));
        schedule.posted(PostResult::Accepted, start + ms(20), 0.5);
        assert_eq!(schedule.next(), None);
        for milliseconds in [30, 500] {
            schedule.set_urgent(start + ms(milliseconds));
            assert_eq!(schedule.next(), Some(start + ms(1_020)));
        }
        schedule.posted(PostResult::Accepted, start + ms(1_020), 0.5);
        schedule.set_urgent(start + ms(9_000));
        assert_eq!(schedule.next(), Some(start + ms(9_000)));
    }

    #[test]
    fn an_urgent_post_of_the_end_outlives_the_regular_ones() {
        let start = Instant::now();
        let mut schedule = Schedule::new(PACE);
        schedule.set_active(true, start, 0.5);
        schedule.set_urgent(start + ms(2_000));
        schedule.set_active(false, start + ms(2_000), 0.5);
        assert_eq!(schedule.next(), Some(start + ms(2_000)));
        schedule.posted(PostResult::Accepted, start + ms(2_000), 0.5);
        assert_eq!(schedule.next(), None);
    }

    #[test]
    fn failures_are_tried_again_after_pauses_that_double_up_to_5_s() {
        let start = Instant::now();
        for failure in [PostResult::Unauthorized, PostResult::Unreachable, PostResult::NoToken, BUSY] {
            let mut schedule = Schedule::new(PACE);
            schedule.set_urgent(start);
            let longest: Vec<_> = (0..40)
                .map(|_| {
                    schedule.posted(failure, start, 1.0);
                    schedule.next().unwrap() - start
                })
                .collect();
            assert_eq!(longest[..3], [ms(100), ms(200), ms(400)]);
            assert_eq!(longest[5..7], [ms(3_200), ms(5_000)]);
            assert_eq!(longest[39], ms(5_000));
            // Full jitter: anything down to no pause at all.
            schedule.posted(failure, start, 0.0);
            assert_eq!(schedule.next(), Some(start));
            // An urgent post does not shorten the pause, and a success ends it.
            schedule.posted(failure, start, 0.5);
            schedule.set_urgent(start);
            assert_eq!(schedule.next(), Some(start + ms(2_500)));
            schedule.posted(PostResult::Accepted, start + ms(2_500), 0.5);
            assert_eq!(schedule.next(), None);
            schedule.posted(failure, start, 1.0);
            assert_eq!(schedule.next(), Some(start + ms(100)));
        }
    }

    #[test]
    fn a_failed_regular_post_is_tried_again() {
        let start = Instant::now();
        let mut schedule = Schedule::new(PACE);
        schedule.set_active(true, start, 0.5);
        schedule.posted(PostResult::Unreachable, start + ms(5_000), 0.5);
        assert_eq!(schedule.next(), Some(start + ms(5_050)));
        // Also when there is nothing more to post again and again.
        schedule.set_active(false, start + ms(5_020), 0.5);
        assert_eq!(schedule.next(), Some(start + ms(5_050)));
    }

    #[test]
    fn retry_after_is_honoured_within_limits() {
        let start = Instant::now();
        let after = |seconds, random| {
            let mut schedule = Schedule::new(PACE);
            schedule.set_urgent(start);
            let retry_after = Some(Duration::from_secs(seconds));
            schedule.posted(PostResult::Busy { retry_after }, start, random);
            schedule.next().unwrap() - start
        };
        assert_eq!((after(3, 0.0), after(3, 1.0)), (ms(3_000), ms(3_600)));
        assert_eq!((after(u64::MAX, 0.0), after(u64::MAX, 1.0)), (ms(4_000), ms(4_800)));
        // "At once" is no reason to come back without any pause.
        assert_eq!(after(0, 1.0), ms(100));
    }

    #[test]
    fn a_refused_post_is_dropped_and_the_next_one_has_its_time() {
        let start = Instant::now();
        let mut schedule = Schedule::new(PACE);
        schedule.set_active(true, start, 0.5);
        schedule.set_urgent(start);
        schedule.posted(PostResult::Refused, start, 0.5);
        assert_eq!(schedule.next(), Some(start + ms(5_000)));
    }

    /// O15: a process that was forbidden to report once asks again, and reports as before when it may.
    #[test]
    fn who_is_forbidden_to_report_asks_every_10_minutes() {
        let start = Instant::now();
        let mut schedule = Schedule::new(PACE);
        schedule.set_active(true, start, 0.5);
        let mut now = start + ms(5_000);
        for _ in 0..5 {
            schedule.posted(PostResult::Forbidden, now, 0.5);
            // Nothing is so urgent that it would be asked before.
            schedule.set_urgent(now + ms(20));
            assert_eq!(schedule.next(), Some(now + ms(600_000)));
            now += ms(600_000);
        }
        schedule.posted(PostResult::Accepted, now, 0.5);
        assert_eq!(schedule.next(), Some(now + ms(5_000)));
        for (random, seconds) in [(0.0, 540), (1.0, 660)] {
            schedule.posted(PostResult::Forbidden, now, random);
            assert_eq!(schedule.next(), Some(now + ms(seconds * 1_000)), "not all at once");
        }
    }

    #[test]
    fn a_process_that_is_forbidden_to_report_tries_once_more_at_its_end() {
        let start = Instant::now();
        let mut schedule = Schedule::new(PACE);
        schedule.set_active(true, start, 0.5);
        schedule.posted(PostResult::Forbidden, start + ms(10_000), 0.5);
        schedule.end(start + ms(30_000));
        assert_eq!(schedule.next(), Some(start + ms(30_000)));
        schedule.posted(PostResult::Forbidden, start + ms(30_010), 0.5);
        assert_eq!(schedule.next(), None);
    }

    #[test]
    fn the_last_post_waits_for_nothing_and_is_one() {
        let start = Instant::now();
        let mut schedule = Schedule::new(PACE);
        schedule.set_active(true, start, 0.5);
        schedule.posted(PostResult::Busy { retry_after: Some(ms(50_000)) }, start, 0.5);
        schedule.end(start + ms(10));
        assert_eq!(schedule.next(), Some(start + ms(10)));
        schedule.posted(PostResult::Unreachable, start + ms(10), 1.0);
        assert_eq!(schedule.next(), Some(start + ms(110)));
        schedule.posted(PostResult::Accepted, start + ms(110), 0.5);
        assert_eq!(schedule.next(), None);
    }
}
