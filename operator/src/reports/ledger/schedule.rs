//! When which session's status is written: seldom enough for the API server, soon enough for people. No clock of its
//! own.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::{Duration, Instant};

use crate::reports::ledger::pending_write::WriteResult;
use crate::reports::status::Change;

/// Between two writes of all sessions together, and how many may follow each other without it after a quiet time.
const WRITE_INTERVAL: Duration = Duration::from_millis(20);
const BURST: u32 = 10;

/// After a write the watch needs a moment to show it. Who compares sooner would write the same again.
const WATCH_LAG: Duration = Duration::from_secs(1);
/// Between two writes of a session.
const WORDS_INTERVAL: Duration = Duration::from_secs(10);
/// The same, where nothing but numbers changed; and how much more of it, at most, a session has: sessions that began together would
/// be written together for ever.
const NUMBERS_INTERVAL: Duration = Duration::from_secs(60);
const NUMBERS_SPREAD: Duration = Duration::from_secs(5);
/// Where more is due than fits the pace, what is more urgent goes first; but of so many writes in a row one is what has waited for
/// longest, and of what is not as urgent as can be only what has been due for so long. It is more than the 140 s that the numbers
/// of ten thousand sessions wait for their turn: they do not hold up verdicts.
const IN_A_ROW: u32 = 5;
const PATIENCE: Duration = Duration::from_secs(180);
/// The longest wait after a failure. The first is [`WATCH_LAG`], each further one twice as long. After conflicts it is the same, from
/// the second in a row on.
const LONGEST_BACKOFF: Duration = Duration::from_secs(30);

/// The sessions whose status is to be written, by UID.
pub(super) struct Schedule {
    entries: HashMap<String, Entry>,
    /// By what has changed, each in the order in which they are due.
    queues: BTreeMap<Change, BTreeSet<(Instant, String)>>,
    /// When the next write fits the pace.
    next_at: Instant,
    /// How often in a row something went before what had waited for longer.
    passed_over: u32,
}

#[derive(Default)]
struct Entry {
    /// When it was written last, or that was refused or failed.
    written: Option<Instant>,
    /// The watch does not show before that what became of the last attempt.
    not_before: Option<Instant>,
    planned: Option<(Change, Instant)>,
    /// When that was to be stored which is not yet, however often it was put off since.
    wanted: Option<Instant>,
    failures: u32,
    /// How many writes in a row came too late.
    conflicts: u32,
    is_in_flight: bool,
}

impl Schedule {
    pub(super) fn new(now: Instant) -> Self {
        Self { entries: HashMap::new(), queues: BTreeMap::new(), next_at: now, passed_over: 0 }
    }

    /// The status of a session differs by `change` from the stored one.
    pub(super) fn plan(&mut self, uid: &str, change: Change, now: Instant) {
        if change == Change::None {
            self.cancel(uid);
            return;
        }
        let entry = self.entries.entry(uid.to_owned()).or_default();
        // When it is done, the session is compared again.
        if entry.is_in_flight {
            return;
        }
        let spacing = match change {
            Change::Urgent => WATCH_LAG,
            Change::Words => WORDS_INTERVAL,
            Change::Numbers | Change::None => numbers_interval(uid),
        };
        let spacing = spacing.max(backoff(entry.failures));
        let due = entry.written.map(|written| written + spacing);
        let due = [due, entry.not_before].into_iter().flatten().fold(now, Instant::max);
        // Never later than before: who waits in a long queue shall not lose the place by every report.
        let planned = entry.planned.map_or((change, due), |before| (change.max(before.0), due.min(before.1)));
        entry.wanted = Some(entry.wanted.map_or(planned.1, |wanted| wanted.min(planned.1)));
        let before = entry.planned.replace(planned);
        if before == Some(planned) {
            return;
        }
        if let Some(before) = before {
            self.dequeue(before, uid);
        }
        self.queues.entry(planned.0).or_default().insert((planned.1, uid.to_owned()));
    }

    /// What is planned for a session is as urgent as can be.
    pub(super) fn hasten(&mut self, uid: &str, now: Instant) {
        if self.entries.get(uid).is_some_and(|entry| entry.planned.is_some()) {
            self.plan(uid, Change::Urgent, now);
        }
    }

    /// The next session to be written now.
    pub(super) fn next(&mut self, now: Instant) -> Option<String> {
        if now < self.next_at {
            return None;
        }
        let firsts = self.queues.iter().filter_map(|(change, queue)| Some((*change, queue.first()?.0)));
        let due: Vec<_> = firsts.filter(|(_, due)| *due <= now).collect();
        let most_urgent = due.iter().max()?.0;
        let (longest, since) = *due.iter().min_by_key(|(change, due)| (*due, std::cmp::Reverse(*change)))?;
        let can_wait = most_urgent == Change::Urgent && now.saturating_duration_since(since) < PATIENCE;
        let change = if can_wait || self.passed_over + 1 < IN_A_ROW { most_urgent } else { longest };
        self.passed_over = if change == longest { 0 } else { self.passed_over.saturating_add(1) };
        let (_, uid) = self.queues.get_mut(&change)?.pop_first()?;
        // Time that was not used counts only as far as the burst goes.
        let earliest = now.checked_sub(WRITE_INTERVAL * BURST).unwrap_or(now);
        self.next_at = self.next_at.max(earliest) + WRITE_INTERVAL;
        let entry = self.entries.get_mut(&uid)?;
        (entry.planned, entry.is_in_flight) = (None, true);
        Some(uid)
    }

    /// When [`Schedule::next`] has something to give.
    pub(super) fn wake(&self) -> Option<Instant> {
        let firsts = self.queues.values().filter_map(BTreeSet::first);
        firsts.map(|(due, _)| (*due).max(self.next_at)).min()
    }

    /// For how long the write has been due that has been so for longest. One that fails stays due.
    pub(super) fn overdue(&self, now: Instant) -> Duration {
        let wanted = self.entries.values().filter_map(|entry| entry.wanted).min();
        wanted.map(|wanted| now.saturating_duration_since(wanted)).unwrap_or_default()
    }

    /// A write that [`Schedule::next`] asked for is over. One that came too late was none: the next attempt knows what the other
    /// one wrote.
    pub(super) fn done(&mut self, uid: &str, result: WriteResult, now: Instant) {
        let Some(entry) = self.entries.get_mut(uid) else { return };
        entry.is_in_flight = false;
        entry.conflicts = if result == WriteResult::Stale { entry.conflicts.saturating_add(1) } else { 0 };
        entry.not_before = Some(now + WATCH_LAG.max(backoff(entry.conflicts)));
        if result != WriteResult::Stale {
            entry.written = Some(now);
        }
        if result == WriteResult::Stored {
            entry.wanted = None;
        }
        entry.failures = match result {
            WriteResult::Stored | WriteResult::Stale => 0,
            WriteResult::Refused | WriteResult::Failed => entry.failures.saturating_add(1),
        };
    }

    /// A write that [`Schedule::next`] asked for was none: nothing had changed in the end.
    pub(super) fn skipped(&mut self, uid: &str) {
        if let Some(entry) = self.entries.get_mut(uid) {
            (entry.is_in_flight, entry.failures, entry.conflicts, entry.wanted) = (false, 0, 0, None);
        }
    }

    /// What was planned for a session is not needed any more. Whether there was something.
    pub(super) fn cancel(&mut self, uid: &str) -> bool {
        let Some(entry) = self.entries.get_mut(uid) else { return false };
        entry.wanted = None;
        entry.planned.take().is_some_and(|planned| self.dequeue(planned, uid))
    }

    /// Forgets sessions that are not there any more.
    pub(super) fn retain(&mut self, is_there: impl Fn(&str) -> bool) {
        self.entries.retain(|uid, _| is_there(uid));
        self.queues.values_mut().for_each(|queue| queue.retain(|(_, uid)| is_there(uid)));
    }

    fn dequeue(&mut self, (change, due): (Change, Instant), uid: &str) -> bool {
        self.queues.get_mut(&change).is_some_and(|queue| queue.remove(&(due, uid.to_owned())))
    }
}

/// The time between two writes of a session's numbers, its own and always the same.
fn numbers_interval(uid: &str) -> Duration {
    let mut hasher = DefaultHasher::new();
    uid.hash(&mut hasher);
    let share = hasher.finish() as f64 / u64::MAX as f64;
    NUMBERS_INTERVAL + NUMBERS_SPREAD.mul_f64(share)
}

/// The wait after so many attempts in a row that came to nothing.
fn backoff(attempts: u32) -> Duration {
    match attempts {
        0 => Duration::ZERO,
        attempts => LONGEST_BACKOFF.min(WATCH_LAG * 2_u32.saturating_pow(attempts - 1)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is written from `start` on, with the seconds since then, while `change` stays as it is.
    fn writes(schedule: &mut Schedule, change: Change, start: Instant, seconds: u64) -> Vec<u64> {
        let mut writes = Vec::new();
        for second in 0..seconds {
            let now = start + Duration::from_secs(second);
            schedule.plan("a", change, now);
            if let Some(uid) = schedule.next(now) {
                writes.push(second);
                schedule.done(&uid, WriteResult::Stored, now);
            }
        }
        writes
    }

    #[test]
    fn what_is_due_for_longest_is_known() {
        let start = Instant::now();
        let mut schedule = Schedule::new(start);
        let later = |seconds| start + Duration::from_secs(seconds);
        assert_eq!(schedule.overdue(later(9)), Duration::ZERO);
        schedule.plan("a", Change::Numbers, later(2));
        schedule.plan("b", Change::Urgent, later(5));
        assert_eq!(schedule.overdue(later(9)), Duration::from_secs(7));
        schedule.cancel("a");
        assert_eq!(schedule.overdue(later(9)), Duration::from_secs(4));
    }

    #[test]
    fn what_is_put_off_again_and_again_is_due_since_the_first_time() {
        for result in [WriteResult::Failed, WriteResult::Refused, WriteResult::Stale] {
            let start = Instant::now();
            let mut schedule = Schedule::new(start);
            let mut now = start;
            for _ in 0..8 {
                schedule.plan("a", Change::Words, now);
                now = schedule.wake().unwrap();
                schedule.next(now).unwrap();
                schedule.done("a", result, now);
                assert_eq!(schedule.overdue(now), now - start, "{result:?}");
            }
            assert!(now - start >= WATCH_LAG * 7, "{result:?}");
            schedule.plan("a", Change::Words, now);
            now = schedule.wake().unwrap();
            schedule.next(now).unwrap();
            schedule.done("a", WriteResult::Stored, now);
            schedule.plan("a", Change::Words, now);
            assert_eq!(schedule.overdue(now), Duration::ZERO, "{result:?}: the next one is not due yet");
        }
    }

    #[test]
    fn a_session_is_written_at_once_and_then_as_often_as_its_changes_are_worth() {
        let start = Instant::now();
        let of = |change| writes(&mut Schedule::new(start), change, start, 130);
        let spread = |seconds: u64| seconds..=seconds + seconds.div_ceil(60) * 6;
        let numbers = of(Change::Numbers);
        assert!(
            numbers.len() == 3 && spread(60).contains(&numbers[1]) && spread(120).contains(&numbers[2]),
            "{numbers:?}"
        );
        assert_eq!(of(Change::Words)[..4], [0, 10, 20, 30]);
        assert_eq!(of(Change::None), [0; 0]);
        // Right after a write, and only then, even what is urgent waits for the watch.
        assert_eq!(of(Change::Urgent)[..3], [0, 1, 2]);
    }

    #[test]
    fn what_becomes_urgent_overtakes_its_own_place() {
        let start = Instant::now();
        let at = |millis| start + Duration::from_millis(millis);
        let mut schedule = Schedule::new(start);
        assert_eq!(writes(&mut schedule, Change::Words, start, 1), [0]);
        schedule.plan("a", Change::Numbers, at(2000));
        assert_eq!(schedule.wake(), Some(start + numbers_interval("a")));
        schedule.plan("a", Change::Urgent, at(3000));
        assert_eq!(schedule.wake(), Some(at(3000)));
        schedule.plan("a", Change::Numbers, at(3500));
        assert_eq!(schedule.wake(), Some(at(3000)), "and keeps the new one");
        schedule.plan("a", Change::None, at(3600));
        assert_eq!((schedule.wake(), schedule.next(at(4000))), (None, None));
    }

    #[test]
    fn ten_thousand_sessions_at_once_are_written_within_200_seconds() {
        let start = Instant::now();
        let mut schedule = Schedule::new(start);
        for uid in 0..10_000 {
            schedule.plan(&uid.to_string(), Change::Urgent, start);
        }
        let mut written = 0_u32;
        let mut now = start;
        while let Some(wake) = schedule.wake() {
            now = now.max(wake);
            let Some(uid) = schedule.next(now) else { panic!("woken for nothing") };
            schedule.done(&uid, WriteResult::Stored, now);
            written += 1;
            let elapsed = (now - start).as_secs_f64();
            assert!(
                f64::from(written) <= 50.0 * elapsed + f64::from(BURST) + 1.0,
                "{written} in {elapsed} s"
            );
        }
        assert_eq!(written, 10_000);
        assert!(now - start <= Duration::from_secs(200));
    }

    #[test]
    fn what_is_urgent_does_not_queue_behind_the_rest_nor_the_rest_for_ever() {
        let start = Instant::now();
        let mut schedule = Schedule::new(start);
        for uid in 0..1000 {
            let change = if uid % 2 == 0 { Change::Words } else { Change::Numbers };
            schedule.plan(&uid.to_string(), change, start);
        }
        let later = start + Duration::from_secs(5);
        schedule.plan("urgent", Change::Urgent, later);
        assert_eq!(schedule.next(later).as_deref(), Some("urgent"));

        // More is urgent again and again than fits the pace.
        let mut written = [Vec::new(), Vec::new()];
        for second in 5..240 {
            let now = start + Duration::from_secs(second);
            for uid in 0..50 {
                schedule.plan(&format!("urgent {uid}"), Change::Urgent, now);
            }
            while let Some(uid) = schedule.next(now) {
                written[usize::from(uid.starts_with("urgent"))].push(second);
                schedule.done(&uid, WriteResult::Stored, now);
            }
        }
        let [others, urgent] = written;
        assert_eq!(others[0], PATIENCE.as_secs(), "the law comes first, for a while");
        let later = urgent.iter().filter(|second| **second >= PATIENCE.as_secs()).count();
        assert!(later > 3 * others.len() && others.len() > 100, "{later} beside {}", others.len());
    }

    #[test]
    fn a_quiet_time_does_not_buy_more_than_the_burst() {
        let start = Instant::now();
        let mut schedule = Schedule::new(start);
        let later = start + Duration::from_secs(3600);
        for uid in 0..100 {
            schedule.plan(&uid.to_string(), Change::Words, later);
        }
        let at_once = std::iter::from_fn(|| schedule.next(later)).count();
        assert_eq!(at_once, BURST as usize + 1);
    }

    #[test]
    fn failures_wait_longer_and_longer() {
        let start = Instant::now();
        let mut schedule = Schedule::new(start);
        let mut now = start;
        let mut waits = Vec::new();
        for _ in 0..8 {
            schedule.plan("a", Change::Urgent, now);
            let due = schedule.wake().unwrap();
            waits.push((due - now).as_secs());
            now = due;
            schedule.next(now).unwrap();
            schedule.done("a", WriteResult::Failed, now);
        }
        assert_eq!(waits, [0, 1, 2, 4, 8, 16, 30, 30]);
    }

    /// A write of the controller came in between: the numbers had waited for a minute once more.
    #[test]
    fn a_write_that_came_too_late_is_tried_again_as_soon_as_the_watch_may_show_the_other_one() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut schedule = Schedule::new(start);
        schedule.plan("a", Change::Numbers, at(0));
        for (second, result) in [(0, WriteResult::Stale), (1, WriteResult::Stored)] {
            assert_eq!(schedule.wake(), Some(at(second)));
            schedule.next(at(second)).unwrap();
            schedule.done("a", result, at(second));
            schedule.plan("a", Change::Numbers, at(second));
        }
        assert!(schedule.wake() >= Some(at(61)));
    }

    #[test]
    fn one_conflict_after_the_other_waits_longer_and_longer() {
        let start = Instant::now();
        let mut schedule = Schedule::new(start);
        let mut now = start;
        let mut waits = |result, times: usize| {
            let mut waits = Vec::new();
            for _ in 0..times {
                schedule.plan("a", Change::Urgent, now);
                let due = schedule.wake().unwrap();
                waits.push((due - now).as_secs());
                now = due;
                schedule.next(now).unwrap();
                schedule.done("a", result, now);
            }
            waits
        };
        assert_eq!(waits(WriteResult::Stale, 8), [0, 1, 2, 4, 8, 16, 30, 30]);
        assert_eq!(waits(WriteResult::Stored, 1), [30]);
        assert_eq!(waits(WriteResult::Stale, 3), [1, 1, 2]);
    }

    #[test]
    fn one_write_of_a_session_at_a_time() {
        let start = Instant::now();
        let mut schedule = Schedule::new(start);
        schedule.plan("a", Change::Urgent, start);
        assert_eq!(schedule.next(start).as_deref(), Some("a"));
        schedule.plan("a", Change::Urgent, start + WORDS_INTERVAL);
        assert_eq!(schedule.wake(), None);
        schedule.skipped("a");
        schedule.plan("a", Change::Urgent, start + WORDS_INTERVAL);
        assert_eq!(schedule.wake(), Some(start + WORDS_INTERVAL));
        schedule.retain(|_| false);
        assert_eq!((schedule.wake(), schedule.entries.len()), (None, 0));
    }
}
