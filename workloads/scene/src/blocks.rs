//! A pair of luma rows as blocks of 2 x 2 pixels, the unit in which I420 shares its chroma samples.

use std::ops::Range;

use picture::Point;

use crate::colour::BALL;

/// Two luma rows and the chroma rows that belong to them.
pub(crate) struct BlockRow<'a> {
    pub(crate) upper: &'a mut [u8],
    pub(crate) lower: &'a mut [u8],
    pub(crate) u: &'a mut [u8],
    pub(crate) v: &'a mut [u8],
}

impl BlockRow<'_> {
    /// Covers whole blocks.
    pub(crate) fn fill(&mut self, blocks: Range<usize>) {
        let pixels = 2 * blocks.start..2 * blocks.end;
        self.upper[pixels.clone()].fill(BALL.y);
        self.lower[pixels].fill(BALL.y);
        self.u[blocks.clone()].fill(BALL.u);
        self.v[blocks].fill(BALL.v);
    }

    /// Lays the ball over one block. A chroma sample stands for the four pixels around it: it takes their mean
    /// coverage, and so the chroma planes have the luma plane's centroid.
    pub(crate) fn blend(&mut self, block: usize, coverage: impl Fn(usize, usize) -> f64) {
        let mut sum = 0.0;
        for (below, row) in [&mut *self.upper, &mut *self.lower].into_iter().enumerate() {
            for x in [2 * block, 2 * block + 1] {
                let share = coverage(x, below);
                row[x] = mix(row[x], BALL.y, share);
                sum += share;
            }
        }
        self.u[block] = mix(self.u[block], BALL.u, sum / 4.0);
        self.v[block] = mix(self.v[block], BALL.v, sum / 4.0);
    }
}

fn mix(below: u8, above: u8, share: f64) -> u8 {
    (f64::from(below) + share * (f64::from(above) - f64::from(below))).round() as u8
}

/// The blocks of the row pair at `top` all of whose pixels lie within `radius` of `centre`; an empty range inside
/// `blocks` where there is none.
pub(crate) fn solid_blocks(centre: Point, radius: f64, top: usize, blocks: &Range<usize>) -> Range<usize> {
    let farther_row = (top as f64 - centre.y).abs().max((top as f64 + 1.0 - centre.y).abs());
    let half_chord = half_chord(radius, farther_row);
    // `as` saturates: what lies left of the picture becomes 0.
    let from = ((centre.x - half_chord) / 2.0).ceil() as usize;
    let to = ((centre.x + half_chord + 1.0) / 2.0).floor() as usize;
    part(from, to, blocks)
}

/// As [`solid_blocks`], those with any pixel inside, and perhaps one more on either side.
pub(crate) fn touched_blocks(centre: Point, radius: f64, top: usize, blocks: &Range<usize>) -> Range<usize> {
    let nearer_row = (top as f64 - centre.y).abs().min((top as f64 + 1.0 - centre.y).abs());
    let half_chord = half_chord(radius, nearer_row);
    let from = ((centre.x - half_chord) / 2.0).floor() as usize;
    let to = ((centre.x + half_chord) / 2.0).floor() as usize;
    part(from, to.saturating_add(1), blocks)
}

fn half_chord(radius: f64, from_centre: f64) -> f64 {
    (radius * radius - from_centre * from_centre).max(0.0).sqrt()
}

fn part(from: usize, to: usize, whole: &Range<usize>) -> Range<usize> {
    let from = from.clamp(whole.start, whole.end);
    from..to.clamp(from, whole.end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn solid_blocks_lie_inside_with_all_their_pixels() {
        let solid = |x, y, radius| solid_blocks(Point { x, y }, radius, 10, &(0..32));
        // The farther row is 0.5 px away: pixels 27 to 33 are within 4 px, and 26 and 34 are not.
        assert_eq!(solid(30.0, 10.5, 4.0), 14..17);
        assert_eq!(solid(29.0, 10.5, 4.0), 13..16);
        assert!(solid(30.0, 20.0, 4.0).is_empty());
        assert_eq!(solid(1.0, 10.5, 4.0), 0..2);
        assert!(solid(-50.0, 10.5, 4.0).is_empty());
    }

    #[test]
    fn touched_blocks_hold_each_pixel_inside() {
        for tenths in 0..40 {
            let centre = Point { x: 30.0 + f64::from(tenths) / 10.0, y: 12.3 };
            let touched = touched_blocks(centre, 5.25, 10, &(0..32));
            let inside =
                |x: usize| [10.0, 11.0].iter().any(|y| (x as f64 - centre.x).hypot(y - centre.y) < 5.25);
            assert!((0..64).filter(|&x| inside(x)).all(|x| touched.contains(&(x / 2))), "{centre:?}");
            assert!(touched.len() <= 8, "{centre:?}: {touched:?}");
        }
    }
}
