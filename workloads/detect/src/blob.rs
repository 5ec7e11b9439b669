//! Something round in a picture.

use std::f64::consts::{PI, TAU};

use opencv::core::Moments;
use picture::Point;

/// A disc, in the pixels of the plane that it was found in or of the picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Blob {
    /// The centroid.
    pub(crate) centre: Point,
    /// Of the disc of the same area.
    pub(crate) radius: f64,
    /// How much it is a disc, 0 to 1.
    pub(crate) roundness: f64,
}

impl Blob {
    /// The blob whose moments these are, counted from `origin`, where a whole pixel weighs `unit`; None for no weight.
    pub(crate) fn from_moments(moments: &Moments, unit: f64, origin: Point) -> Option<Self> {
        let weight = moments.m00;
        if weight <= 0.0 {
            return None;
        }
        let centre = Point { x: origin.x + moments.m10 / weight, y: origin.y + moments.m01 / weight };
        let area = weight / unit;
        // The pixels' own extent, 1/12 in either direction, is not in the moments of their centres.
        let spread = (moments.mu20 + moments.mu02) / unit + area / 6.0;
        // Of all shapes of one area a disc has the least second moment, area^2 / (2 pi) about its centre.
        let roundness = (area * area / (TAU * spread)).min(1.0);
        Some(Self { centre, radius: (area / PI).sqrt(), roundness })
    }
}

#[cfg(test)]
mod tests {
    use opencv::imgproc::moments_def;

    use super::*;
    use crate::matrix::matrix;

    fn blob(width: usize, height: usize, inside: impl Fn(f64, f64) -> bool) -> Option<Blob> {
        let at = |index: usize| inside((index % width) as f64, (index / width) as f64);
        let samples: Vec<u8> = (0..width * height).map(|index| if at(index) { 255 } else { 0 }).collect();
        let moments = moments_def(&matrix(&samples, width, height).unwrap()).unwrap();
        Blob::from_moments(&moments, 255.0, Point { x: 100.0, y: 200.0 })
    }

    #[test]
    fn a_disc_is_measured_and_round() {
        let disc = blob(60, 50, |x, y| (x - 30.0).hypot(y - 25.0) < 15.0).unwrap();
        assert!(disc.centre.distance(Point { x: 130.0, y: 225.0 }) < 1e-9);
        assert!((disc.radius - 15.0).abs() < 0.2 && disc.roundness > 0.99, "{disc:?}");
    }

    #[test]
    fn other_shapes_are_less_round() {
        let half = blob(60, 50, |x, y| (x - 30.0).hypot(y - 25.0) < 15.0 && x > 30.0).unwrap();
        assert!((0.74..0.78).contains(&half.roundness), "{half:?}");
        let bar = blob(60, 50, |x, y| x < 40.0 && y < 10.0).unwrap();
        assert!((0.44..0.46).contains(&bar.roundness), "{bar:?}");
    }

    #[test]
    fn nothing_is_no_blob() {
        assert_eq!(blob(8, 8, |_, _| false), None);
    }
}
