//! What is given at the start of a run.

use std::time::{Duration, Instant};

use jiff::{Timestamp, Unit};
use picture::Size;

/// What a measurement needs to know at the start.
#[derive(Debug, Clone)]
pub struct Settings {
    /// A random word for the process that measures.
    pub instance: String,
    /// Of the video.
    pub size: Size,
    /// Of the video: frame k has the RTP timestamp floor(k x 90000 / this), from any start.
    pub frames_per_second: u32,
    /// How far back [`report::Summary::recent`] reaches, at first.
    pub window: Duration,
    /// When the run began.
    pub started: Instant,
    /// The same moment on the wall clock.
    pub started_at: Timestamp,
}

impl Settings {
    /// `at` on the wall clock, in whole milliseconds: finer no wall clock is worth writing.
    pub(crate) fn wall_clock(&self, at: Instant) -> Timestamp {
        let elapsed = at.saturating_duration_since(self.started);
        // Centuries from now this fails; then the start is as good as anything.
        let at = self.started_at.checked_add(elapsed).unwrap_or(self.started_at);
        at.round(Unit::Millisecond).unwrap_or(at)
    }
}
