//! What HTTP shows of a running client.

use std::sync::Arc;
use std::time::Instant;

use preview::Preview;
use process::{Exposition, Readiness, StatusSource, last_error};
use report::ClientSummary;
use report::sender::PostCounters;
use serde::Serialize;

use crate::counters::Counters;

/// Shows the counters.
pub(crate) struct ClientStatus {
    pub(crate) counters: Arc<Counters>,
    pub(crate) posts: Option<PostCounters>,
    pub(crate) preview: Preview,
}

/// The summary so far, and what only matters while it runs.
#[derive(Serialize)]
struct Now {
    #[serde(flatten)]
    summary: ClientSummary,
    /// As it was last seen; null before.
    ball: Option<Ball>,
    /// Why there is no video; null while there is.
    waiting: Option<String>,
}

#[derive(Serialize)]
struct Ball {
    x: f64,
    y: f64,
    confidence: f64,
}

impl StatusSource for ClientStatus {
    fn readiness(&self) -> Readiness {
        let now = Instant::now();
        if self.counters.is_fresh(now) {
            return Readiness::Ready;
        }
        let summary = self.counters.summary(now);
        let why = last_error(&summary.errors)
            .map_or_else(String::new, |error| format!("; last error: {}: {}", error.code, error.message));
        Readiness::Waiting(format!("no frame was decoded for 2 s; {}{why}", summary.state))
    }

    fn status(&self) -> serde_json::Result<String> {
        let summary = self.counters.summary(Instant::now());
        let last = self.counters.last_position();
        let ball = last.map(|(position, confidence)| Ball { x: position.x, y: position.y, confidence });
        let waiting = match self.readiness() {
            Readiness::Ready => None,
            Readiness::Waiting(why) => Some(why),
        };
        serde_json::to_string(&Now { summary, ball, waiting })
    }

    fn metrics(&self) -> Result<String, std::fmt::Error> {
        let summary = self.counters.summary(Instant::now());
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
            .errors("client_errors", &summary.errors)
            .counter("client_pictures_encoded", "Pictures encoded for viewers", self.preview.encoded())
            .gauge(
                "client_picture_viewers",
                "Requests now that wait for pictures",
                self.preview.watchers() as f64,
            )
            .posts(self.posts.as_ref())
            .finish()
    }
}
