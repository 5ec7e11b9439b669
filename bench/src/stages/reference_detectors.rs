//! Detectors as tutorials have them, to compare ours with. They are given the luma plane as it is; with aiortc it would
//! have to be converted from and to colours first.

use detect::{DetectError, Detection, Detector};
use opencv::core::{Mat, MatTraitConst as _, Size, Vec3f, Vector};
use opencv::imgproc::{
    HOUGH_GRADIENT, THRESH_BINARY, THRESH_OTSU, gaussian_blur_def, hough_circles, moments, threshold,
};
use picture::{I420, Plane, Point};

/// `HoughCircles` on a slightly blurred picture.
#[derive(Default)]
pub(super) struct Hough {
    samples: Vec<u8>,
    blurred: Mat,
}

/// Otsu's threshold, then moments of what is above it.
#[derive(Default)]
pub(super) struct ThresholdMoments {
    samples: Vec<u8>,
    mask: Mat,
}

impl Detector for Hough {
    fn detect(&mut self, picture: &I420<'_>) -> Result<Option<Detection>, DetectError> {
        let (rows, columns) = copy(picture.y(), &mut self.samples);
        let luma = Mat::new_rows_cols_with_data(rows, columns, &self.samples)?;
        gaussian_blur_def(&luma, &mut self.blurred, Size::new(5, 5), 1.5)?;
        let (resolution, distance, edge, votes) = (1.0, f64::from(rows) / 2.0, 100.0, 15.0);
        let (least, most) = (8, rows / 6);
        let mut circles = Vector::<Vec3f>::new();
        hough_circles(
            &self.blurred,
            &mut circles,
            HOUGH_GRADIENT,
            resolution,
            distance,
            edge,
            votes,
            least,
            most,
        )?;
        let Ok(circle) = circles.get(0) else { return Ok(None) };
        let position = Point { x: circle[0].into(), y: circle[1].into() };
        Ok(Some(Detection { position, radius: circle[2].into(), confidence: 1.0 }))
    }
}

impl Detector for ThresholdMoments {
    fn detect(&mut self, picture: &I420<'_>) -> Result<Option<Detection>, DetectError> {
        let (rows, columns) = copy(picture.y(), &mut self.samples);
        let luma = Mat::new_rows_cols_with_data(rows, columns, &self.samples)?;
        threshold(&luma, &mut self.mask, 0.0, 255.0, THRESH_BINARY | THRESH_OTSU)?;
        let found = moments(&self.mask, true)?;
        if self.mask.empty() || found.m00 < 1.0 {
            return Ok(None);
        }
        let position = Point { x: found.m10 / found.m00, y: found.m01 / found.m00 };
        let radius = (found.m00 / std::f64::consts::PI).sqrt();
        Ok(Some(Detection { position, radius, confidence: 1.0 }))
    }
}

/// The plane's samples without the gaps between its rows, and its height and width.
fn copy(plane: Plane<'_>, samples: &mut Vec<u8>) -> (i32, i32) {
    samples.clear();
    for row in 0..plane.height() {
        samples.extend_from_slice(plane.row(row));
    }
    // A picture's sides fit (`picture::Size::MAX`); anything else OpenCV's binding refuses for its length.
    (i32::try_from(plane.height()).unwrap_or(0), i32::try_from(plane.width()).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use scene::{Background, Painter, Settings};

    use super::*;

    #[test]
    fn both_find_the_ball_in_a_perfect_picture() {
        let settings =
            Settings { size: picture::Size::new(320, 240).unwrap(), radius: 20.0, speed: 0.0, seed: 1 };
        let mut painter = Painter::new(&settings, Background::Plain).unwrap();
        let truth = Point { x: 150.3, y: 100.7 };
        painter.draw(truth);
        let detectors: [&mut dyn Detector; 2] = [&mut Hough::default(), &mut ThresholdMoments::default()];
        for detector in detectors {
            let found = detector.detect(&painter.picture()).unwrap().unwrap();
            assert!(found.position.distance(truth) < 1.0, "{found:?}");
        }
    }
}
