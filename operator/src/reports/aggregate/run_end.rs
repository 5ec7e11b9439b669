//! The end of a run: its last numbers, which then stay as they are.

use std::time::{Duration, Instant};

use crate::reports::aggregate::{StoredSession, Tracked, stored_process};
use crate::reports::status::{ObjectivesVerdict, Span};

/// How long the end of a run waits for the server's last report.
const LAST_REPORT: Duration = Duration::from_secs(10);
/// How long it waits for a later one than the one that says that the clients are gone.
const LAST_MOMENT: Duration = Duration::from_secs(2);

/// How often the API server may refuse the last numbers, before the run ends without them.
const MOST_REFUSALS: u8 = 5;

/// The end of a run.
pub(super) struct RunEnd {
    since: Instant,
    /// The last report is there, or was waited for long enough: what it says.
    pub(super) verdict: Option<ObjectivesVerdict>,
    is_written: bool,
    refusals: u8,
}

impl Tracked {
    /// The run is over since `since`: whether there is something new to be written, once the last report is there.
    pub(in crate::reports) fn end(
        &mut self,
        since: Instant,
        session: &StoredSession<'_>,
        now: Instant,
    ) -> bool {
        let ending =
            self.ending.get_or_insert(RunEnd { since, verdict: None, is_written: false, refusals: 0 });
        if ending.verdict.is_some() {
            return false;
        }
        let waited = now.saturating_duration_since(ending.since);
        let said_goodbye = self.server.as_ref().is_some_and(|server| {
            // The server says so at once when the last client leaves: most often before its pod is seen to be done.
            server.post.connected_clients == 0 && (server.received >= ending.since || waited >= LAST_MOMENT)
        });
        if !said_goodbye && waited < LAST_REPORT {
            return false;
        }
        ending.verdict = Some(match self.server.as_ref().zip(session.session().ok()) {
            Some((server, valid)) => {
                let node = server.pod.node.as_deref();
                ObjectivesVerdict::of(&server.post, Span::Run, &valid.objectives, node)
            }
            None => stored_process::verdict(&session.owned())
                .unwrap_or_else(|| ObjectivesVerdict::unknown("NoReports", "the run ended without a report")),
        });
        true
    }

    /// The run is not over, whatever was said before.
    pub(in crate::reports) fn resume(&mut self) {
        self.ending = None;
    }

    /// Whether what is desired now are the last numbers of the run.
    pub(in crate::reports) fn is_final(&self) -> bool {
        self.ending.as_ref().is_some_and(|ending| ending.verdict.is_some())
    }

    /// Whether they are in status, or are never going to be.
    pub(in crate::reports) fn is_ended(&self) -> bool {
        self.ending.as_ref().is_some_and(|ending| ending.is_written)
    }

    /// What was desired for `run` is in status. Whether something that was waited for came to an end with it.
    pub(in crate::reports) fn written(&mut self, run: Option<&str>, is_final: bool) -> bool {
        if self.run.as_deref() != run {
            return false;
        }
        let mut came_to_an_end = !std::mem::replace(&mut self.is_cleared, true);
        if let Some(ending) = self.ending.as_mut().filter(|ending| is_final && !ending.is_written) {
            ending.is_written = true;
            came_to_an_end = true;
        }
        came_to_an_end
    }

    /// The API server refuses what was desired for `run`. Whether that is not going to be tried again: a run that cannot
    /// show its last numbers is over all the same.
    pub(in crate::reports) fn refused(&mut self, run: Option<&str>, is_final: bool) -> bool {
        let is_same = self.run.as_deref() == run;
        let Some(ending) = self.ending.as_mut().filter(|_| is_same && is_final) else { return false };
        ending.refusals = ending.refusals.saturating_add(1);
        ending.is_written |= ending.refusals >= MOST_REFUSALS;
        ending.is_written
    }
}
