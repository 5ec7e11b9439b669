//! What the client's side spends on one frame.

use std::time::Duration;

/// Processor time of decoding a frame and detecting the ball in it.
pub(super) struct FrameCost {
    /// The frame's RTP timestamp.
    pub(super) timestamp: u32,
    pub(super) decode: Duration,
    pub(super) detect: Duration,
}
