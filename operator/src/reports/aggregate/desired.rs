//! What a session's status should say.

use crds::contract::REPORT_SILENCE;
use crds::{BallSessionStatus, Display};
use report::judged::{JudgedClient, Media};

use crate::reports::aggregate::conclusion::LastNumbers;
use crate::reports::aggregate::judging;
use crate::reports::aggregate::server::ServerReport;
use crate::reports::aggregate::stored_session::StoredSession;
use crate::reports::aggregate::tracked::Tracked;
use crate::reports::moment::Moment;
use crate::reports::status::{self, ObjectivesVerdict, Span, numbers};
use crate::run::RunStage;

/// Bytes of a zone's name.
const MAX_ZONE: usize = 128;

/// All fields of the status that come from reports, as they should be; `None` where they have to stay as they are.
pub(in crate::reports) fn desired_status(
    tracked: &Tracked,
    session: &StoredSession<'_>,
    at: Moment,
) -> Option<BallSessionStatus> {
    if tracked.is_over(session) {
        return of_generation(session);
    }
    // What the run before was like is still to be kept elsewhere.
    if !session.is_archived() {
        return None;
    }
    let stored = session.owned();
    let stored_condition = status::condition(&stored);
    let (verdict, last) = match tracked.last_verdict() {
        Some((verdict, last)) => (Some(verdict), Some(last)),
        None => (verdict(tracked, session, at), None),
    };
    let condition = match &verdict {
        Some(verdict) => status::condition_of(verdict, stored_condition, session.generation(), at.wall),
        None => stored_condition?.clone(),
    };
    // Of an invalid spec no run is known, so nothing is taken away.
    let is_kept = last != Some(LastNumbers::None) && (tracked.is_cleared() || session.run().is_none());
    let mut desired = if is_kept { stored } else { BallSessionStatus::default() };
    let (reason, message) = session.shown(&condition);
    desired.conditions = vec![condition];
    let server = tracked.server.newest();
    let is_shown = |server: &&ServerReport| match last {
        Some(LastNumbers::WholeRun) => true,
        None => !has_unjudged_absence(server, session, verdict.as_ref()),
        Some(_) => false,
    };
    if let Some(server) = server.filter(is_shown) {
        let run = session.validated().ok().filter(|_| last.is_some()).map(Span::run_of);
        let span = run.unwrap_or(Span::Recent);
        let cause = verdict.and_then(|verdict| verdict.cause);
        let (measurements, display, mut clients) = numbers(&server.post, &server.clients, span, cause);
        for client in &mut clients {
            // What the client says of itself counts where nothing is known of its node.
            let node = client.node.as_deref();
            let zone = node.and_then(|node| tracked.zone(node)).map(|zone| report::escape(zone, MAX_ZONE));
            client.zone = zone.or(client.zone.take());
        }
        (desired.measurements, desired.display, desired.clients) = (Some(measurements), display, clients);
        desired.server_restarts = Some(tracked.server.restarts());
    }
    if (server.is_some() || !tracked.clients.is_empty()) && last != Some(LastNumbers::None) {
        let (error_count, errors) = tracked.errors().status();
        (desired.error_count, desired.errors) = (Some(error_count), errors);
    }
    let display = desired.display.take().unwrap_or_default();
    let display = Display { reason, message, ..display };
    desired.display = Some(display).filter(|display| *display != Display::default());
    Some(desired)
}

/// Whether numbers count somebody's absence who may be done with a bounded run, beside a verdict in which it does not count: the
/// server does not know yet who is done.
fn has_unjudged_absence(
    server: &ServerReport,
    session: &StoredSession<'_>,
    verdict: Option<&ObjectivesVerdict>,
) -> bool {
    let is_bounded = session.validated().is_ok_and(|session| session.duration.is_some());
    let is_missed = verdict.is_some_and(|verdict| verdict.met == Some(false));
    let is_gone = |client: &JudgedClient| matches!(client.media, Media::Gone { .. });
    is_bounded && !is_missed && server.clients.iter().any(is_gone)
}

/// What is said of a run that is over stays, and is about every later spec that asks for the same run and the same objectives.
fn of_generation(session: &StoredSession<'_>) -> Option<BallSessionStatus> {
    let mut stored = session.owned();
    let condition = stored.conditions.first_mut().filter(|_| session.is_judged_by_these())?;
    let known = std::mem::replace(&mut condition.observed_generation, session.generation());
    (known != session.generation()).then_some(stored)
}

/// What the condition should say; `None` where it should stay as it is.
fn verdict(tracked: &Tracked, session: &StoredSession<'_>, at: Moment) -> Option<ObjectivesVerdict> {
    let no_reports = |message: &str| Some(ObjectivesVerdict::unknown("NoReports", message));
    let valid = match session.validated() {
        Ok(valid) => valid,
        Err(error) => return no_reports(&format!("the spec makes no sense: {error}")),
    };
    if valid.stage == RunStage::Suspended {
        let message = "suspended: the numbers are those from before";
        return Some(ObjectivesVerdict::unknown("Suspended", message));
    }
    let is_unresponsive =
        tracked.responsiveness.is_unresponsive(at.now) && !judging::is_believed(tracked.evidence(), at.now);
    match tracked.server.newest() {
        Some(_) if is_unresponsive => {
            no_reports(&format!("no report from the server for {} s", REPORT_SILENCE.as_secs()))
        }
        Some(_) => tracked.judging.said().cloned(),
        // After a restart of the operator the server gets the time to report.
        None if !is_unresponsive && session.has_run() && status::condition(&session.owned()).is_some() => {
            None
        }
        None => no_reports("no report from the server yet"),
    }
}
