//! The part of a picture that is searched.

use opencv::core::Rect as PixelRect;
use picture::{Plane, Point, Rect, Size};

use crate::blob::Blob;

/// A rectangle of chroma samples, and the luma pixels that belong to them; never empty.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Window {
    chroma: Rect,
    size: Size,
}

impl Window {
    /// The whole picture.
    pub(crate) fn whole(size: Size) -> Self {
        let (width, height) = size.chroma();
        Self { chroma: Rect { x: 0, y: 0, width, height }, size }
    }

    /// About what lies within `reach` of `centre`; None where that is not in the picture.
    pub(crate) fn around(centre: Point, reach: f64, size: Size) -> Option<Self> {
        let Rect { x, y, width, height } = Rect::around(centre, reach, size);
        let chroma = Rect { x: x / 2, y: y / 2, width: width / 2, height: height / 2 };
        (chroma.width > 0 && chroma.height > 0).then_some(Self { chroma, size })
    }

    /// Its part of a chroma plane.
    pub(crate) fn of_chroma<'a>(&self, plane: Plane<'a>) -> Plane<'a> {
        plane.part(self.chroma)
    }

    /// Its part of the luma plane.
    pub(crate) fn of_luma<'a>(&self, plane: Plane<'a>) -> Plane<'a> {
        let Rect { x, y, width, height } = self.chroma;
        plane.part(Rect { x: 2 * x, y: 2 * y, width: 2 * width, height: 2 * height })
    }

    /// Whether something with these bounds, in samples of the window, reaches an edge of it that is not the
    /// picture's: then some of it may lie outside.
    pub(crate) fn cuts(&self, bounds: PixelRect) -> bool {
        let cut = |start: i32, length: i32, from: usize, span: usize, whole: usize| {
            let end = usize::try_from(start + length).unwrap_or(0);
            (start <= 0 && from > 0) || (end >= span && from + span < whole)
        };
        let (width, height) = self.size.chroma();
        cut(bounds.x, bounds.width, self.chroma.x, self.chroma.width, width)
            || cut(bounds.y, bounds.height, self.chroma.y, self.chroma.height, height)
    }

    /// A blob in samples of the window, in pixels of the picture.
    pub(crate) fn to_picture(self, blob: Blob) -> Blob {
        // The centre of chroma sample (i, j) is at luma (2i + 0.5, 2j + 0.5).
        let pixels = |sample: f64, from: usize| 2.0 * (from as f64 + sample) + 0.5;
        let centre =
            Point { x: pixels(blob.centre.x, self.chroma.x), y: pixels(blob.centre.y, self.chroma.y) };
        Blob { centre, radius: 2.0 * blob.radius, ..blob }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn size() -> Size {
        Size::new(64, 48).unwrap()
    }

    #[test]
    fn a_window_outside_of_the_picture_is_none() {
        let around = |x, y| Window::around(Point { x, y }, 5.0, size());
        assert!(around(30.0, 20.0).is_some());
        assert_eq!(around(80.0, 20.0), None);
        assert_eq!(around(f64::NAN, 20.0), None);
    }

    #[test]
    fn only_edges_within_the_picture_cut() {
        let bounds = |x, width| PixelRect::new(x, 4, width, 3);
        // Columns 8 to 15 of 32.
        let window = Window::around(Point { x: 23.0, y: 20.0 }, 8.0, size()).unwrap();
        assert_eq!(window.chroma.x..window.chroma.x + window.chroma.width, 7..15);
        assert!(window.cuts(bounds(0, 3)) && window.cuts(bounds(5, 3)) && !window.cuts(bounds(1, 6)));
        assert!(!Window::whole(size()).cuts(PixelRect::new(0, 0, 32, 24)));
    }

    #[test]
    fn its_samples_are_placed_in_the_picture() {
        let window = Window::around(Point { x: 23.0, y: 20.0 }, 8.0, size()).unwrap();
        let luma: Vec<u8> = (0..64 * 48).map(|index| (index % 64) as u8).collect();
        let part = window.of_luma(Plane::new(&luma, 64, 64, 48));
        let blob = Blob { centre: Point { x: 3.0, y: 0.0 }, radius: 2.0, roundness: 1.0 };
        let placed = window.to_picture(blob);
        // Chroma sample 3 stands for luma columns 6 and 7 of the window, whose mean is the blob's column.
        assert_eq!((f64::from(part.row(0)[6]) + f64::from(part.row(0)[7])) / 2.0, placed.centre.x);
        assert_eq!(placed.radius, 4.0);
    }
}
