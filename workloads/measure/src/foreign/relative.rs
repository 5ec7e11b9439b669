//! Peers whose timestamps count from the first frame that they received.

use picture::Point;

use super::fit::Fit;
use crate::frames::{CLOCK_RATE, Timeline};

/// Frames that may have been lost before the first one that a peer received.
const MOST_LOST: u32 = 30;
/// Reports before a decision.
const ENOUGH: usize = 10;
/// An error up to here, in pixels, is no reason to look for another explanation.
const TOLERABLE: f64 = 1.0;

/// How such timestamps are brought back to our own.
///
/// They count from the first frame sent, as long as that is also the first one that came. Where some were lost on the
/// way, all errors are as large as that many steps of the motion. That shows, since no detector is off by just that; it
/// takes [`ENOUGH`] reports, which keep the error that they had.
#[derive(Debug)]
pub(crate) struct Relative {
    frames_per_second: i64,
    /// Frames between the first one sent and the peer's first one.
    shift: u32,
    fit: Fit,
}

impl Relative {
    /// For a video of so many frames per second, at least 1.
    pub(crate) fn new(frames_per_second: i64) -> Self {
        Self { frames_per_second, shift: 0, fit: Fit::default() }
    }

    /// The timestamp that a frame with this `pts` had when it was sent to a peer whose first frame had `origin`.
    /// It may be off by some ticks.
    pub(crate) fn timestamp(&self, origin: i64, pts: u64) -> i64 {
        self.shifted(origin, pts, self.shift)
    }

    /// The ball was reported at `reported` in the frame with this `pts`.
    pub(crate) fn learn(&mut self, origin: i64, pts: u64, reported: Point, timeline: &Timeline) {
        let distance = |shift| {
            let frame = timeline.around(self.shifted(origin, pts, shift));
            frame.map_or(f64::INFINITY, |frame| frame.position.distance(reported))
        };
        self.fit.add((0..=MOST_LOST).map(distance).collect());
        let error = self.fit.median(self.shift as usize);
        if self.fit.reports() < ENOUGH || error <= TOLERABLE {
            return;
        }
        let medians = (0..=MOST_LOST).map(|shift| (shift, self.fit.median(shift as usize)));
        if let Some((shift, least)) = medians.min_by(|(_, a), (_, b)| a.total_cmp(b))
            && least < error / 4.0
            && error - least > TOLERABLE
        {
            self.shift = shift;
        }
    }

    /// The part of the video before the peer's first frame.
    pub(crate) fn missed_milliseconds(&self) -> f64 {
        f64::from(self.shift) * 1e3 / self.frames_per_second as f64
    }

    fn shifted(&self, origin: i64, pts: u64, shift: u32) -> i64 {
        let missed = i64::from(shift) * CLOCK_RATE / self.frames_per_second;
        origin.saturating_add(missed).saturating_add_unsigned(pts)
    }
}
