//! What a session's status should say.

use std::time::Instant;

use crds::BallSessionStatus;
use jiff::Timestamp;

use crate::reports::aggregate::silence::SILENCE;
use crate::reports::aggregate::{Subject, Tracked};
use crate::reports::status::{self, ErrorTotals, Opinion, Span, numbers};
use crate::run::RunStage;

impl Tracked {
    /// All fields of the status that come from reports, as they should be; `None` where they have to stay as they are.
    pub(in crate::reports) fn wanted(
        &self,
        subject: &Subject<'_>,
        now: Instant,
        wall: Timestamp,
    ) -> Option<BallSessionStatus> {
        if self.is_over(subject) {
            return None;
        }
        let stored = subject.owned();
        let stored_condition = status::condition(&stored);
        let condition = match self.opinion(subject, now) {
            Some(opinion) => status::condition_of(&opinion, stored_condition, subject.generation(), wall),
            None => stored_condition?.clone(),
        };
        // Of a run that makes no sense nothing is known, so nothing is taken away.
        let mut wanted = if self.is_cleared || subject.run().is_none() { stored } else { Default::default() };
        wanted.conditions = vec![condition];
        if let Some(server) = &self.server {
            let span = if self.is_final() { Span::Run } else { Span::Recent };
            let (measurements, display, clients) = numbers(&server.post.summary, span);
            (wanted.measurements, wanted.display, wanted.clients) = (Some(measurements), display, clients);
            wanted.server_restarts = Some(self.server_restarts);
        }
        if self.server.is_some() || !self.clients.is_empty() {
            let (error_count, errors) = self.errors().status();
            (wanted.error_count, wanted.errors) = (Some(error_count), errors);
        }
        Some(wanted)
    }

    /// What the condition should say; `None` where it should say what it says.
    fn opinion(&self, subject: &Subject<'_>, now: Instant) -> Option<Opinion> {
        if let Some(verdict) = self.ending.as_ref().and_then(|ending| ending.verdict.clone()) {
            return Some(verdict);
        }
        let no_reports = |message: &str| Some(Opinion::unknown("NoReports", message));
        let session = match subject.session() {
            Ok(session) => session,
            Err(error) => return no_reports(&format!("the spec makes no sense: {error}")),
        };
        if session.stage == RunStage::Suspended {
            return Some(Opinion::unknown("Suspended", "suspended: the numbers are those from before"));
        }
        let is_silent = self.is_silent(now);
        match &self.server {
            Some(_) if is_silent => {
                no_reports(&format!("no report from the server for {} s", SILENCE.as_secs()))
            }
            Some(_) => self.judge.shown().cloned(),
            // After a restart of the operator the server gets the time to report.
            None if !is_silent && subject.has_run() && status::condition(&subject.owned()).is_some() => None,
            None => no_reports("no report from the server yet"),
        }
    }

    /// Of all processes of the run.
    fn errors(&self) -> ErrorTotals {
        let mut totals = self.past.clone();
        totals.add(self.server.as_ref().map_or(&[][..], |server| &server.post.summary.errors));
        for client in self.clients.values() {
            totals.add(&client.post.errors);
        }
        totals.at_least(&self.shown);
        totals
    }
}
