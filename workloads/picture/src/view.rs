//! Borrowed pictures, as a decoder hands them out.

use crate::geometry::Size;

/// One plane of 8-bit samples.
#[derive(Debug, Clone, Copy)]
pub struct Plane<'a> {
    data: &'a [u8],
    stride: usize,
    width: usize,
    height: usize,
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
        Self { data, stride, width, height }
    }

    /// Samples in a row.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Rows.
    pub fn height(&self) -> usize {
        self.height
    }

    /// Samples from one row's start to the next one's.
    pub fn stride(&self) -> usize {
        self.stride
    }

    /// The samples, from the first one of the first row on; rows lie [`Plane::stride`] apart.
    pub fn data(&self) -> &'a [u8] {
        self.data
    }

    /// Row `y`, [`Plane::width`] samples.
    ///
    /// # Panics
    /// Where the plane has no such row.
    pub fn row(&self, y: usize) -> &'a [u8] {
        assert!(y < self.height, "row {y} of {}", self.height);
        &self.data[y * self.stride..][..self.width]
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
