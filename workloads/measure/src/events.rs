//! What the measurement is told, and what it answers.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use picture::{Point, Size};
use report::ErrorCode;

/// What a board needs to know at the start.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// Of the video.
    pub size: Size,
    /// Of the video: frame k has the RTP timestamp floor(k x 90000 / this), from any start.
    pub frames_per_second: u32,
    /// How far back [`report::Summary::recent`] reaches.
    pub window: Duration,
    /// When the run began.
    pub started: Instant,
    /// The same moment on the wall clock.
    pub started_at: Timestamp,
}

/// How a session ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    /// One side said bye.
    Bye,
    /// The peer was gone without a bye; counts as [`ErrorCode::PeerLost`].
    Lost,
    /// It never worked, or broke.
    Failed {
        /// The stage that failed.
        code: ErrorCode,
        /// What happened, for people.
        message: String,
    },
}

/// What a message turned out to be.
#[derive(Debug, Clone, PartialEq)]
pub enum MessageOutcome {
    /// The client greeted, and said its name if it has one; [`crate::Measurement::client`] has it.
    Hello,
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
    /// A position of which the frame cannot be told yet.
    Waiting,
    /// A report for a frame that was sent before counting began.
    Uncounted,
    /// The frame was decoded in time, but no ball was found.
    Undetected,
    /// The frame came but could not be decoded.
    Undecodable,
    /// A report 1 to 3 s after the frame, whatever it says.
    Late,
    /// The fate of the frame was known already.
    Duplicate,
    /// No message, or a report for a frame that was never sent to this session; says why.
    Malformed(String),
    /// The session was never connected, or is over and all its frames are settled; or the run is over.
    UnknownSession,
}

/// The newest position that a connected client reported.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Latest<'a> {
    /// The client's name.
    pub client: &'a str,
    /// Where it saw the ball.
    pub reported: Point,
    /// Where the ball was in that frame.
    pub truth: Point,
    /// The distance of the two.
    pub error_pixels: f64,
}

/// How many clients are there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Presence {
    /// Clients with a signalling connection, and those without media that had one 5 s ago or less.
    pub connected: usize,
    /// Those of them that signalled 10 s ago or more, in one attempt or in several, and of which no frame has been
    /// counted since.
    pub without_media: usize,
}
