//! What identifies a frame, and what is true of it.

use std::time::Instant;

use picture::Point;

/// The clock rate of video in RTP, per second (RFC 7741, section 4.1).
pub(crate) const CLOCK_RATE: i64 = 90_000;

/// Where the ball really was in a captured frame.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Truth {
    /// The frame's RTP timestamp, its identity; wraps around.
    pub timestamp: u32,
    /// The centre of the ball.
    pub position: Point,
    /// When the frame was captured.
    pub captured: Instant,
}

/// A captured frame; `timestamp` does not wrap around.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Frame {
    pub(crate) timestamp: i64,
    pub(crate) position: Point,
    pub(crate) captured: Instant,
    /// When its last packet was given to a socket, as far as that is known.
    pub(crate) written: Option<Instant>,
}

/// What is known about a timestamp.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// The frame with this ordinal.
    Held(u64),
    /// Older than what is held, but one that a frame can have had.
    Forgotten,
    /// Never captured.
    Never,
}
