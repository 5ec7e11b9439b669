//! Decodes and detects, with a clock at hand.

use std::time::Duration;

use anyhow::Context as _;
use detect::{Detection, Detector, Kind};
use picture::Size;
use vp8::Decoder;

use crate::clock;

/// Decodes frames and detects the ball in them as the client does.
pub(super) struct TimedDecoder {
    decoder: Decoder,
    detector: Box<dyn Detector>,
}

/// What was detected in a frame, and what that took of the processor.
pub(super) struct Decoded {
    pub(super) detection: Option<Detection>,
    pub(super) decode: Duration,
    pub(super) detect: Duration,
}

impl TimedDecoder {
    pub(super) fn new(size: Size) -> anyhow::Result<Self> {
        Ok(Self { decoder: Decoder::new(size), detector: detect::build(Kind::default())? })
    }

    pub(super) fn decode(&mut self, data: &[u8]) -> anyhow::Result<Decoded> {
        let began = clock::of_this_thread();
        let picture = self.decoder.decode(data)?.context("a frame without a picture")?;
        let decoded = clock::of_this_thread();
        let detection = self.detector.detect(&picture)?;
        let detect = clock::of_this_thread() - decoded;
        Ok(Decoded { detection, decode: decoded - began, detect })
    }
}
