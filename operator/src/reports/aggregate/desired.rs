//! What a session's status should say.

use std::time::Instant;

use crds::BallSessionStatus;
use jiff::Timestamp;

use crate::controller::validate::RunStage;
use crate::reports::aggregate::unresponsive::UNRESPONSIVE_AFTER;
use crate::reports::aggregate::{StoredSession, Tracked};
use crate::reports::status::{self, ErrorTotals, ObjectivesVerdict, Span, numbers};

impl Tracked {
    /// All fields of the status that come from reports, as they should be; `None` where they have to stay as they are.
    pub(in crate::reports) fn desired(
        &self,
        session: &StoredSession<'_>,
        now: Instant,
        wall: Timestamp,
    ) -> Option<BallSessionStatus> {
        if self.is_over(session) {
            return None;
        }
        let stored = session.owned();
        let stored_condition = status::condition(&stored);
        let condition = match self.verdict(session, now) {
            Some(verdict) => status::condition_of(&verdict, stored_condition, session.generation(), wall),
            None => stored_condition?.clone(),
        };
        // Of a run that makes no sense nothing is known, so nothing is taken away.
        let mut desired =
            if self.is_cleared || session.run().is_none() { stored } else { Default::default() };
        desired.conditions = vec![condition];
        if let Some(server) = &self.server {
            let span = if self.is_final() { Span::Run } else { Span::Recent };
            let (measurements, display, clients) = numbers(&server.post.summary, span);
            (desired.measurements, desired.display, desired.clients) = (Some(measurements), display, clients);
            desired.server_restarts = Some(self.server_restarts);
        }
        if self.server.is_some() || !self.clients.is_empty() {
            let (error_count, errors) = self.errors().status();
            (desired.error_count, desired.errors) = (Some(error_count), errors);
        }
        Some(desired)
    }

    /// What the condition should say; `None` where it should say what it says.
    fn verdict(&self, session: &StoredSession<'_>, now: Instant) -> Option<ObjectivesVerdict> {
        if let Some(verdict) = self.ending.as_ref().and_then(|ending| ending.verdict.clone()) {
            return Some(verdict);
        }
        let no_reports = |message: &str| Some(ObjectivesVerdict::unknown("NoReports", message));
        let valid = match session.session() {
            Ok(valid) => valid,
            Err(error) => return no_reports(&format!("the spec makes no sense: {error}")),
        };
        if valid.stage == RunStage::Suspended {
            return Some(ObjectivesVerdict::unknown(
                "Suspended",
                "suspended: the numbers are those from before",
            ));
        }
        let is_unresponsive = self.is_unresponsive(now);
        match &self.server {
            Some(_) if is_unresponsive => {
                no_reports(&format!("no report from the server for {} s", UNRESPONSIVE_AFTER.as_secs()))
            }
            Some(_) => self.hysteresis.shown().cloned(),
            // After a restart of the operator the server gets the time to report.
            None if !is_unresponsive
                && session.has_run()
                && status::condition(&session.owned()).is_some() =>
            {
                None
            }
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
