//! For how long the server of a session has not reported, and how much of that is the operator's own doing.

use std::time::{Duration, Instant};

use crds::contract::REPORT_SILENCE;

/// Within this time a sender comes again whose report could not be taken.
const RETRIES_WITHIN: Duration = Duration::from_secs(30);
/// The longest grace period after the last report. That there was another one is only what a token claims, which anybody
/// can forge: that must not hide for ever that a server does not report.
const LONGEST_GRACE: Duration = Duration::from_secs(600);

/// Whether a server reports.
#[derive(Debug)]
pub(super) struct Responsiveness {
    /// When the server could have reported for the first time.
    since: Instant,
    last_report: Option<Instant>,
    grace_until: Option<Instant>,
    /// That it is unresponsive was noticed.
    is_noticed: bool,
}

impl Responsiveness {
    /// Of a session that is followed since `since`.
    pub(super) fn new(since: Instant) -> Self {
        Self { since, last_report: None, grace_until: None, is_noticed: false }
    }

    /// A report was taken.
    pub(super) fn reported(&mut self, now: Instant) {
        (self.last_report, self.is_noticed) = (Some(now), false);
    }

    /// A report that claims to be the server's was not taken, for a reason that lies with the operator.
    pub(super) fn extend_grace(&mut self, now: Instant) {
        let until = (now + RETRIES_WITHIN).min(self.last_report_or_start() + LONGEST_GRACE);
        self.grace_until = self.grace_until.max(Some(until));
    }

    /// Until when missing reports say nothing about the server.
    pub(super) fn grace_until(&self) -> Option<Instant> {
        self.grace_until
    }

    /// Whether the server that reported before does not any more, and this is noticed for the first time.
    pub(super) fn becomes_unresponsive(&mut self, now: Instant) -> bool {
        let is_unresponsive = self.last_report.is_some() && self.is_unresponsive(now);
        is_unresponsive && !std::mem::replace(&mut self.is_noticed, true)
    }

    /// Whether there was no report for so long that nothing is known any more.
    pub(super) fn is_unresponsive(&self, now: Instant) -> bool {
        let since = self.last_report_or_start().max(self.grace_until.unwrap_or(self.since));
        now.saturating_duration_since(since) >= REPORT_SILENCE
    }

    fn last_report_or_start(&self) -> Instant {
        self.last_report.unwrap_or(self.since)
    }
}
