//! Which of a report's numbers count.

use crate::session::Session;

/// Which of a report's numbers count.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::reports) enum Span {
    /// Those of the last window: the run goes on.
    Recent,
    /// Those of the whole run: it is over.
    Run {
        /// For how long each client was to measure, where that has an end.
        seconds: Option<f64>,
        /// How many clients were to.
        clients: usize,
        /// It began with a drill: what was before is of another server process.
        is_drilled: bool,
    },
}

impl Span {
    /// The whole run of a session, or the part of it that comes after its drill.
    pub(in crate::reports) fn run_of(session: &Session) -> Self {
        let before = session.drilled.as_ref().map(|drilled| drilled.measured).unwrap_or_default();
        let seconds = session.duration.map(|duration| duration.saturating_sub(before).as_secs_f64());
        Self::Run { seconds, clients: session.clients.count(), is_drilled: session.drilled.is_some() }
    }
}
