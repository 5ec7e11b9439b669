//! What became of a frame, as the client saw it.

use super::outcome::FrameOutcome;
use super::previous::Previous;

/// What became of one frame.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FrameReport {
    /// The RTP timestamp of the frame, as received.
    pub timestamp: u32,
    /// What the client saw.
    pub outcome: FrameOutcome,
    /// From the moment at which the frame was complete to this report, in microseconds; `None` where the client leaves it
    /// out.
    pub held_microseconds: Option<u32>,
    /// What became of the frames before, in case their reports were lost.
    pub previous: Previous,
}

impl FrameReport {
    /// A report with nothing besides.
    pub fn new(timestamp: u32, outcome: FrameOutcome) -> Self {
        Self { timestamp, outcome, held_microseconds: None, previous: Previous::default() }
    }
}
