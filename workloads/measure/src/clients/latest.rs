//! Where clients saw the ball last.

use std::time::{Duration, Instant};

use picture::Point;

use super::row::{Position, Row};

/// A position that was reported longer ago says nothing about now.
const FRESH: Duration = Duration::from_secs(2);

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

/// The newest position of a connected client, if it was reported within the last 2 s.
pub(crate) fn latest(row: &Row, now: Instant) -> Option<Latest<'_>> {
    let is_fresh = |last: &Position| now.saturating_duration_since(last.at) <= FRESH;
    let Position { reported, truth, error, .. } =
        row.last.filter(|last| row.is_connected() && is_fresh(last))?;
    Some(Latest { client: &row.name, reported, truth, error_pixels: error })
}
