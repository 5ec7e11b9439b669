//! What can be watched while it happens and is in no summary: how error and latency went from second to second, and the
//! ball's path as it was and as clients saw it. Takes every matched report; bounded, without a clock, without I/O.

mod history;
mod second;
mod trails;

use std::time::{Duration, Instant};

pub(crate) use history::{LENGTH, Point};
pub(crate) use trails::Trail;

use history::History;
use report::SessionId;
use second::Second;
use trails::{Sample, Trails};

/// The last minutes by the second, and the last moments by the frame.
#[derive(Debug)]
pub(crate) struct Live {
    started: Instant,
    second: Second,
    history: History,
    trails: Trails,
}

/// A position that a client reported in time.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Matched {
    pub(crate) at: Instant,
    pub(crate) truth: picture::Point,
    pub(crate) reported: picture::Point,
    pub(crate) error_pixels: f64,
    pub(crate) latency: Duration,
}

impl Live {
    /// Nothing yet; time counts from `started`.
    pub(crate) fn new(started: Instant) -> Self {
        Self { started, second: Second::new(), history: History::default(), trails: Trails::default() }
    }

    /// A report was matched; `client` looks up of whom.
    pub(crate) fn matched<'a>(&mut self, id: SessionId, client: impl FnOnce() -> &'a str, matched: &Matched) {
        self.second.record(matched.error_pixels, matched.latency);
        let (truth, reported) = (matched.truth, matched.reported);
        self.trails.add(id, client, Sample { seconds: self.seconds(matched.at), truth, reported });
    }

    /// A session is over.
    pub(crate) fn remove(&mut self, id: SessionId) {
        self.trails.remove(id);
    }

    /// A second is over.
    pub(crate) fn tick(&mut self, now: Instant) {
        let seconds = self.seconds(now);
        self.history.push(self.second.take(seconds));
        self.trails.forget_before(seconds);
    }

    /// The last seconds that are over, up to `count` of them, the newest last.
    pub(crate) fn points(&self, count: usize) -> Vec<Point> {
        self.history.last(count)
    }

    /// The paths of the last moments.
    pub(crate) fn trails(&self) -> Vec<Trail> {
        self.trails.to_wire()
    }

    fn seconds(&self, at: Instant) -> f64 {
        at.saturating_duration_since(self.started).as_millis() as f64 / 1e3
    }
}
