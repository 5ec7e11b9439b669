//! How far each sample is from the background: what every detector starts from.

use picture::Plane;

/// A map in which the background is about 0 and the ball bright, whatever the colours of the two.
///
/// The background's level is the median along the map's border. The ball may cover most of a picture, but of the
/// border at most a part of two sides.
#[derive(Debug, Default)]
pub(crate) struct Difference {
    samples: Vec<u8>,
    width: usize,
    height: usize,
    border: Vec<u8>,
}

impl Difference {
    /// The distance from the background's colour, both differences added.
    pub(crate) fn of_chroma(&mut self, u: Plane<'_>, v: Plane<'_>) {
        let (background_u, background_v) = (self.background(u), self.background(v));
        self.start(u.width(), u.height());
        for (y, row) in self.samples.chunks_exact_mut(self.width).enumerate() {
            for ((sample, &u), &v) in row.iter_mut().zip(u.row(y)).zip(v.row(y)) {
                *sample = u.abs_diff(background_u).saturating_add(v.abs_diff(background_v));
            }
        }
    }

    /// The distance from the background's brightness.
    pub(crate) fn of_luma(&mut self, luma: Plane<'_>) {
        let background = self.background(luma);
        self.start(luma.width(), luma.height());
        for (y, row) in self.samples.chunks_exact_mut(self.width).enumerate() {
            for (sample, &luma) in row.iter_mut().zip(luma.row(y)) {
                *sample = luma.abs_diff(background);
            }
        }
    }

    /// As [`Difference::of_luma`] at half the resolution, that of the chroma planes.
    pub(crate) fn of_halved_luma(&mut self, luma: Plane<'_>) {
        let background = u16::from(self.background(luma));
        self.start(luma.width() / 2, luma.height() / 2);
        for (y, row) in self.samples.chunks_exact_mut(self.width).enumerate() {
            let rows = luma.row(2 * y).chunks_exact(2).zip(luma.row(2 * y + 1).chunks_exact(2));
            for (sample, (upper, lower)) in row.iter_mut().zip(rows) {
                let mean = upper.iter().chain(lower).map(|&sample| u16::from(sample)).sum::<u16>() / 4;
                // The difference of two means of bytes is a byte.
                *sample = mean.abs_diff(background) as u8;
            }
        }
    }

    /// The map, row after row.
    pub(crate) fn samples(&self) -> &[u8] {
        &self.samples
    }

    /// Its width and height.
    pub(crate) fn size(&self) -> (usize, usize) {
        (self.width, self.height)
    }

    /// The largest difference.
    pub(crate) fn peak(&self) -> u8 {
        // A fold becomes vector operations, which `max` does not.
        self.samples.iter().fold(0, |peak, &sample| peak.max(sample))
    }

    /// Makes room for a map, all of which is to be written.
    fn start(&mut self, width: usize, height: usize) {
        (self.width, self.height) = (width, height);
        self.samples.resize(width * height, 0);
    }

    fn background(&mut self, plane: Plane<'_>) -> u8 {
        let last = plane.height() - 1;
        self.border.clear();
        self.border.extend_from_slice(plane.row(0));
        self.border.extend_from_slice(plane.row(last));
        for y in 0..=last {
            let row = plane.row(y);
            self.border.extend([row[0], row[row.len() - 1]]);
        }
        let middle = self.border.len() / 2;
        *self.border.select_nth_unstable(middle).1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_border_gives_the_background_even_where_the_ball_covers_most() {
        let border = |x, y| x == 0 || x == 7 || y == 0 || y == 7;
        let samples: Vec<u8> =
            (0..64).map(|index| if border(index % 8, index / 8) { 50 } else { 200 }).collect();
        let mut difference = Difference::default();
        difference.of_luma(Plane::new(&samples, 8, 8, 8));
        assert_eq!(difference.size(), (8, 8));
        assert_eq!(difference.samples()[..8], [0; 8]);
        assert_eq!(difference.samples()[32..40], [0, 150, 150, 150, 150, 150, 150, 0]);
        assert_eq!(difference.peak(), 150);
    }

    #[test]
    fn both_chroma_planes_count_up_to_a_byte() {
        let (u, v) = ([128, 128, 128, 0], [128, 128, 138, 255]);
        let mut difference = Difference::default();
        difference.of_chroma(Plane::new(&u, 4, 4, 1), Plane::new(&v, 4, 4, 1));
        assert_eq!(difference.samples()[2..], [0, 245]);
    }

    #[test]
    fn halved_luma_is_the_mean_of_four() {
        // Rows of a longer stride, as a decoder has them.
        let luma = [10, 20, 90, 90, 255, 30, 40, 90, 90, 255];
        let mut difference = Difference::default();
        difference.of_halved_luma(Plane::new(&luma, 5, 4, 2));
        assert_eq!(difference.samples(), [65, 0]);
    }
}
