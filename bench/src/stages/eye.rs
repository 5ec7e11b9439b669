//! Decodes and detects, with a clock at hand.

use std::time::Duration;

use anyhow::Context as _;
use detect::{Detection, Detector, Kind};
use picture::Size;
use vp8::Decoder;

use crate::clock;

/// Looks at frames as the client does.
pub(super) struct Eye {
    decoder: Decoder,
    detector: Box<dyn Detector>,
}

/// What was seen in a frame, and what looking took of the processor.
pub(super) struct Look {
    pub(super) seen: Option<Detection>,
    pub(super) decode: Duration,
    pub(super) detect: Duration,
}

impl Eye {
    pub(super) fn new(size: Size) -> anyhow::Result<Self> {
        Ok(Self { decoder: Decoder::new(size), detector: detect::build(Kind::default())? })
    }

    pub(super) fn look(&mut self, data: &[u8]) -> anyhow::Result<Look> {
        let began = clock::of_this_thread();
        let picture = self.decoder.decode(data)?.context("a frame without a picture")?;
        let decoded = clock::of_this_thread();
        let seen = self.detector.detect(&picture)?;
        let detect = clock::of_this_thread() - decoded;
        Ok(Look { seen, decode: decoded - began, detect })
    }
}
