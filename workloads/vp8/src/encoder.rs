//! The encoder's face: what it accepts, and when.

use std::ops::RangeInclusive;

use picture::I420;

use crate::active_map::ActiveMap;
use crate::error::Error;
use crate::libvpx::{Encoded, LibraryEncoder};
use crate::limits::{BITRATES_KBPS, CLOCK_RATE};
use crate::settings::EncoderSettings;

/// How far a picture may lie after the first one, in ticks: over a thousand years. libvpx multiplies ticks by 1000 in
/// 64 bits without looking.
const LONGEST_RUN: u64 = 1 << 52;

/// What to make of a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FrameKind<'a> {
    /// A keyframe, which encodes all of the picture.
    Keyframe,
    /// What the encoder chooses: nearly always a frame that builds on the ones before.
    Any,
    /// As `Any`, but such a frame may change only what the map has as active; the rest stays as it was.
    Within(&'a ActiveMap),
}

/// Makes each picture a VP8 frame: at once, and none is dropped.
pub struct Encoder {
    library: LibraryEncoder,
    settings: EncoderSettings,
    /// The presentation times of the first and of the latest picture.
    times: Option<(u64, u64)>,
}

impl Encoder {
    /// An encoder for pictures of one size.
    ///
    /// # Errors
    /// For settings out of range, and where libvpx cannot be opened with them.
    pub fn new(settings: &EncoderSettings) -> Result<Self, Error> {
        settings.validate()?;
        Ok(Self { library: LibraryEncoder::new(settings)?, settings: *settings, times: None })
    }

    /// What the encoder was made for, with the bitrate it aims at now.
    pub fn settings(&self) -> &EncoderSettings {
        &self.settings
    }

    /// Aims at `bitrate_kbps` from the next picture on; no keyframe is needed for that.
    ///
    /// # Errors
    /// For a bitrate out of the range of [`EncoderSettings::bitrate_kbps`]; the one from before stays.
    pub fn set_bitrate(&mut self, bitrate_kbps: u32) -> Result<(), Error> {
        if !BITRATES_KBPS.contains(&bitrate_kbps) {
            return Err(Error::Bitrate(bitrate_kbps));
        }
        let settings = EncoderSettings { bitrate_kbps, ..self.settings };
        self.library.configure(&settings)?;
        self.settings = settings;
        Ok(())
    }

    /// Encodes `picture`, shown at `time` in ticks of [`CLOCK_RATE`] (an RTP timestamp, counted on past 32 bits).
    ///
    /// # Errors
    /// Where the size of the picture or map is not the encoder's, the time not later than the last picture's, the
    /// planes in an order in memory that libvpx cannot read: then nothing has happened. Also where libvpx fails; then
    /// receivers need a keyframe.
    pub fn encode(
        &mut self,
        picture: &I420<'_>,
        time: u64,
        kind: FrameKind<'_>,
    ) -> Result<Encoded<'_>, Error> {
        let allowed = self.allowed_times();
        if !allowed.contains(&time) {
            return Err(Error::Time { given: time, allowed });
        }
        let first = self.times.map_or(time, |(first, _)| first);
        // At most `LONGEST_RUN`, which fits.
        let ticks = (time - first).cast_signed();
        self.library.set_active(match kind {
            FrameKind::Within(map) => Some(map),
            FrameKind::Any | FrameKind::Keyframe => None,
        })?;
        let duration = CLOCK_RATE / self.settings.frames_per_second;
        let encoded = self.library.encode(picture, ticks, duration, kind == FrameKind::Keyframe)?;
        self.times = Some((first, time));
        Ok(encoded)
    }

    fn allowed_times(&self) -> RangeInclusive<u64> {
        match self.times {
            Some((first, last)) => last.saturating_add(1)..=first.saturating_add(LONGEST_RUN),
            None => 0..=u64::MAX,
        }
    }
}

impl std::fmt::Debug for Encoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Encoder").field("settings", &self.settings).finish_non_exhaustive()
    }
}
