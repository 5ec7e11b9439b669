//! The end of a run: it awaits the server's last report, then that its numbers are stored. A pure state machine that
//! knows of reports only when they came and how many clients were connected.

use std::time::{Duration, Instant};

/// How long the server's last report is awaited.
const LAST_REPORT: Duration = Duration::from_secs(10);
/// How long a later one is awaited than one from before the end that already says that no client is connected.
const LATER_REPORT: Duration = Duration::from_secs(2);
/// How long the report is awaited that comes after the server was answered that nobody is wanted any more: two of its
/// reports, which come every 5 s, and some more. Until then it takes clients that are done for absent ones.
const INFORMED_REPORT: Duration = Duration::from_secs(15);
/// An operator that has just begun to take reports awaits the last one for so long: those who could not send it try again, and
/// all of them at once.
const AFTER_START: Duration = Duration::from_secs(60);
/// How often the API server may refuse the last numbers, before it is asked to take the verdict that they are not known.
const MOST_REFUSALS: u8 = 5;

/// The end of a run.
#[derive(Debug)]
pub struct RunEnd {
    since: Instant,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    AwaitLastReport,
    WriteLastNumbers { refusals: u8 },
    Ended,
}

/// What matters of a server's newest report.
#[derive(Debug, Clone, Copy)]
pub struct NewestReport {
    /// When it came.
    pub received: Instant,
    /// Clients with a signalling connection.
    pub connected_clients: u32,
    /// Whether its server knew that nobody is wanted any more, as far as it can know.
    pub is_informed: bool,
}

/// What came of waiting for the last report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LastReport {
    /// The newest report is of the whole run.
    Whole,
    /// None came that is.
    Missing,
}

impl RunEnd {
    /// Of a run that was over at `since`.
    pub fn new(since: Instant) -> Self {
        Self { since, state: State::AwaitLastReport }
    }

    /// What came of waiting for the last report, once: when it has just come, or was awaited for long enough by an operator that
    /// takes reports since `listening_since`.
    pub fn await_last_report(
        &mut self,
        newest: Option<NewestReport>,
        listening_since: Instant,
        now: Instant,
    ) -> Option<LastReport> {
        if self.state != State::AwaitLastReport {
            return None;
        }
        let waited = now.saturating_duration_since(self.since);
        let is_last = newest.is_some_and(|newest| {
            // The server says so at once when the last client leaves: most often before its pod is seen to be done.
            newest.connected_clients == 0
                && newest.is_informed
                && (newest.received >= self.since || waited >= LATER_REPORT)
        });
        // What came before the end may be from any time of the run.
        let is_whole = is_last || newest.is_some_and(|newest| newest.received >= self.since);
        if !is_last && now < self.wait_until(newest, is_whole, listening_since) {
            return None;
        }
        self.state = State::WriteLastNumbers { refusals: 0 };
        Some(if is_whole { LastReport::Whole } else { LastReport::Missing })
    }

    fn wait_until(&self, newest: Option<NewestReport>, is_whole: bool, listening_since: Instant) -> Instant {
        let is_uninformed = newest.is_some_and(|newest| !newest.is_informed);
        let usual = self.since + if is_uninformed { INFORMED_REPORT } else { LAST_REPORT };
        if is_whole {
            return usual;
        }
        usual.max(listening_since + AFTER_START)
    }

    /// Whether the numbers are the last ones of the run.
    pub fn has_last_numbers(&self) -> bool {
        self.state != State::AwaitLastReport
    }

    /// Whether the API server has refused the last numbers so often that it is not to be asked for them again.
    pub fn is_refused(&self) -> bool {
        matches!(self.state, State::WriteLastNumbers { refusals } if refusals >= MOST_REFUSALS)
    }

    /// Whether what is known at the end is stored.
    pub fn is_ended(&self) -> bool {
        self.state == State::Ended
    }

    /// What is known at the end is stored. Whether the run has just ended with it.
    pub fn stored(&mut self) -> bool {
        let ends = matches!(self.state, State::WriteLastNumbers { .. });
        if ends {
            self.state = State::Ended;
        }
        ends
    }

    /// The API server refuses what is known at the end.
    pub fn refused(&mut self) {
        if let State::WriteLastNumbers { refusals } = &mut self.state {
            *refusals = refusals.saturating_add(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An operator that has taken reports for long.
    fn long_since(since: Instant) -> Instant {
        since.checked_sub(AFTER_START).unwrap_or(since)
    }

    #[test]
    fn the_last_report_is_awaited_for_a_while() {
        let since = Instant::now() + AFTER_START;
        let at = |seconds| since + Duration::from_secs(seconds);
        let what = |received, connected_clients, seconds| {
            let newest = NewestReport { received, connected_clients, is_informed: true };
            RunEnd::new(since).await_last_report(Some(newest), long_since(since), at(seconds))
        };
        assert_eq!(what(at(1), 0, 1), Some(LastReport::Whole));
        assert_eq!(what(at(1), 1, 9), None, "a client is connected");
        assert_eq!(what(at(1), 1, 10), Some(LastReport::Whole));
        let before = since.checked_sub(Duration::from_secs(1)).unwrap();
        assert_eq!((what(before, 0, 1), what(before, 0, 2)), (None, Some(LastReport::Whole)));
        let mut end = RunEnd::new(since);
        let mut nothing = |seconds| end.await_last_report(None, long_since(since), at(seconds));
        assert_eq!((nothing(9), nothing(10)), (None, Some(LastReport::Missing)));
        assert_eq!(nothing(11), None, "only once");
    }

    /// V11: the numbers of some time of the run were taken for those of the whole.
    #[test]
    fn a_report_from_before_the_end_is_not_of_the_whole_run() {
        let since = Instant::now() + AFTER_START;
        let before = since.checked_sub(Duration::from_secs(4)).unwrap();
        let newest = Some(NewestReport { received: before, connected_clients: 2, is_informed: true });
        let mut end = RunEnd::new(since);
        let mut at =
            |seconds| end.await_last_report(newest, long_since(since), since + Duration::from_secs(seconds));
        assert_eq!((at(9), at(10)), (None, Some(LastReport::Missing)));
    }

    #[test]
    fn a_server_that_does_not_know_yet_that_all_are_done_is_given_the_time_to() {
        let since = Instant::now() + AFTER_START;
        let at = |seconds| since + Duration::from_secs(seconds);
        let is_there = |is_informed, seconds| {
            let newest = NewestReport { received: at(4), connected_clients: 0, is_informed };
            RunEnd::new(since).await_last_report(Some(newest), long_since(since), at(seconds)).is_some()
        };
        assert!(is_there(true, 4));
        assert!(!is_there(false, 14) && is_there(false, 15));
    }

    /// V11: the run ends while the operator restarts, and the server's last post is still to be tried again.
    #[test]
    fn an_operator_that_has_just_begun_waits_longer() {
        let since = Instant::now();
        let at = |seconds| since + Duration::from_secs(seconds);
        let missing = |seconds| RunEnd::new(since).await_last_report(None, since, at(seconds));
        assert_eq!((missing(59), missing(60)), (None, Some(LastReport::Missing)));
    }

    #[test]
    fn a_run_has_not_ended_before_something_is_stored() {
        let since = Instant::now();
        let mut end = RunEnd::new(since);
        let later = since + AFTER_START;
        assert!(end.await_last_report(None, long_since(since), later).is_some());
        let refused: Vec<_> = (0..=MOST_REFUSALS)
            .map(|_| {
                end.refused();
                (end.is_refused(), end.is_ended())
            })
            .collect();
        assert_eq!(refused[3..], [(false, false), (true, false), (true, false)]);
        assert!(end.stored() && end.is_ended() && !end.stored());
    }
}
