//! What the client reports to the operator: what only it can know.

use std::time::Instant;

use process::standing_line;
use report::post::ClientPost;
use report::sender::{Source, SourceState};

use crate::tally::Tally;

impl Source for Tally {
    fn state(&self) -> SourceState {
        let (state, codes) = self.outline();
        // Even a client without news says from time to time that it is there.
        SourceState { active: true, state: Some(state), codes }
    }

    fn post(&self, sequence: u64) -> Vec<u8> {
        let summary = self.summary(Instant::now());
        let post = ClientPost::new(sequence, summary.started_at, summary.state, summary.errors);
        // Cannot fail: all keys are strings.
        serde_json::to_vec(&post).unwrap_or_default()
    }
}

/// How it stands, in one line.
pub(crate) fn line(tally: &Tally) -> String {
    let summary = tally.summary(Instant::now());
    let numbers = format!(
        "{} to {}; {} frames received, {} with the ball, {} reconnects",
        summary.state, summary.server, summary.frames.received, summary.frames.detected, summary.reconnects
    );
    standing_line(&summary.errors, &numbers)
}
