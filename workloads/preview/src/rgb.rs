//! Pictures as screens want them: red, green and blue.

use picture::{I420, Size};

/// Eight bits each of red, green and blue for every pixel, row by row without gaps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rgb {
    pub(crate) size: Size,
    pub(crate) data: Vec<u8>,
}

impl From<I420<'_>> for Rgb {
    /// Takes the samples as BT.601 in studio range, VP8's only colour space (RFC 6386, section 9.2), in fixed point of
    /// 8 bits. Pixels of a 2 x 2 block share their chroma: nothing is interpolated.
    fn from(picture: I420<'_>) -> Self {
        let size = picture.size();
        let mut data = vec![0; size.width() * size.height() * 3];
        for (y, row) in data.chunks_exact_mut(size.width() * 3).enumerate() {
            let (pixels, luma) = (row.as_chunks_mut::<6>().0, picture.y().row(y).as_chunks::<2>().0);
            let chroma = picture.u().row(y / 2).iter().zip(picture.v().row(y / 2));
            for ((pixels, &[left, right]), (u, v)) in pixels.iter_mut().zip(luma).zip(chroma) {
                let (u, v) = (i32::from(*u) - 128, i32::from(*v) - 128);
                let (red, green, blue) = (409 * v, -100 * u - 208 * v, 516 * u);
                let sample = |luma: u8, offset: i32| {
                    ((298 * (i32::from(luma) - 16) + 128 + offset) >> 8).clamp(0, 255) as u8
                };
                *pixels = [
                    sample(left, red),
                    sample(left, green),
                    sample(left, blue),
                    sample(right, red),
                    sample(right, green),
                    sample(right, blue),
                ];
            }
        }
        Self { size, data }
    }
}

impl Rgb {
    /// The pixels of row `y` from column `x` on, `width` of them.
    ///
    /// # Panics
    /// Where the picture has no such pixels.
    pub(crate) fn span_mut(&mut self, x: usize, y: usize, width: usize) -> &mut [u8] {
        &mut self.data[(y * self.size.width() + x) * 3..][..width * 3]
    }
}

#[cfg(test)]
mod tests {
    use picture::I420Buffer;
    use proptest::prelude::*;

    use super::*;

    fn colour(y: u8, u: u8, v: u8) -> [u8; 3] {
        let rgb = Rgb::from(I420Buffer::filled(Size::new(2, 2).unwrap(), y, u, v).view());
        assert_eq!(rgb.data.len(), 12);
        assert!(rgb.data.chunks_exact(3).all(|pixel| pixel == &rgb.data[..3]));
        [rgb.data[0], rgb.data[1], rgb.data[2]]
    }

    #[test]
    fn the_corners_of_the_studio_range_are_black_white_and_the_primaries() {
        assert_eq!(colour(16, 128, 128), [0, 0, 0]);
        assert_eq!(colour(235, 128, 128), [255, 255, 255]);
        // BT.601's own values of the primaries, rounded to whole samples: a unit or two off.
        for (sample, expected) in
            [((81, 90, 240), [255, 0, 0]), ((145, 54, 34), [0, 255, 0]), ((41, 240, 110), [0, 0, 255])]
        {
            let found = colour(sample.0, sample.1, sample.2);
            assert!(found.iter().zip(expected).all(|(a, b): (_, u8)| a.abs_diff(b) <= 2), "{found:?}");
        }
    }

    #[test]
    fn chroma_belongs_to_the_block_under_it() {
        let mut buffer = I420Buffer::filled(Size::new(4, 4).unwrap(), 100, 128, 128);
        buffer.planes_mut()[2][3] = 200;
        let rgb = Rgb::from(buffer.view());
        let is_red = |x: usize, y: usize| rgb.data[(y * 4 + x) * 3] > rgb.data[(y * 4 + x) * 3 + 1];
        let red: Vec<_> = (0..16).map(|i| (i % 4, i / 4)).filter(|&(x, y)| is_red(x, y)).collect();
        assert_eq!(red, [(2, 2), (3, 2), (2, 3), (3, 3)]);
    }

    proptest! {
        #[test]
        fn every_sample_is_within_two_of_the_real_numbers(y: u8, u: u8, v: u8) {
            let (grey, cb, cr) =
                (255.0 / 219.0 * (f64::from(y) - 16.0), f64::from(u) - 128.0, f64::from(v) - 128.0);
            let exact = [grey + 1.596 * cr, grey - 0.392 * cb - 0.813 * cr, grey + 2.017 * cb];
            for (found, exact) in colour(y, u, v).into_iter().zip(exact) {
                prop_assert!((f64::from(found) - exact.clamp(0.0, 255.0)).abs() <= 2.0, "{found} for {exact}");
            }
        }
    }
}
