//! The second stage: the centre of a ball whose place and size are known to a pixel or so, from the luma plane.
//!
//! The weight of a pixel is the share of it that the ball covers, which its luma gives where that of the ball and of
//! the background are known: the centroid of the weights is the centre. An error in the background's level on one side
//! only would pull it there, so that the level is measured in each direction, just outside of the ball.

use std::ops::Range;

use opencv::imgproc::moments_def;
use picture::{Plane, Point, Rect, Size};

use crate::DetectError;
use crate::blob::Blob;
use crate::levels::Levels;
use crate::matrix::matrix;

/// The edge, blurred by anti-aliasing and codec, lies within this distance of the radius, in pixels.
pub(crate) const EDGE: f64 = 2.0;

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

/// Discs around one centre, as the pixels of rows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Disc {
    pub(crate) centre: Point,
    pub(crate) size: Size,
}

impl Disc {
    /// The pixels of row `y` within `radius` of the centre. Where there are none, an empty range that lies in the
    /// chord of any larger radius.
    pub(crate) fn chord(&self, y: usize, radius: f64) -> Range<usize> {
        let from_centre = y as f64 - self.centre.y;
        let square = radius * radius - from_centre * from_centre;
        let (half, pixel) = if radius > 0.0 && square >= 0.0 { (square.sqrt(), 1.0) } else { (0.0, 0.0) };
        let width = self.size.width();
        // `as` saturates: what lies left of the picture becomes 0.
        let from = ((self.centre.x - half).ceil() as usize).min(width);
        let to = ((self.centre.x + half).floor() + pixel) as usize;
        from..to.clamp(from, width)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chord_is_cut_at_the_picture() {
        let size = Size::new(64, 64).unwrap();
        let chord = |x, y, radius| Disc { centre: Point { x, y: 20.0 }, size }.chord(y, radius);
        assert_eq!(chord(30.0, 20, 3.0), 27..34);
        assert_eq!(chord(30.5, 23, 3.2), 30..32);
        assert_eq!(chord(1.0, 20, 3.0), 0..5);
        assert_eq!(chord(62.5, 20, 3.0), 60..64);
        assert!(chord(70.0, 20, 3.0).is_empty());
    }

    #[test]
    fn an_empty_chord_lies_in_larger_ones() {
        let size = Size::new(64, 64).unwrap();
        for tenths in 0..20 {
            let disc = Disc { centre: Point { x: 30.0 + f64::from(tenths) / 10.0, y: 20.0 }, size };
            for (empty, larger) in
                [(disc.chord(25, 4.0), disc.chord(25, 5.0)), (disc.chord(20, -1.0), disc.chord(20, 0.4))]
            {
                assert!(empty.is_empty());
                assert!(larger.start <= empty.start && empty.end <= larger.end, "{empty:?} in {larger:?}");
            }
        }
    }
}
