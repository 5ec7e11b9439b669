//! The clock of pictures, and the bounds of what an encoder can be set to.

use std::ops::RangeInclusive;

/// Ticks a second of the clock of presentation times: RTP's clock for video (RFC 7741, section 4.1).
pub const CLOCK_RATE: u32 = 90_000;

/// The bitrates that [`EncoderSettings`](crate::EncoderSettings) may ask for. At 0 libvpx stops encoding; above the upper end its 32-bit
/// arithmetic for the size of a keyframe overflows at low frame rates.
pub(crate) const BITRATES_KBPS: RangeInclusive<u32> = 1..=50_000;

/// The frame rates that [`EncoderSettings`](crate::EncoderSettings) may ask for.
pub(crate) const FRAME_RATES: RangeInclusive<u32> = 5..=240;

/// The least width and height that [`EncoderSettings`](crate::EncoderSettings) may ask for: two macroblocks. Where a picture is a single one
/// high, libvpx before 1.15 would choose the strength of its loop filter, were it not off, by rows that nobody has
/// written.
pub(crate) const LEAST_LENGTH: usize = 32;
