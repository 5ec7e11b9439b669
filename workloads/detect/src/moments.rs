//! The default detector: chroma finds the ball, weighted moments of the luma measure it.

use picture::{I420, Point, Size};

use crate::blob::Blob;
use crate::detector::{DetectError, Detection, Detector};
use crate::locate::Locator;
use crate::refine::Refiner;
use crate::window::Window;

/// How far around the predicted place the tracked ball is searched for, beyond its radius, in pixels.
const MARGIN: f64 = 24.0;

/// Searches for the ball where the last two pictures let it be expected; where it is not there, in all of the picture.
#[derive(Debug, Default)]
pub(crate) struct Moments {
    locator: Locator,
    refiner: Refiner,
    track: Option<Track>,
}

/// What is known from the pictures before.
#[derive(Debug, Clone, Copy)]
struct Track {
    size: Size,
    position: Point,
    radius: f64,
    /// Pixels per picture.
    step: (f64, f64),
}

impl Detector for Moments {
    fn detect(&mut self, picture: &I420<'_>) -> Result<Option<Detection>, DetectError> {
        let size = picture.size();
        let before = self.track.take().filter(|track| track.size == size);
        let Some(blob) = self.locate(picture, before)? else { return Ok(None) };
        let Blob { centre, radius, roundness } =
            self.refiner.refine(picture.y(), size, &blob)?.unwrap_or(blob);

        let step =
            before.map_or((0.0, 0.0), |track| (centre.x - track.position.x, centre.y - track.position.y));
        self.track = Some(Track { size, position: centre, radius, step });
        Ok(Some(Detection { position: centre, radius, confidence: roundness }))
    }
}

impl Moments {
    fn locate(&mut self, picture: &I420<'_>, track: Option<Track>) -> Result<Option<Blob>, DetectError> {
        if let Some(window) = track.and_then(Track::window)
            && let Some(blob) = self.locator.locate(picture, window)?
        {
            return Ok(Some(blob));
        }
        self.locator.locate(picture, Window::whole(picture.size()))
    }
}

impl Track {
    fn window(self) -> Option<Window> {
        let predicted = Point { x: self.position.x + self.step.0, y: self.position.y + self.step.1 };
        Window::around(predicted, self.radius + MARGIN, self.size)
    }
}
