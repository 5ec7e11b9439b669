//! The last numbers of a run that is over: when they are complete, and whether they are in the status.

use std::time::{Duration, Instant};

/// How long the end of a run waits for the server's last report.
const LAST_REPORT: Duration = Duration::from_secs(10);
/// How long it waits for a later one than the one that says that the clients are gone.
const LATER_REPORT: Duration = Duration::from_secs(2);

/// How often the API server may refuse the last numbers, before the run ends without them.
const MOST_REFUSALS: u8 = 5;

/// The last numbers of a run, with what they say as a `V`.
#[derive(Debug, Clone)]
pub struct LastNumbers<V> {
    since: Instant,
    verdict: Option<V>,
    is_written: bool,
    refusals: u8,
}

/// The server's last report, as far as the end of a run is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LastReport {
    /// When it came.
    pub received: Instant,
    /// Clients with a signalling connection.
    pub connected_clients: u32,
}

impl<V> LastNumbers<V> {
    /// Those of a run that is over since `since`.
    pub fn new(since: Instant) -> Self {
        Self { since, verdict: None, is_written: false, refusals: 0 }
    }

    /// Whether the last report is there, or was waited for long enough, and [`LastNumbers::decide`] was not called yet.
    pub fn are_due(&self, server: Option<LastReport>, now: Instant) -> bool {
        let waited = now.saturating_duration_since(self.since);
        let is_last = server.is_some_and(|report| {
            // The server says so at once when the last client leaves: most often before its pod is seen to be done.
            report.connected_clients == 0 && (report.received >= self.since || waited >= LATER_REPORT)
        });
        self.verdict.is_none() && (is_last || waited >= LAST_REPORT)
    }

    /// The last numbers are there, and say this.
    pub fn decide(&mut self, verdict: V) {
        self.verdict = Some(verdict);
    }

    /// What the last numbers say, once they are there.
    pub fn verdict(&self) -> Option<&V> {
        self.verdict.as_ref()
    }

    /// Whether they are in the status, or are never going to be.
    pub fn is_written(&self) -> bool {
        self.is_written
    }

    /// They are in the status. Whether they were not before.
    pub fn written(&mut self) -> bool {
        !std::mem::replace(&mut self.is_written, true)
    }

    /// The API server refuses them. Whether that is not going to be tried again: a run that cannot show its last numbers
    /// is over all the same.
    pub fn refused(&mut self) -> bool {
        self.refusals = self.refusals.saturating_add(1);
        self.is_written |= self.refusals >= MOST_REFUSALS;
        self.is_written
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_due_with_the_last_report_or_after_its_time() {
        let since = Instant::now();
        let at = |seconds| since + Duration::from_secs(seconds);
        let mut numbers = LastNumbers::new(since);
        let report = |received, connected_clients| Some(LastReport { received, connected_clients });
        assert!(!numbers.are_due(None, at(9)) && numbers.are_due(None, at(10)));
        assert!(!numbers.are_due(report(at(1), 1), at(9)), "a client is connected");
        assert!(numbers.are_due(report(at(1), 0), at(1)));
        let before = since.checked_sub(Duration::from_secs(1)).unwrap_or(since);
        assert!(!numbers.are_due(report(before, 0), at(1)) && numbers.are_due(report(before, 0), at(2)));
        numbers.decide("met");
        assert!(!numbers.are_due(None, at(10)));
        assert_eq!(numbers.verdict(), Some(&"met"));
    }

    #[test]
    fn a_run_that_cannot_show_them_is_over_all_the_same() {
        let mut numbers = LastNumbers::<()>::new(Instant::now());
        let refused: Vec<_> = (0..MOST_REFUSALS).map(|_| numbers.refused()).collect();
        assert_eq!(refused, [false, false, false, false, true]);
        assert!(numbers.is_written() && !numbers.written());
        let mut numbers = LastNumbers::<()>::new(Instant::now());
        assert!(numbers.written() && !numbers.written());
    }
}
