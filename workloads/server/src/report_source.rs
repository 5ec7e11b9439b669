//! What the server reports to the operator.

use std::time::Instant;

use process::state_line;
use report::post::ServerPost;
use report::sender::{Source, SourceState};

use crate::recorder::Recorder;

impl Source for Recorder {
    fn state(&self) -> SourceState {
        let (active, codes) = self.presence_and_error_codes(Instant::now());
        SourceState { active, state: None, codes }
    }

    fn post(&self, sequence: u64) -> Vec<u8> {
        let (presence, summary) = self.presence_and_summary(Instant::now());
        let count = |clients| u32::try_from(clients).unwrap_or(u32::MAX);
        let (connected, without_media) = (count(presence.connected), count(presence.without_media));
        let post = ServerPost::new(sequence, connected, without_media, summary);
        // Cannot fail: all keys are strings.
        serde_json::to_vec(&post).unwrap_or_default()
    }
}

/// The server's state, in one line.
pub(crate) fn line(recorder: &Recorder) -> String {
    let (presence, summary) = recorder.presence_and_summary(Instant::now());
    let number = |number: Option<f64>| number.map_or_else(|| "-".to_owned(), |number| number.to_string());
    let numbers = format!(
        "{} clients connected, {} without media; {} frames sent, {} matched, loss {} %, error p95 {} px, latency p95 {} ms",
        presence.connected,
        presence.without_media,
        summary.frames.sent,
        summary.frames.matched,
        number(summary.loss_percent),
        number(summary.error_pixels.map(|error| error.p95)),
        number(summary.latency_milliseconds.map(|latency| latency.p95)),
    );
    state_line(&summary.errors, &numbers)
}
