//! Draws and encodes, with a clock at hand.

use std::time::Duration;

use picture::{Point, Size};
use scene::{Background, Motion, Painter};
use vp8::{ActiveMap, CLOCK_RATE, Encoder, EncoderSettings, FrameKind};

use super::Arguments;
use crate::clock;

/// The ball's video, made as the server makes it.
pub(super) struct VideoSource {
    motion: Motion,
    painter: Painter,
    encoder: Encoder,
    active: ActiveMap,
    frames_per_second: u32,
    size: Size,
    index: u32,
}

/// One encoded frame.
pub(super) struct SourceFrame<'a> {
    /// Where the ball is.
    pub(super) truth: Point,
    /// RTP timestamp.
    pub(super) timestamp: u32,
    pub(super) keyframe: bool,
    pub(super) data: &'a [u8],
    /// What drawing took of the processor.
    pub(super) draw: Duration,
    /// What encoding took of it.
    pub(super) encode: Duration,
}

impl VideoSource {
    pub(super) fn new(arguments: &Arguments) -> anyhow::Result<Self> {
        let scene = arguments.scene()?;
        let settings = EncoderSettings {
            size: scene.size,
            frames_per_second: arguments.fps,
            bitrate_kbps: arguments.bitrate_kbps,
        };
        Ok(Self {
            motion: Motion::new(&scene)?,
            painter: Painter::new(&scene, Background::Plain)?,
            encoder: Encoder::new(&settings)?,
            active: ActiveMap::new(scene.size),
            frames_per_second: arguments.fps,
            size: scene.size,
            index: 0,
        })
    }

    pub(super) fn size(&self) -> Size {
        self.size
    }

    /// The next frame; the first one is a keyframe anyway.
    pub(super) fn next_frame(&mut self, keyframe: bool) -> anyhow::Result<SourceFrame<'_>> {
        let index = self.index;
        self.index += 1;
        let began = clock::of_this_thread();
        let truth = self.motion.position(Duration::from_secs(index.into()) / self.frames_per_second);
        self.active.update(&self.painter.draw(truth));
        let drawn = clock::of_this_thread();
        let kind = if keyframe || index == 0 { FrameKind::Keyframe } else { FrameKind::Within(&self.active) };
        let time = u64::from(index) * u64::from(CLOCK_RATE) / u64::from(self.frames_per_second);
        let encoded = self.encoder.encode(&self.painter.picture(), time, kind)?;
        let encode = clock::of_this_thread() - drawn;
        Ok(SourceFrame {
            truth,
            timestamp: time as u32,
            keyframe: encoded.keyframe,
            data: encoded.data,
            draw: drawn - began,
            encode,
        })
    }
}
