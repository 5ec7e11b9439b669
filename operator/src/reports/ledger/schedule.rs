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
    /// How many writes were begun, and the last of them that was stored.
    begun: u64,
    stored: u64,
}

/// A write that has what was known at a moment: none that was begun before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::reports) struct Awaited {
    uid: String,
    write: u64,
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

    /// The write that will have all that is known of a session now, where one is to come.
    pub(super) fn awaited(&self, uid: &str) -> Option<Awaited> {
        let entry = self.entries.get(uid).filter(|entry| entry.planned.is_some() || entry.is_in_flight)?;
        Some(Awaited { uid: uid.to_owned(), write: entry.begun + 1 })
    }

    /// Whether that write, or a later one, is stored, or turned out not to be needed.
    pub(super) fn is_stored(&self, Awaited { uid, write }: &Awaited) -> bool {
        self.entries
            .get(uid)
            .is_none_or(|entry| entry.stored >= *write || (entry.planned.is_none() && !entry.is_in_flight))
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
        entry.begun += 1;
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
            (entry.wanted, entry.stored) = (None, entry.begun);
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

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.entries.len() + self.queues.values().map(BTreeSet::len).sum::<usize>()
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
mod tests;
