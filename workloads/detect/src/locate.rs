//! The first stage: which part of a picture is the ball, and how large it is, to a pixel or so.

use opencv::core::{Mat, Point as Pixel, Rect as PixelRect, Vector, count_non_zero};
use opencv::imgproc::{
    CHAIN_APPROX_SIMPLE, RETR_EXTERNAL, THRESH_BINARY, bounding_rect, find_contours_def, moments, threshold,
};
use picture::{I420, Point};

use crate::blob::Blob;
use crate::detector::DetectError;
use crate::difference::Difference;
use crate::matrix::matrix;
use crate::window::Window;

/// The least difference in chroma (U and V added) between ball and background. A codec's noise stays well below.
const CHROMA_CONTRAST: u8 = 32;

/// The least difference in luma, where the chroma shows nothing: more than a texture has.
const LUMA_CONTRAST: u8 = 64;

/// In luma other things stand out as well: the ball is believed only if it is more than this share of all that does.
const LUMA_SHARE: f64 = 0.8;

/// The least side of a blob's box, in chroma samples: specks are no balls. One of radius 4 has 4.
const LEAST_SIDE: i32 = 3;

/// The least roundness, see [`Blob::roundness`]: that of half a disc is 0.76, that of a bar of 1 x 4 is 0.45.
const LEAST_ROUNDNESS: f64 = 0.7;

/// Finds the ball at half the picture's resolution; keeps its memory from one picture to the next.
#[derive(Debug, Default)]
pub(crate) struct Locator {
    difference: Difference,
    mask: Mat,
}

impl Locator {
    /// The ball within `window`: in the chroma planes, which a busy background hardly touches, else, for a ball without
    /// colour, in the luma plane.
    pub(crate) fn locate(&mut self, picture: &I420<'_>, window: Window) -> Result<Option<Blob>, DetectError> {
        self.difference.of_chroma(window.of_chroma(picture.u()), window.of_chroma(picture.v()));
        if let Some(blob) = self.largest(window, CHROMA_CONTRAST, 0.0)? {
            return Ok(Some(blob));
        }
        self.difference.of_halved_luma(window.of_luma(picture.y()));
        self.largest(window, LUMA_CONTRAST, LUMA_SHARE)
    }

    /// The largest round thing of at least that contrast, if it is more than `share` of all that stands out.
    fn largest(&mut self, window: Window, contrast: u8, share: f64) -> Result<Option<Blob>, DetectError> {
        let peak = self.difference.peak();
        if peak < contrast {
            return Ok(None);
        }
        let (width, height) = self.difference.size();
        let samples = matrix(self.difference.samples(), width, height)?;
        threshold(&samples, &mut self.mask, f64::from(peak / 2), 255.0, THRESH_BINARY)?;
        let mut contours = Vector::<Vector<Pixel>>::new();
        find_contours_def(&self.mask, &mut contours, RETR_EXTERNAL, CHAIN_APPROX_SIMPLE)?;

        let mut largest: Option<Blob> = None;
        for contour in &contours {
            let bounds = bounding_rect(&contour)?;
            if bounds.width.min(bounds.height) < LEAST_SIDE || window.cuts(bounds) {
                continue;
            }
            if let Some(blob) = self.blob(bounds)?
                && blob.roundness >= LEAST_ROUNDNESS
                && largest.is_none_or(|largest| blob.radius > largest.radius)
            {
                largest = Some(blob);
            }
        }
        let total = f64::from(count_non_zero(&self.mask)?);
        let alone = |blob: &Blob| std::f64::consts::PI * blob.radius * blob.radius > share * total;
        Ok(largest.filter(alone).map(|blob| window.to_picture(blob)))
    }

    /// What is inside of `bounds` in the mask, in samples of the window.
    fn blob(&self, bounds: PixelRect) -> Result<Option<Blob>, DetectError> {
        let moments = moments(&Mat::roi(&self.mask, bounds)?, true)?;
        let origin = Point { x: bounds.x.into(), y: bounds.y.into() };
        Ok(Blob::from_moments(&moments, 1.0, origin))
    }
}
