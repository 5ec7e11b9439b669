//! What may be wrong with a stored session.

use crds::limits;

/// Why there is no session to run.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Not from an API server: without it a child would never be cleaned up.
    #[error("the object has no metadata.{0}; was it read from an API server?")]
    Incomplete(&'static str),
    /// A name that does not fit into those of the children.
    #[error(
        "metadata.name is {0:?}: it must be at most {max} characters of a-z, 0-9 and '-', start with a letter and end with a \
         letter or digit; delete the session and create it under another name",
        max = limits::MAX_NAME
    )]
    Name(String),
    /// A value that is not allowed.
    #[error("{field} is {value}: it must be {allowed}")]
    Value {
        /// Its path in the object.
        field: &'static str,
        /// As it is stored.
        value: String,
        /// What it may be.
        allowed: String,
    },
    /// A ball without room to move.
    #[error(
        "spec.ball.radiusPixels is {radius}, too large for a picture of {width}x{height}: 2 * radiusPixels + {margin} must be \
         at most width and height",
        margin = limits::BALL_MARGIN_PIXELS
    )]
    BallTooLarge {
        /// The ball's, in pixels.
        radius: i32,
        /// The picture's, in pixels.
        width: i32,
        /// The picture's, in pixels.
        height: i32,
    },
}
