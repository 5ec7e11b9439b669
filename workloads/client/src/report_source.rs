//! What the client reports to the operator: what only it can know.

use std::time::Instant;

use process::state_line;
use report::post::ClientPost;
use report::sender::{Source, SourceState};

use crate::counters::Counters;

impl Source for Counters {
    fn state(&self) -> SourceState {
        let (state, codes) = self.state_and_error_codes();
        // A client posts from time to time even where nothing has changed.
        SourceState { active: true, state: Some(state), codes }
    }

    fn post(&self, sequence: u64) -> Vec<u8> {
        let summary = self.summary(Instant::now());
        let post = ClientPost::new(sequence, summary.started_at, summary.state, summary.errors);
        // Cannot fail: all keys are strings.
        serde_json::to_vec(&post).unwrap_or_default()
    }
}

/// The client's state, in one line.
pub(crate) fn line(counters: &Counters) -> String {
    let summary = counters.summary(Instant::now());
    let numbers = format!(
        "{} to {}; {} frames received, {} with the ball, {} reconnects",
        summary.state, summary.server, summary.frames.received, summary.frames.detected, summary.reconnects
    );
    state_line(&summary.errors, &numbers)
}
