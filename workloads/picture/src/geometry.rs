//! Sizes, points and rectangles.

/// A position in pixels; pixel centres are at integers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// To the right.
    pub x: f64,
    /// Downwards.
    pub y: f64,
}

impl Point {
    /// The Euclidean distance to `other`, in pixels.
    pub fn distance(self, other: Self) -> f64 {
        (self.x - other.x).hypot(self.y - other.y)
    }
}

/// Width and height in pixels. Both are even, as I420 with its halved chroma planes needs, and at least 2.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    width: usize,
    height: usize,
}

/// A width or height that no I420 picture can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvalidSize {
    /// The width asked for.
    pub width: usize,
    /// The height asked for.
    pub height: usize,
}

impl std::fmt::Display for InvalidSize {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{}x{} is no picture size: width and height must be even and 2 to 16384",
            self.width, self.height
        )
    }
}

impl std::error::Error for InvalidSize {}

impl Size {
    /// The largest width or height: what VP8 can express (RFC 6386, section 9.1: 14 bits).
    pub const MAX: usize = 16_384;

    /// A size of `width` x `height`.
    ///
    /// # Errors
    /// Where one of them is odd, zero or above [`Size::MAX`].
    pub fn new(width: usize, height: usize) -> Result<Self, InvalidSize> {
        let valid = |length: usize| length.is_multiple_of(2) && (2..=Self::MAX).contains(&length);
        if valid(width) && valid(height) {
            Ok(Self { width, height })
        } else {
            Err(InvalidSize { width, height })
        }
    }

    /// Pixels in a row.
    pub fn width(self) -> usize {
        self.width
    }

    /// Rows.
    pub fn height(self) -> usize {
        self.height
    }

    /// The size of the chroma planes.
    pub fn chroma(self) -> (usize, usize) {
        (self.width / 2, self.height / 2)
    }
}

/// Whole pixels: columns `x..x + width` of rows `y..y + height`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rect {
    /// The first column.
    pub x: usize,
    /// The first row.
    pub y: usize,
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
}

impl Rect {
    /// The pixels within `reach` of `centre` in either direction, cut at the edges of a picture of `size`; empty
    /// where none is inside.
    pub fn around(centre: Point, reach: f64, size: Size) -> Self {
        let span = |centre: f64, length: usize| {
            // `as` saturates: what lies left of the picture, or is no number, becomes 0.
            let from = ((centre - reach).ceil().max(0.0) as usize).min(length);
            let to = ((centre + reach).floor() + 1.0).max(0.0) as usize;
            (from, to.clamp(from, length) - from)
        };
        let (x, width) = span(centre.x, size.width);
        let (y, height) = span(centre.y, size.height);
        Self { x, y, width, height }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_empty_and_huge_sizes_are_refused() {
        for (width, height) in [(641, 480), (640, 479), (0, 480), (16_386, 480)] {
            assert_eq!(Size::new(width, height), Err(InvalidSize { width, height }));
        }
        assert_eq!(Size::new(640, 480).unwrap().chroma(), (320, 240));
    }

    #[test]
    fn a_rectangle_around_a_point_is_cut_at_the_edges() {
        let size = Size::new(64, 64).unwrap();
        let around = |x, y| Rect::around(Point { x, y }, 2.0, size);
        assert_eq!(around(10.5, 20.0), Rect { x: 9, y: 18, width: 4, height: 5 });
        assert_eq!(around(0.0, 63.0), Rect { x: 0, y: 61, width: 3, height: 3 });
        assert_eq!(around(-9.0, 10.0).width, 0);
        assert_eq!(around(900.0, 10.0).width, 0);
        assert_eq!(around(f64::NAN, 10.0).width, 0);
    }
}
