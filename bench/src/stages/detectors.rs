//! What detectors cost and find, all on the same decoded frames.

use std::time::Duration;

use anyhow::Context as _;
use detect::{Detector, Kind};
use serde::Serialize;
use vp8::Decoder;

use super::Arguments;
use super::floor::micros;
use super::reference_detectors::{Hough, ThresholdMoments};
use super::source::VideoSource;
use crate::clock;
use crate::statistics::{Summary, summary};

/// One detector's figures.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Figures {
    name: &'static str,
    /// Distance from the ball's true position.
    error_pixels: Option<Summary>,
    /// Frames in which it found none.
    missed: u32,
    /// Processor time per frame.
    microseconds: f64,
}

struct Candidate {
    name: &'static str,
    detector: Box<dyn Detector>,
    errors: Vec<f64>,
    missed: u32,
    used: Duration,
}

impl Candidate {
    fn new(name: &'static str, detector: Box<dyn Detector>) -> Self {
        Self { name, detector, errors: Vec::new(), missed: 0, used: Duration::ZERO }
    }
}

pub(super) fn compare(arguments: &Arguments) -> anyhow::Result<Vec<Figures>> {
    let mut candidates = [
        Candidate::new("moments (ours)", detect::build(Kind::Moments)?),
        Candidate::new("minEnclosingCircle (ours, contour)", detect::build(Kind::Contour)?),
        Candidate::new("threshold and moments", Box::new(ThresholdMoments::default())),
        Candidate::new("HoughCircles", Box::new(Hough::default())),
    ];
    let mut source = VideoSource::new(arguments)?;
    let mut decoder = Decoder::new(source.size());
    for _ in 0..arguments.frames() {
        let frame = source.next_frame(false)?;
        let picture = decoder.decode(frame.data)?.context("a frame without a picture")?;
        for candidate in &mut candidates {
            let began = clock::of_this_thread();
            let detection = candidate.detector.detect(&picture)?;
            candidate.used += clock::of_this_thread() - began;
            match detection {
                Some(ball) => candidate.errors.push(ball.position.distance(frame.truth)),
                None => candidate.missed += 1,
            }
        }
    }
    let figures = |candidate: Candidate| Figures {
        name: candidate.name,
        error_pixels: summary(candidate.errors),
        missed: candidate.missed,
        microseconds: micros(candidate.used) / f64::from(arguments.frames()),
    };
    Ok(candidates.into_iter().map(figures).collect())
}
