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
/// How often the API server may refuse the last numbers, before the run ends without them.
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

impl RunEnd {
    /// Of a run that was over at `since`.
    pub fn new(since: Instant) -> Self {
        Self { since, state: State::AwaitLastReport }
    }

    /// Whether the last report has just come, or was awaited for long enough.
    pub fn await_last_report(&mut self, newest: Option<NewestReport>, now: Instant) -> bool {
        if self.state != State::AwaitLastReport {
            return false;
        }
        let waited = now.saturating_duration_since(self.since);
        let is_last = newest.is_some_and(|newest| {
            // The server says so at once when the last client leaves: most often before its pod is seen to be done.
            newest.connected_clients == 0
                && newest.is_informed
                && (newest.received >= self.since || waited >= LATER_REPORT)
        });
        let limit =
            if newest.is_some_and(|newest| !newest.is_informed) { INFORMED_REPORT } else { LAST_REPORT };
        if !is_last && waited < limit {
            return false;
        }
        self.state = State::WriteLastNumbers { refusals: 0 };
        true
    }

    /// Whether the numbers are the last ones of the run.
    pub fn has_last_numbers(&self) -> bool {
        self.state != State::AwaitLastReport
    }

    /// Whether the last numbers are stored, or are never going to be.
    pub fn is_ended(&self) -> bool {
        self.state == State::Ended
    }

    /// The last numbers are stored. Whether the run has just ended with it.
    pub fn stored(&mut self) -> bool {
        let ends = matches!(self.state, State::WriteLastNumbers { .. });
        if ends {
            self.state = State::Ended;
        }
        ends
    }

    /// The API server refuses the last numbers. Whether the run has ended: one that cannot show them is over all the same.
    pub fn refused(&mut self) -> bool {
        if let State::WriteLastNumbers { refusals } = self.state {
            let refusals = refusals + 1;
            self.state =
                if refusals < MOST_REFUSALS { State::WriteLastNumbers { refusals } } else { State::Ended };
        }
        self.is_ended()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_report_is_awaited_for_a_while() {
        let since = Instant::now();
        let at = |seconds| since + Duration::from_secs(seconds);
        let is_there = |received, connected_clients, seconds| {
            let newest = NewestReport { received, connected_clients, is_informed: true };
            RunEnd::new(since).await_last_report(Some(newest), at(seconds))
        };
        assert!(is_there(at(1), 0, 1));
        assert!(!is_there(at(1), 1, 9), "a client is connected");
        assert!(is_there(at(1), 1, 10));
        let before = since.checked_sub(Duration::from_secs(1)).unwrap_or(since);
        assert!(!is_there(before, 0, 1) && is_there(before, 0, 2));
        let mut end = RunEnd::new(since);
        assert!(!end.await_last_report(None, at(9)) && end.await_last_report(None, at(10)));
        assert!(!end.await_last_report(None, at(11)), "only once");
    }

    #[test]
    fn a_server_that_does_not_know_yet_that_all_are_done_is_given_the_time_to() {
        let since = Instant::now();
        let at = |seconds| since + Duration::from_secs(seconds);
        let is_there = |is_informed, seconds| {
            let newest = NewestReport { received: at(4), connected_clients: 0, is_informed };
            RunEnd::new(since).await_last_report(Some(newest), at(seconds))
        };
        assert!(is_there(true, 4));
        assert!(!is_there(false, 14) && is_there(false, 15));
    }

    #[test]
    fn a_run_that_cannot_show_its_last_numbers_is_over_all_the_same() {
        let since = Instant::now();
        let mut end = RunEnd::new(since);
        assert!(end.await_last_report(None, since + LAST_REPORT));
        let refused: Vec<_> = (0..MOST_REFUSALS).map(|_| end.refused()).collect();
        assert_eq!(refused, [false, false, false, false, true]);
        assert!(!end.stored());
    }
}
