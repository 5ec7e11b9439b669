//! For how long the server of a session has not reported.

use std::time::Instant;

use crds::contract::REPORT_SILENCE;

/// Whether a server reports.
#[derive(Debug)]
pub(super) struct Responsiveness {
    /// When the server could have reported for the first time.
    since: Instant,
    last_report: Option<Instant>,
    /// That it is unresponsive was noticed.
    is_noticed: bool,
}

impl Responsiveness {
    /// Of a session that is followed since `since`.
    pub(super) fn new(since: Instant) -> Self {
        Self { since, last_report: None, is_noticed: false }
    }

    /// A report was taken.
    pub(super) fn reported(&mut self, now: Instant) {
        (self.last_report, self.is_noticed) = (Some(now), false);
    }

    /// Whether the server that reported before does not any more, and this is noticed for the first time.
    pub(super) fn becomes_unresponsive(&mut self, now: Instant) -> bool {
        let is_unresponsive = self.last_report.is_some() && self.is_unresponsive(now);
        is_unresponsive && !std::mem::replace(&mut self.is_noticed, true)
    }

    /// Whether there was no report for so long that nothing is known any more.
    pub(super) fn is_unresponsive(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.last_report.unwrap_or(self.since)) >= REPORT_SILENCE
    }
}
