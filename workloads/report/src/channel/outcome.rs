//! What a client saw in one frame.

/// What a client saw in a frame.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum FrameOutcome {
    /// The ball; pixel centres are at integer coordinates.
    Position {
        /// To the right, at most [`MAX_COORDINATE`](super::MAX_COORDINATE) either way.
        x: f64,
        /// Downwards, at most [`MAX_COORDINATE`](super::MAX_COORDINATE) either way.
        y: f64,
        /// 0 to 1; 1 where the client leaves it out.
        confidence: f64,
    },
    /// The frame was decoded, but no ball was in it.
    Undetected,
    /// The frame came, but could not be decoded.
    Undecodable,
}
