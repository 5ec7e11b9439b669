//! From a moment to a packetised frame: draw, encode, packetise.

use std::time::Duration;

use anyhow::Context;
use media::fanout::Frame;
use media::packetise::{PacketBytes, packetise};
use picture::{I420, Point};
use scene::{Background, Motion, Painter};
use vp8::{ActiveMap, CLOCK_RATE, Encoder, EncoderSettings, FrameKind};

/// Makes the frames of a stream.
pub(super) struct Source {
    motion: Motion,
    painter: Painter,
    encoder: Encoder,
    active: ActiveMap,
    frames_per_second: u32,
    packet_bytes: PacketBytes,
    picture_id: u16,
}

impl Source {
    pub(super) fn new(
        scene: &scene::Settings,
        background: Background,
        frames_per_second: u32,
        bitrate_kbps: u32,
        packet_bytes: PacketBytes,
    ) -> anyhow::Result<Self> {
        let settings = EncoderSettings { size: scene.size, frames_per_second, bitrate_kbps };
        Ok(Self {
            motion: Motion::new(scene)?,
            painter: Painter::new(scene, background)?,
            encoder: Encoder::new(&settings).context("cannot open the VP8 encoder")?,
            active: ActiveMap::new(scene.size),
            frames_per_second,
            packet_bytes,
            picture_id: 0,
        })
    }

    /// The picture of the last frame, before it was encoded.
    pub(super) fn picture(&self) -> I420<'_> {
        self.painter.picture()
    }

    /// The frame of slot `index`, which is at `time` since the start, and where the ball is in it.
    pub(super) fn frame(
        &mut self,
        index: u64,
        time: Duration,
        keyframe: bool,
    ) -> anyhow::Result<(Frame, Point)> {
        let position = self.motion.position(time);
        // In ticks of the RTP clock, before they are cut to 32 bits.
        let rtp_time = index * u64::from(CLOCK_RATE) / u64::from(self.frames_per_second);
        let dirty = self.painter.draw(position);
        self.active.update(&dirty);
        let kind = if keyframe { FrameKind::Keyframe } else { FrameKind::Within(&self.active) };
        let encoded =
            self.encoder.encode(&self.painter.picture(), rtp_time, kind).context("cannot encode")?;
        self.picture_id = self.picture_id.wrapping_add(1);
        let frame = Frame {
            timestamp: rtp_time as u32,
            keyframe: encoded.keyframe,
            payloads: packetise(encoded.data, self.picture_id, self.packet_bytes),
        };
        Ok((frame, position))
    }
}
