//! Borrowed pictures, as a decoder hands them out.

use crate::geometry::{Rect, Size};

/// One plane of 8-bit samples.
#[derive(Debug, Clone, Copy)]
pub struct Plane<'a> {
    rows: Rows<'a>,
    width: usize,
    height: usize,
}

#[derive(Debug, Clone, Copy)]
enum Rows<'a> {
    /// In one piece, each `stride` samples after the one before.
    Contiguous { data: &'a [u8], stride: usize },
    /// Each by itself: its samples from column `from` on.
    Apart { rows: &'a [&'a [u8]], from: usize },
}

impl<'a> Plane<'a> {
    /// `height` rows of `width` samples, each row `stride` samples after the one before; of the last row only its
    /// `width` samples need to be there.
    ///
    /// # Panics
    /// Where `data` is too short for that, or `stride` smaller than `width`: a mistake of the caller's, not of input.
    pub fn new(data: &'a [u8], stride: usize, width: usize, height: usize) -> Self {
        assert!(stride >= width && height > 0, "stride {stride}, width {width}, height {height}");
        assert!(
            data.len() >= stride * (height - 1) + width,
            "{} bytes for {height} rows of {stride}",
            data.len()
        );
        Self { rows: Rows::Contiguous { data, stride }, width, height }
    }

    /// Rows that lie wherever they do, as many samples of each as there are in the first.
    ///
    /// # Panics
    /// Where there is none; or, once it is asked for, at a row that is shorter than the first: mistakes of the caller's.
    pub fn of_rows(rows: &'a [&'a [u8]]) -> Self {
        Self { width: rows[0].len(), height: rows.len(), rows: Rows::Apart { rows, from: 0 } }
    }

    /// Samples in a row.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Rows.
    pub fn height(&self) -> usize {
        self.height
    }

    /// The samples, from the first one of the first row on, and the number of samples from one row's start to the next
    /// one's; None where rows do not lie so.
    pub fn contiguous(&self) -> Option<(&'a [u8], usize)> {
        match self.rows {
            Rows::Contiguous { data, stride } => Some((data, stride)),
            Rows::Apart { .. } => None,
        }
    }

    /// Row `y`, [`Plane::width`] samples.
    ///
    /// # Panics
    /// Where the plane has no such row.
    pub fn row(&self, y: usize) -> &'a [u8] {
        assert!(y < self.height, "row {y} of {}", self.height);
        let from = match self.rows {
            Rows::Contiguous { data, stride } => &data[y * stride..],
            Rows::Apart { rows, from } => &rows[y][from..],
        };
        &from[..self.width]
    }

    /// What is inside of `part`, which is not empty.
    ///
    /// # Panics
    /// Where some of that is not in the plane.
    pub fn part(&self, part: Rect) -> Self {
        let Rect { x, y, width, height } = part;
        assert!(x + width <= self.width && y + height <= self.height && height > 0, "{part:?} of {self:?}");
        let rows = match self.rows {
            Rows::Contiguous { data, stride } => Rows::Contiguous { data: &data[y * stride + x..], stride },
            Rows::Apart { rows, from } => Rows::Apart { rows: &rows[y..], from: from + x },
        };
        Self { rows, width, height }
    }
}

/// A borrowed I420 picture: full luma, chroma halved in both directions.
#[derive(Debug, Clone, Copy)]
pub struct I420<'a> {
    size: Size,
    y: Plane<'a>,
    u: Plane<'a>,
    v: Plane<'a>,
}

impl<'a> I420<'a> {
    /// A picture of three planes.
    ///
    /// # Panics
    /// Where the planes are not of the size that `size` asks for.
    pub fn new(size: Size, y: Plane<'a>, u: Plane<'a>, v: Plane<'a>) -> Self {
        assert_eq!((y.width, y.height), (size.width(), size.height()), "luma plane");
        assert_eq!((u.width, u.height), size.chroma(), "U plane");
        assert_eq!((v.width, v.height), size.chroma(), "V plane");
        Self { size, y, u, v }
    }

    /// Width and height of the luma plane.
    pub fn size(&self) -> Size {
        self.size
    }

    /// Luma.
    pub fn y(&self) -> Plane<'a> {
        self.y
    }

    /// Blue-difference chroma.
    pub fn u(&self) -> Plane<'a> {
        self.u
    }

    /// Red-difference chroma.
    pub fn v(&self) -> Plane<'a> {
        self.v
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_has_the_same_rows_wherever_they_lie() {
        let samples: Vec<u8> = (0..24).collect();
        let rows: Vec<&[u8]> = samples.chunks(6).collect();
        let part = Rect { x: 2, y: 1, width: 3, height: 2 };
        for plane in [Plane::new(&samples, 6, 5, 4), Plane::of_rows(&rows)] {
            let part = plane.part(part).part(Rect { x: 1, width: 2, y: 0, height: 2 });
            assert_eq!((part.width(), part.height()), (2, 2));
            assert_eq!([part.row(0), part.row(1)], [[9, 10], [15, 16]]);
        }
        assert!(Plane::of_rows(&rows).contiguous().is_none());
        assert_eq!(Plane::new(&samples, 6, 5, 4).part(part).contiguous(), Some((&samples[8..], 6)));
    }
}
