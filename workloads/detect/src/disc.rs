//! A disc of the picture, row by row: what both measuring levels and weighing pixels go over.

use std::ops::Range;

use picture::{Point, Size};

/// The edge, blurred by anti-aliasing and codec, lies within this distance of the radius, in pixels.
pub(crate) const EDGE: f64 = 2.0;

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
