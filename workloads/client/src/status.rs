//! What HTTP shows of a running client.

use std::sync::Arc;
use std::time::Instant;

use process::{Exposition, Readiness, StatusSource};
use report::sender::Counts;

use crate::tally::Tally;

/// Looks at the tally.
pub(crate) struct Status {
    pub(crate) tally: Arc<Tally>,
    pub(crate) posts: Option<Counts>,
}

impl StatusSource for Status {
    fn readiness(&self) -> Readiness {
        let now = Instant::now();
        if self.tally.is_fresh(now) {
            return Readiness::Ready;
        }
        let summary = self.tally.summary(now);
        let last = summary.errors.iter().max_by_key(|error| error.last_seen);
        let why =
            last.map_or_else(String::new, |error| format!("; last error: {}: {}", error.code, error.message));
        Readiness::Waiting(format!("no frame was decoded for 2 s; {}{why}", summary.state))
    }

    fn status(&self) -> serde_json::Result<String> {
        serde_json::to_string(&self.tally.summary(Instant::now()))
    }

    fn metrics(&self) -> Result<String, std::fmt::Error> {
        let summary = self.tally.summary(Instant::now());
        let frames = summary.frames;
        Exposition::default()
            .counters(
                "client_frames",
                "Complete frames, by what became of them",
                "fate",
                [
                    ("detected", frames.detected),
                    ("undetected", frames.undetected),
                    ("undecodable", frames.undecodable),
                ],
            )
            .counter("client_reconnects", "Sessions after the first", summary.reconnects.into())
            .counter(
                "client_queue_overruns",
                "Frames dropped as the decoder was behind",
                summary.queue_overruns,
            )
            .counters(
                "client_errors",
                "Errors by code",
                "code",
                summary.errors.iter().map(|error| (error.code.as_str(), error.count)),
            )
            .posts(self.posts.as_ref())
            .finish()
    }
}
