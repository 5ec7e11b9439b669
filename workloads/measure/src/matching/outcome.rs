//! What a message turned out to be.

use std::time::Duration;

use picture::Point;

/// What a message turned out to be.
#[derive(Debug, Clone, PartialEq)]
pub enum MessageOutcome {
    /// A hello. The client's name, if it has one, is that of [`crate::Measurement::client`].
    Hello,
    /// What the client counted.
    Stats,
    /// A position, in time.
    Matched {
        /// Where the ball was.
        truth: Point,
        /// Where the client saw it.
        reported: Point,
        /// The distance of the two.
        error_pixels: f64,
        /// From capture to the arrival of the report.
        latency: Duration,
    },
    /// A position in a frame that is not named, or not exactly: one that is most likely meant.
    Estimated {
        /// Where the client saw the ball.
        reported: Point,
        /// The distance from where it was.
        error_pixels: f64,
    },
    /// A position of which the frame is not known yet.
    Waiting,
    /// A report for a frame that was sent before counting began.
    Uncounted,
    /// The frame was decoded in time, but no ball was found.
    Undetected,
    /// The frame came but could not be decoded.
    Undecodable,
    /// A report 1 to 3 s after the frame, whatever it holds.
    Late,
    /// The fate of the frame was known already.
    Duplicate,
    /// No message, or a report for a frame that was never sent to this session, with the reason.
    Malformed(String),
    /// The session was never connected, or is over and all its frames are settled; or the run is over.
    UnknownSession,
}
