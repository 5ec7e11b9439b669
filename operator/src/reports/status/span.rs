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
    },
}

impl Span {
    /// The whole run of a session.
    pub(in crate::reports) fn run_of(session: &Session) -> Self {
        let seconds = session.duration.map(|duration| duration.as_secs_f64());
        Self::Run { seconds, clients: session.clients.count() }
    }
}
