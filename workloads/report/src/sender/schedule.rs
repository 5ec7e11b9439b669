//! When a post is due. Pure: time and chance are arguments.

use std::time::{Duration, Instant};

use super::answer::Answer;

/// After a post was taken the next one waits this long, however much there is to say.
const GAP: Duration = Duration::from_secs(1);
/// The pause after a first failure, at most.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// The pause after many failures, at most.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// The longest that a busy operator can ask for.
const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(60);
/// Those who were told the same moment come back over a fifth more time.
const RETRY_SPREAD: f64 = 0.2;

/// How often a process reports without any news.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pace {
    /// The mean time between two posts.
    pub every: Duration,
    /// By how much of that, 0 to 1, it differs either way, so that processes that started together drift apart.
    pub spread: f64,
}

impl Pace {
    /// A server's: its numbers are what the session is about.
    pub const SERVER: Self = Self { every: Duration::from_secs(10), spread: 0.1 };

    /// A client's: what it has to say is mostly news.
    pub const CLIENT: Self = Self { every: Duration::from_secs(60), spread: 0.2 };

    fn interval(self, random: f64) -> Duration {
        self.every.mul_f64((1.0 + self.spread * (2.0 * random - 1.0)).max(0.0))
    }
}

/// Decides when the next post goes. `random` is 0 to 1 and drawn anew for each call.
#[derive(Debug)]
pub(super) struct Schedule {
    pace: Pace,
    is_active: bool,
    is_stopped: bool,
    /// Since when something wants to be said.
    wanted: Option<Instant>,
    /// When it is time again.
    regular: Option<Instant>,
    /// No post before this.
    not_before: Option<Instant>,
    /// Failures in a row.
    failures: u32,
}

impl Schedule {
    /// A schedule on which nothing is due.
    pub(super) fn new(pace: Pace) -> Self {
        Self {
            pace,
            is_active: false,
            is_stopped: false,
            wanted: None,
            regular: None,
            not_before: None,
            failures: 0,
        }
    }

    /// When the next post goes, which may be past; `None`: not as things stand.
    pub(super) fn next(&self) -> Option<Instant> {
        let due = self.wanted.into_iter().chain(self.regular).min().filter(|_| !self.is_stopped)?;
        Some(self.not_before.map_or(due, |not_before| due.max(not_before)))
    }

    /// There is something to be said at once.
    pub(super) fn news(&mut self, now: Instant) {
        self.wanted.get_or_insert(now);
    }

    /// Whether to post again and again.
    pub(super) fn set_active(&mut self, is_active: bool, now: Instant, random: f64) {
        if self.is_active != is_active {
            self.is_active = is_active;
            self.regular = is_active.then(|| now + self.pace.interval(random));
        }
    }

    /// What became of the post that was due.
    pub(super) fn answered(&mut self, answer: Answer, now: Instant, random: f64) {
        match answer {
            Answer::Forbidden => self.is_stopped = true,
            Answer::Accepted | Answer::Refused => {
                self.failures = 0;
                self.wanted = None;
                self.regular = self.is_active.then(|| now + self.pace.interval(random));
                self.not_before = Some(now + GAP);
            }
            Answer::Unauthorized | Answer::Unreachable | Answer::NoToken => {
                self.retry(Duration::ZERO, now, random);
            }
            Answer::Busy { retry_after } => {
                let wait = retry_after.unwrap_or(Duration::ZERO).min(LONGEST_RETRY_AFTER);
                self.retry(wait.mul_f64(1.0 + RETRY_SPREAD * random), now, random);
            }
        }
    }

    /// The process ends: one more post goes, at once.
    pub(super) fn end(&mut self, now: Instant) {
        self.is_active = false;
        self.regular = None;
        self.wanted = Some(now);
        self.not_before = None;
        self.failures = 0;
    }

    /// Tries again after `wait` or after a pause anywhere between none and one that doubles with each failure,
    /// whichever is later.
    fn retry(&mut self, wait: Duration, now: Instant, random: f64) {
        let longest = FIRST_PAUSE.saturating_mul(1 << self.failures.min(16)).min(LONGEST_PAUSE);
        self.failures = self.failures.saturating_add(1);
        self.wanted.get_or_insert(now);
        self.not_before = Some(now + longest.mul_f64(random).max(wait));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PACE: Pace = Pace::SERVER;
    const BUSY: Answer = Answer::Busy { retry_after: None };

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
        assert_eq!(schedule.next(), Some(start + ms(9_000)));
        // Being told once more changes nothing.
        schedule.set_active(true, start + ms(5_000), 0.5);
        assert_eq!(schedule.next(), Some(start + ms(9_000)));
        schedule.answered(Answer::Accepted, start + ms(9_000), 1.0);
        assert_eq!(schedule.next(), Some(start + ms(20_000)));
        schedule.set_active(false, start + ms(15_000), 0.5);
        assert_eq!(schedule.next(), None);
    }

    #[test]
    fn a_client_posts_every_minute_give_or_take_a_fifth() {
        let seconds = [0.0, 0.5, 1.0].map(|random| Pace::CLIENT.interval(random).as_secs());
        assert_eq!(seconds, [48, 60, 72]);
    }

    #[test]
    fn news_go_at_once_and_yet_not_more_than_one_a_second() {
        let start = Instant::now();
        let mut schedule = Schedule::new(PACE);
        schedule.news(start);
        assert_eq!(schedule.next(), Some(start));
        schedule.answered(Answer::Accepted, start + ms(20), 0.5);
        assert_eq!(schedule.next(), None);
        for milliseconds in [30, 500] {
            schedule.news(start + ms(milliseconds));
            assert_eq!(schedule.next(), Some(start + ms(1_020)));
        }
        schedule.answered(Answer::Accepted, start + ms(1_020), 0.5);
        schedule.news(start + ms(9_000));
        assert_eq!(schedule.next(), Some(start + ms(9_000)));
    }

    #[test]
    fn news_of_the_end_outlive_the_regular_posts() {
        let start = Instant::now();
        let mut schedule = Schedule::new(PACE);
        schedule.set_active(true, start, 0.5);
        schedule.news(start + ms(2_000));
        schedule.set_active(false, start + ms(2_000), 0.5);
        assert_eq!(schedule.next(), Some(start + ms(2_000)));
        schedule.answered(Answer::Accepted, start + ms(2_000), 0.5);
        assert_eq!(schedule.next(), None);
    }

    #[test]
    fn failures_are_tried_again_after_pauses_that_double_up_to_half_a_minute() {
        let start = Instant::now();
        for failure in [Answer::Unauthorized, Answer::Unreachable, Answer::NoToken, BUSY] {
            let mut schedule = Schedule::new(PACE);
            schedule.news(start);
            let longest: Vec<_> = (0..40)
                .map(|_| {
                    schedule.answered(failure, start, 1.0);
                    schedule.next().unwrap() - start
                })
                .collect();
            assert_eq!(longest[..3], [ms(100), ms(200), ms(400)]);
            assert_eq!(longest[8..10], [ms(25_600), ms(30_000)]);
            assert_eq!(longest[39], ms(30_000));
            // Full jitter: anything down to no pause at all.
            schedule.answered(failure, start, 0.0);
            assert_eq!(schedule.next(), Some(start));
            // News do not shorten the pause, and a success ends it.
            schedule.answered(failure, start, 0.5);
            schedule.news(start);
            assert_eq!(schedule.next(), Some(start + ms(15_000)));
            schedule.answered(Answer::Accepted, start + ms(15_000), 0.5);
            assert_eq!(schedule.next(), None);
            schedule.answered(failure, start, 1.0);
            assert_eq!(schedule.next(), Some(start + ms(100)));
        }
    }

    #[test]
    fn a_failed_regular_post_is_tried_again() {
        let start = Instant::now();
        let mut schedule = Schedule::new(PACE);
        schedule.set_active(true, start, 0.5);
        schedule.answered(Answer::Unreachable, start + ms(10_000), 0.5);
        assert_eq!(schedule.next(), Some(start + ms(10_050)));
        // Also after the last client left.
        schedule.set_active(false, start + ms(10_020), 0.5);
        assert_eq!(schedule.next(), Some(start + ms(10_050)));
    }

    #[test]
    fn retry_after_is_honoured_within_limits() {
        let start = Instant::now();
        let after = |seconds, random| {
            let mut schedule = Schedule::new(PACE);
            schedule.news(start);
            let retry_after = Some(Duration::from_secs(seconds));
            schedule.answered(Answer::Busy { retry_after }, start, random);
            schedule.next().unwrap() - start
        };
        assert_eq!((after(5, 0.0), after(5, 1.0)), (ms(5_000), ms(6_000)));
        assert_eq!(after(u64::MAX, 0.0), ms(60_000));
        // "At once" is no reason to come back without any pause.
        assert_eq!(after(0, 1.0), ms(100));
    }

    #[test]
    fn a_refused_post_is_dropped_and_the_next_one_has_its_time() {
        let start = Instant::now();
        let mut schedule = Schedule::new(PACE);
        schedule.set_active(true, start, 0.5);
        schedule.news(start);
        schedule.answered(Answer::Refused, start, 0.5);
        assert_eq!(schedule.next(), Some(start + ms(10_000)));
    }

    #[test]
    fn after_forbidden_there_is_nothing_more() {
        let start = Instant::now();
        let mut schedule = Schedule::new(PACE);
        schedule.set_active(true, start, 0.5);
        schedule.answered(Answer::Forbidden, start + ms(10_000), 0.5);
        schedule.news(start + ms(20_000));
        schedule.end(start + ms(30_000));
        assert_eq!(schedule.next(), None);
    }

    #[test]
    fn the_last_post_waits_for_nothing_and_is_one() {
        let start = Instant::now();
        let mut schedule = Schedule::new(PACE);
        schedule.set_active(true, start, 0.5);
        schedule.answered(Answer::Busy { retry_after: Some(ms(50_000)) }, start, 0.5);
        schedule.end(start + ms(10));
        assert_eq!(schedule.next(), Some(start + ms(10)));
        schedule.answered(Answer::Unreachable, start + ms(10), 1.0);
        assert_eq!(schedule.next(), Some(start + ms(110)));
        schedule.answered(Answer::Accepted, start + ms(110), 0.5);
        assert_eq!(schedule.next(), None);
    }
}
