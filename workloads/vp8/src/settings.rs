//! What a user of the encoder chooses. What this project chose once for all is in [`crate::libvpx`].

use picture::Size;

use crate::error::Error;
use crate::limits::{BITRATES_KBPS, FRAME_RATES, LEAST_LENGTH};

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
