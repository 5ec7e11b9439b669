//! Finds the ball in a decoded picture, with OpenCV, behind one small trait.
//!
//! A detector is told nothing about the ball but that it is round and stands out: its radius, colour and speed are
//! found in the picture, so that the balls of other senders are found as well.

mod blob;
mod contour;
mod difference;
mod kind;
mod levels;
mod locate;
mod matrix;
mod moments;
mod refine;
mod window;

use picture::{I420, Point};

pub use kind::{Kind, UnknownKind, build};

/// Finds the ball in one picture after the other.
pub trait Detector: Send {
    /// Where the ball is; None where the picture shows none. Pictures may differ in size from one call to the next.
    ///
    /// # Errors
    /// Where OpenCV fails, which no content of a picture is known to cause.
    fn detect(&mut self, picture: &I420<'_>) -> Result<Option<Detection>, DetectError>;
}

/// A ball that was found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Detection {
    /// The ball's centre, in pixels.
    pub position: Point,
    /// The ball's radius, in pixels.
    pub radius: f64,
    /// How much the thing found is a disc, 0 to 1.
    pub confidence: f64,
}

/// OpenCV could not do its work.
#[derive(Debug, thiserror::Error)]
#[error("detection failed in OpenCV: {0}")]
pub struct DetectError(#[from] opencv::Error);
