//! What is said of a run at its end, and stays.

use std::time::Instant;

use crate::reports::aggregate::clients::Clients;
use crate::reports::aggregate::judging;
use crate::reports::aggregate::server::{Server, ServerReport};
use crate::reports::status::ObjectivesVerdict;
use crate::run::{End, LastReport, NewestReport, RunEnd};
use crate::session::Session;

/// Of the frames that a run promises, the report of one server process has to know so many, in percent, to be of the whole run
/// although others were there before.
const WHOLE_PERCENT: f64 = 90.0;

/// What is said of a run at its end.
#[derive(Debug)]
pub(super) struct Conclusion {
    end: End,
    run_end: RunEnd,
    verdict: Option<(ObjectivesVerdict, LastNumbers)>,
}

/// Which numbers stand beside the verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LastNumbers {
    /// Those of the whole run.
    WholeRun,
    /// Those that are stored: none came that are of the whole run.
    AsStored,
    /// None: the API server refuses them.
    None,
}

impl Conclusion {
    pub(super) fn new(end: End) -> Self {
        Self { end, run_end: RunEnd::new(end.since), verdict: None }
    }

    /// Concludes, once the last report is there or was awaited for long enough: whether that is so just now. `is_informed`:
    /// the server of the newest report knew that nobody is wanted any more. `listening_since`: reports can come since.
    pub(super) fn conclude(
        &mut self,
        session: Option<&Session>,
        (server, clients): (&Server, &Clients),
        is_informed: bool,
        listening_since: Instant,
        now: Instant,
    ) -> bool {
        let newest = server.newest();
        let report = newest.map(|newest| NewestReport {
            received: newest.received,
            connected_clients: newest.post.connected_clients,
            is_informed,
        });
        let Some(last) = self.run_end.await_last_report(report, listening_since, now) else { return false };
        self.verdict = Some(match (last, newest, session) {
            (LastReport::Whole, Some(newest), Some(session)) => {
                match why_not_whole(server, newest, session) {
                    Some(message) => (no_reports(message), LastNumbers::AsStored),
                    None => {
                        let verdict = self.of_outcome(judging::of_run(session, newest, clients));
                        (drilled_as_asked(session, verdict), LastNumbers::WholeRun)
                    }
                }
            }
            _ => (no_reports("the run ended, and no report of all of it came"), LastNumbers::AsStored),
        });
        true
    }

    /// A run that was given up has not shown that the objectives are met.
    fn of_outcome(&self, verdict: ObjectivesVerdict) -> ObjectivesVerdict {
        if self.end.outcome.is_failure() && verdict.met == Some(true) {
            return ObjectivesVerdict::unknown(
                self.end.outcome.as_str(),
                "the run was given up: what was measured until then meets the objectives",
            );
        }
        verdict
    }

    /// The verdict, and the numbers beside it, once they are known.
    pub(super) fn verdict(&self) -> Option<(ObjectivesVerdict, LastNumbers)> {
        if self.run_end.is_refused() {
            let message = "the API server refuses the numbers of the whole run";
            return Some((no_reports(message), LastNumbers::None));
        }
        self.verdict.clone()
    }

    /// Where it stands with the API server.
    pub(super) fn run_end(&mut self) -> &mut RunEnd {
        &mut self.run_end
    }

    /// Whether it is stored.
    pub(super) fn is_ended(&self) -> bool {
        self.run_end.is_ended()
    }

    /// Whether the verdict is known.
    pub(super) fn is_final(&self) -> bool {
        self.run_end.has_last_numbers()
    }
}

fn no_reports(message: &str) -> ObjectivesVerdict {
    ObjectivesVerdict::unknown("NoReports", message)
}

/// Why the newest report is not of all that is judged of a run: of the whole of it, or of what comes after its drill.
fn why_not_whole(server: &Server, newest: &ServerReport, session: &Session) -> Option<&'static str> {
    let drills = match &session.drilled {
        Some(drilled) if newest.pod.key.uid == drilled.pod => {
            return Some("the server was replaced by the run's drill, and no report came after that");
        }
        Some(_) => 1,
        None => 0,
    };
    let is_part = server.restarts() > drills && sent_percent(&newest.post, session) < WHOLE_PERCENT;
    is_part.then_some("the server was started again during the run: no report is of all of it")
}

/// A run that was not drilled although it was to be has not shown what it was to show.
fn drilled_as_asked(session: &Session, verdict: ObjectivesVerdict) -> ObjectivesVerdict {
    if session.drill.is_some() && session.drilled.is_none() && verdict.met == Some(true) {
        return ObjectivesVerdict::unknown(
            "InsufficientSamples",
            "the run ended before it was drilled, as its clients never streamed all for long enough at a time",
        );
    }
    verdict
}

/// Frames that were sent, in percent of those that all that is judged promises.
fn sent_percent(post: &report::post::ServerPost, session: &Session) -> f64 {
    let Some(duration) = session.duration else { return 0.0 };
    let before = session.drilled.as_ref().map(|drilled| drilled.measured).unwrap_or_default();
    let duration = duration.saturating_sub(before);
    let clients = session.clients.count() as f64;
    let promised = duration.as_secs_f64() * f64::from(post.summary.video.frames_per_second) * clients;
    if promised > 0.0 { post.summary.frames.sent as f64 * 100.0 / promised } else { 0.0 }
}
