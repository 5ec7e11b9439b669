//! What a detector is: the trait that every kind has, what it finds, and how it fails.

use picture::{I420, Point};

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
