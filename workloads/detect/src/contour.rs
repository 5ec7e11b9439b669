//! A classic detector: the largest contour of the thresholded luma plane and the circle around it.

use opencv::core::{Mat, Point as Pixel, Point2f, Vector};
use opencv::imgproc::{
    CHAIN_APPROX_NONE, RETR_EXTERNAL, THRESH_BINARY, contour_area_def, find_contours_def,
    min_enclosing_circle, threshold,
};
use picture::{I420, Point};

use crate::detector::{DetectError, Detection, Detector};
use crate::difference::Difference;
use crate::matrix::matrix;

/// The least difference in luma between ball and background: more than textures have.
const CONTRAST: u8 = 64;

/// Whole pixels only and no memory of the pictures before.
#[derive(Debug, Default)]
pub(crate) struct Contour {
    difference: Difference,
    mask: Mat,
}

impl Detector for Contour {
    fn detect(&mut self, picture: &I420<'_>) -> Result<Option<Detection>, DetectError> {
        self.difference.of_luma(picture.y());
        let peak = self.difference.peak();
        if peak < CONTRAST {
            return Ok(None);
        }
        let (width, height) = self.difference.size();
        let samples = matrix(self.difference.samples(), width, height)?;
        threshold(&samples, &mut self.mask, f64::from(peak / 2), 255.0, THRESH_BINARY)?;
        let mut contours = Vector::<Vector<Pixel>>::new();
        find_contours_def(&self.mask, &mut contours, RETR_EXTERNAL, CHAIN_APPROX_NONE)?;

        let mut largest: Option<(Vector<Pixel>, f64)> = None;
        for contour in &contours {
            let area = contour_area_def(&contour)?;
            if largest.as_ref().is_none_or(|(_, most)| area > *most) {
                largest = Some((contour, area));
            }
        }
        let Some((contour, area)) = largest else { return Ok(None) };
        let (mut centre, mut radius) = (Point2f::default(), 0.0);
        min_enclosing_circle(&contour, &mut centre, &mut radius)?;
        let radius = f64::from(radius);
        let confidence = area / (std::f64::consts::PI * radius * radius);
        let position = Point { x: centre.x.into(), y: centre.y.into() };
        Ok((confidence >= 0.5).then_some(Detection { position, radius, confidence: confidence.min(1.0) }))
    }
}
