//! A small picture of our own: a disc with a soft edge, in motion over a plain or a textured background.

#![allow(dead_code)] // Each of those who include this file uses a part of it.

use picture::{I420, I420Buffer, Plane, Point, Rect, Size};

/// How the background looks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Background {
    /// One colour.
    Plain,
    /// Waves and a fine grain.
    Textured,
}

/// A disc that slows down, turns, and gets everywhere.
pub(crate) struct Scene {
    /// The picture's.
    pub(crate) size: Size,
    radius: f64,
    background: Background,
}

impl Scene {
    pub(crate) fn new(width: usize, height: usize, background: Background) -> Self {
        let size = Size::new(width, height).expect("even and not too large");
        Self { size, radius: height as f64 / 24.0, background }
    }

    /// Where the disc is after `seconds`.
    pub(crate) fn position(&self, seconds: f64) -> Point {
        let along = |length: usize, phase: f64| {
            let half = length as f64 / 2.0;
            half + (half - self.radius - 3.0) * phase.sin()
        };
        let Self { size, .. } = self;
        Point { x: along(size.width(), seconds * 0.8), y: along(size.height(), seconds * 1.1 + 0.4) }
    }

    /// All that a disc at `centre` covers.
    pub(crate) fn area(&self, centre: Point) -> Rect {
        Rect::around(centre, self.radius + 2.0, self.size)
    }

    /// The picture with the disc at `centre`.
    pub(crate) fn draw(&self, centre: Point) -> I420Buffer {
        let mut picture = I420Buffer::filled(self.size, 32, 128, 128);
        let (width, height) = (self.size.width(), self.size.height());
        self.paint(&mut picture, Rect { x: 0, y: 0, width, height }, centre);
        picture
    }

    /// Draws `area` anew, with the disc at `centre`.
    pub(crate) fn paint(&self, picture: &mut I420Buffer, area: Rect, centre: Point) {
        let width = self.size.width();
        let [luma, u, v] = picture.planes_mut();
        for y in area.y..area.y + area.height {
            for x in area.x..area.x + area.width {
                let at = Point { x: x as f64, y: y as f64 };
                let cover = (self.radius + 0.5 - centre.distance(at)).clamp(0.0, 1.0);
                let below = self.luma(at);
                luma[y * width + x] = (below + (210.0 - below) * cover).round() as u8;
            }
        }
        for y in area.y / 2..(area.y + area.height).div_ceil(2) {
            for x in area.x / 2..(area.x + area.width).div_ceil(2) {
                let at = Point { x: 2.0 * x as f64 + 0.5, y: 2.0 * y as f64 + 0.5 };
                let cover = ((self.radius + 1.0 - centre.distance(at)) / 2.0).clamp(0.0, 1.0);
                u[y * width / 2 + x] = (128.0 - 112.0 * cover).round() as u8;
                v[y * width / 2 + x] = (128.0 + 18.0 * cover).round() as u8;
            }
        }
    }

    fn luma(&self, at: Point) -> f64 {
        if self.background == Background::Plain {
            return 32.0;
        }
        let grain = ((at.x * 12.9898 + at.y * 78.233).sin() * 43_758.5).fract().abs() * 10.0;
        let waves = 16.0 * (at.x * 0.23).sin() * (at.y * 0.19).cos();
        (60.0 + 40.0 * at.x / self.size.width() as f64 + waves + grain).round()
    }
}

/// The centre of what is blue-green in `area`, weighted by how much it is: of the disc, whatever the background.
pub(crate) fn centroid(picture: &I420<'_>, area: Rect) -> Point {
    let (mut sum, mut x_sum, mut y_sum) = (0.0, 0.0, 0.0);
    for y in area.y / 2..(area.y + area.height) / 2 {
        for x in area.x / 2..(area.x + area.width) / 2 {
            let weight = 128.0 - f64::from(picture.u().row(y)[x]);
            if weight > 8.0 {
                sum += weight;
                x_sum += weight * (2.0 * x as f64 + 0.5);
                y_sum += weight * (2.0 * y as f64 + 0.5);
            }
        }
    }
    Point { x: x_sum / sum, y: y_sum / sum }
}

/// How alike two pictures' luma is: the peak signal-to-noise ratio in dB, 99 where nothing differs.
pub(crate) fn psnr(one: &I420<'_>, other: &I420<'_>) -> f64 {
    let squares = |one: Plane<'_>, other: Plane<'_>, y| -> f64 {
        one.row(y).iter().zip(other.row(y)).map(|(&a, &b)| (f64::from(a) - f64::from(b)).powi(2)).sum()
    };
    assert_eq!(one.size(), other.size());
    let (width, height) = (one.size().width(), one.size().height());
    let sum: f64 = (0..height).map(|y| squares(one.y(), other.y(), y)).sum();
    if sum == 0.0 { 99.0 } else { 10.0 * (255.0 * 255.0 * (width * height) as f64 / sum).log10() }
}
