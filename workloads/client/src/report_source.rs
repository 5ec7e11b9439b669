//! What the client reports to the operator: what only it can know.

use std::time::Instant;

use process::state_line;
use report::last_line;
use report::post::ClientPost;
use report::sender::{Source, SourceState};

use crate::counters::Counters;

impl Source for Counters {
    fn state(&self) -> SourceState {
        let (state, codes) = self.state_and_error_codes();
        let conditions = self.without_media(Instant::now()).map(|_| "WithoutMedia").into_iter().collect();
        // A client posts from time to time even where nothing has changed.
        SourceState { active: true, state: Some(state), codes, conditions, ..SourceState::default() }
    }

    fn post(&self, sequence: u64) -> Vec<u8> {
        let now = Instant::now();
        let summary = self.summary(now);
        let post = ClientPost {
            instance: Some(self.instance().to_owned()),
            without_media_seconds: self.without_media(now).map(|absence| absence.as_millis() as f64 / 1e3),
            ..ClientPost::new(sequence, summary.started_at, summary.state, summary.errors)
        };
        // Cannot fail: all keys are strings.
        serde_json::to_vec(&post).unwrap_or_default()
    }

    /// The operator has nothing to say to a client.
    fn answered(&self, _body: &[u8]) {}
}

/// The client's state, in one line.
pub(crate) fn line(counters: &Counters) -> String {
    let summary = counters.summary(Instant::now());
    let numbers = format!(
        "{} to {}; {}, {} with the ball, {} reconnects",
        summary.state,
        summary.server,
        last_line::frames(summary.frames.received),
        summary.frames.detected,
        summary.reconnects
    );
    state_line(&summary.errors, &numbers)
}
