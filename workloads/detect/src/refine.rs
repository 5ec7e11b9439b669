//! The second stage: the centre of a ball whose place and size are known to a pixel or so, from the luma plane.
//!
//! The weight of a pixel is the share of it that the ball covers, which its luma gives where that of the ball and of
//! the background are known: the centroid of the weights is the centre. An error in the background's level on one side
//! only would pull it there, so that the level is measured in each direction, just outside of the ball.

use opencv::imgproc::moments_def;
use picture::{Plane, Point, Rect, Size};

use crate::blob::Blob;
use crate::detector::DetectError;
use crate::disc::{Disc, EDGE};
use crate::levels::Levels;
use crate::matrix::matrix;

/// Measures how much of each pixel the ball covers; keeps its memory from one picture to the next.
#[derive(Debug, Default)]
pub(crate) struct Refiner {
    /// 255 is all of a pixel: moments of bytes are a vector operation in OpenCV, those of floats are not.
    coverage: Vec<u8>,
}

impl Refiner {
    /// The ball of `guess`, measured; None where it does not differ enough from its surroundings in luma.
    pub(crate) fn refine(
        &mut self,
        luma: Plane<'_>,
        size: Size,
        guess: &Blob,
    ) -> Result<Option<Blob>, DetectError> {
        let Some(levels) = Levels::measure(luma, size, guess) else { return Ok(None) };
        let disc = Disc { centre: guess.centre, size };
        let part = Rect::around(guess.centre, guess.radius + EDGE, size);
        self.coverage.clear();
        self.coverage.resize(part.width * part.height, 0);
        for (row, y) in self.coverage.chunks_exact_mut(part.width.max(1)).zip(part.y..) {
            let samples = luma.row(y);
            let inside = disc.chord(y, guess.radius - EDGE);
            let outside = disc.chord(y, guess.radius + EDGE);
            for x in inside.clone() {
                row[x - part.x] = levels.inside(samples[x]);
            }
            for x in (outside.start..inside.start).chain(inside.end..outside.end) {
                row[x - part.x] =
                    levels.on_edge(samples[x], x as f64 - guess.centre.x, y as f64 - guess.centre.y);
            }
        }
        if self.coverage.is_empty() {
            return Ok(None);
        }
        let moments = moments_def(&matrix(&self.coverage, part.width, part.height)?)?;
        let origin = Point { x: part.x as f64, y: part.y as f64 };
        Ok(Blob::from_moments(&moments, 255.0, origin))
    }
}
