//! How bright the ball is, and how bright the background around it.

use picture::{Plane, Rect, Size};

use crate::blob::Blob;
use crate::disc::{Disc, EDGE};

/// The width of the ring around the ball in which the background is measured, in pixels.
const RING: f64 = 4.0;

/// The background is measured in so many directions.
const SECTORS: usize = 16;

/// The least difference between ball and background: with less, moments of luma would weigh noise.
const CONTRAST: f64 = 24.0;

/// What a sample's value says about its pixel.
#[derive(Debug)]
pub(crate) struct Levels {
    radius: f64,
    ball: f64,
    background: f64,
    sectors: [Line; SECTORS],
}

impl Levels {
    /// Measures around `guess`; None where ball and background are about equally bright.
    pub(crate) fn measure(luma: Plane<'_>, size: Size, guess: &Blob) -> Option<Self> {
        let Blob { centre, radius, .. } = *guess;
        let disc = Disc { centre, size };
        let part = Rect::around(centre, radius + EDGE + RING, size);
        let mut inside = Sums::default();
        let mut sectors = [Sums::default(); SECTORS];
        for y in part.y..part.y + part.height {
            let samples = luma.row(y);
            inside.add_all(&samples[disc.chord(y, (radius - EDGE).max(1.0))]);
            let (near, far) = (disc.chord(y, radius + EDGE), disc.chord(y, radius + EDGE + RING));
            let dy = y as f64 - centre.y;
            for x in (far.start..near.start).chain(near.end..far.end) {
                let dx = x as f64 - centre.x;
                sectors[sector(dx, dy)].add(distance(dx, dy) - radius, samples[x]);
            }
        }
        let ball = inside.mean()?;
        let mut ring = Sums::default();
        sectors.iter().for_each(|sector| ring.merge(sector));
        let background = ring.mean()?;
        if (ball - background).abs() < CONTRAST {
            return None;
        }
        // Of what lies beyond the picture's edge nothing is known.
        let level = Line { at_radius: background, slope: 0.0 };
        let sectors = sectors.map(|sector| sector.line().unwrap_or(level));
        Some(Self { radius, ball, background, sectors })
    }

    /// How much of a pixel well inside is ball, in 255ths.
    pub(crate) fn inside(&self, sample: u8) -> u8 {
        self.coverage(sample, self.background)
    }

    /// How much of a pixel near the edge is ball, (dx, dy) from the centre, in 255ths.
    pub(crate) fn on_edge(&self, sample: u8, dx: f64, dy: f64) -> u8 {
        let Line { at_radius, slope } = self.sectors[sector(dx, dy)];
        let background = at_radius + slope * (distance(dx, dy) - self.radius);
        // However far off an extrapolation is, the ball stays on its side of the background.
        let background = if self.ball > self.background {
            background.min(self.ball - CONTRAST / 2.0)
        } else {
            background.max(self.ball + CONTRAST / 2.0)
        };
        self.coverage(sample, background)
    }

    fn coverage(&self, sample: u8, background: f64) -> u8 {
        // `as` saturates: what is beyond either level is all or nothing.
        (255.0 * (f64::from(sample) - background) / (self.ball - background) + 0.5) as u8
    }
}

/// A level that changes with the distance from the ball's edge.
#[derive(Debug, Clone, Copy)]
struct Line {
    at_radius: f64,
    slope: f64,
}

/// Samples and where they are, summed up.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    count: f64,
    place: f64,
    place_square: f64,
    sample: f64,
    product: f64,
}

impl Sums {
    fn add(&mut self, place: f64, sample: u8) {
        let sample = f64::from(sample);
        self.count += 1.0;
        self.place += place;
        self.place_square += place * place;
        self.sample += sample;
        self.product += place * sample;
    }

    /// Adds samples of which only the mean is asked for.
    fn add_all(&mut self, samples: &[u8]) {
        self.count += samples.len() as f64;
        self.sample += samples.iter().map(|&sample| u32::from(sample)).sum::<u32>() as f64;
    }

    fn merge(&mut self, other: &Self) {
        self.count += other.count;
        self.sample += other.sample;
    }

    fn mean(&self) -> Option<f64> {
        (self.count > 0.0).then(|| self.sample / self.count)
    }

    /// The line of least squares, where there are enough samples for one.
    fn line(&self) -> Option<Line> {
        let spread = self.count * self.place_square - self.place * self.place;
        if self.count < 8.0 || spread < self.count {
            return None;
        }
        let slope = (self.count * self.product - self.place * self.sample) / spread;
        Some(Line { at_radius: (self.sample - slope * self.place) / self.count, slope })
    }
}

/// Not `hypot`, which guards against an overflow that cannot happen here, at ten times the cost.
fn distance(dx: f64, dy: f64) -> f64 {
    (dx * dx + dy * dy).sqrt()
}

/// Which of [`SECTORS`] directions (dx, dy) is. The angle is that on the diamond |x| + |y| = 1, which needs no
/// trigonometry and is within 4 degrees of the real one.
fn sector(dx: f64, dy: f64) -> usize {
    let quarter = dy / (dx.abs() + dy.abs()).max(f64::MIN_POSITIVE);
    let turn = if dx < 0.0 { 2.0 - quarter } else { quarter };
    // -1..3 around the circle, one for each quarter.
    ((turn + 1.0) * (SECTORS / 4) as f64) as usize % SECTORS
}

#[cfg(test)]
mod tests {
    use super::*;
    use picture::Point;

    #[test]
    fn sectors_share_the_circle_in_order() {
        let at = |degrees: f64| sector(degrees.to_radians().cos(), degrees.to_radians().sin());
        let around: Vec<usize> = (0..SECTORS).map(|index| at(-84.0 + 22.5 * index as f64)).collect();
        assert_eq!(around, (0..SECTORS).collect::<Vec<_>>());
        assert!(sector(0.0, 0.0) < SECTORS && sector(0.0, -1.0) == 0);
    }

    /// A ball of luma 200 and radius 10 at (30, 30) on a background that gets brighter to the right.
    fn measure(slope: f64) -> Option<Levels> {
        let at = |index: usize| {
            let (x, y) = ((index % 64) as f64, (index / 64) as f64);
            if (x - 30.0).hypot(y - 30.0) <= 10.0 { 200 } else { (20.0 + slope * x) as u8 }
        };
        let luma: Vec<u8> = (0..64 * 64).map(at).collect();
        let guess = Blob { centre: Point { x: 30.0, y: 30.0 }, radius: 10.0, roundness: 1.0 };
        Levels::measure(Plane::new(&luma, 64, 64, 64), Size::new(64, 64).unwrap(), &guess)
    }

    #[test]
    fn the_background_is_that_of_the_same_direction_at_the_edge() {
        let levels = measure(2.0).unwrap();
        for (dx, background) in [(10.0, 100_u8), (-10.0, 60)] {
            let half = background + (200 - background) / 2;
            assert!(levels.on_edge(half, dx, 0.0).abs_diff(128) <= 4, "{dx}");
            assert!(levels.on_edge(background, dx, 0.0) <= 4, "{dx}");
        }
        assert_eq!((levels.inside(200), levels.inside(255), levels.inside(0)), (255, 255, 0));
    }

    #[test]
    fn a_ball_as_bright_as_its_background_has_no_levels() {
        assert!(measure(0.0).is_some());
        assert!(measure(5.5).is_none());
    }
}
