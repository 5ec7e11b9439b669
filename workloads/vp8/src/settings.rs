//! What a user of the encoder chooses. What this project chose once for all is in [`crate::libvpx`].

use std::ops::RangeInclusive;

use picture::Size;

use crate::Error;

/// Ticks a second of the clock of presentation times: RTP's clock for video (RFC 7741, section 4.1).
pub const CLOCK_RATE: u32 = 90_000;

/// The bitrates that [`EncoderSettings`] may ask for. At 0 libvpx stops encoding; above the upper end its 32-bit
/// arithmetic for the size of a keyframe overflows at low frame rates.
pub(crate) const BITRATES_KBPS: RangeInclusive<u32> = 1..=50_000;

/// The frame rates that [`EncoderSettings`] may ask for.
pub(crate) const FRAME_RATES: RangeInclusive<u32> = 5..=240;

/// The least width and height that [`EncoderSettings`] may ask for: two macroblocks. Where a picture is a single one
/// high, libvpx before 1.15 would choose the strength of its loop filter, were it not off, by rows that nobody has
/// written.
pub(crate) const LEAST_LENGTH: usize = 32;

/// What an encoder is made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EncoderSettings {
    /// The size of every picture, at least 32 pixels in width and height.
    pub size: Size,
    /// Pictures a second, 5 to 240: the rate control's first guess, which presentation times then correct.
    pub frames_per_second: u32,
    /// The average to aim at, 1 to 50,000 kbit/s.
    pub bitrate_kbps: u32,
}

impl EncoderSettings {
    pub(crate) fn validate(&self) -> Result<(), Error> {
        if !BITRATES_KBPS.contains(&self.bitrate_kbps) {
            return Err(Error::Bitrate(self.bitrate_kbps));
        }
        if !FRAME_RATES.contains(&self.frames_per_second) {
            return Err(Error::FrameRate(self.frames_per_second));
        }
        if self.size.width().min(self.size.height()) < LEAST_LENGTH {
            return Err(Error::TooSmall(self.size));
        }
        Ok(())
    }
}
