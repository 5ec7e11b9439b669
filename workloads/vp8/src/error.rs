//! What can go wrong.

use picture::{InvalidSize, Size};

use crate::header::HeaderError;
use crate::limits::{BITRATES_KBPS, FRAME_RATES, LEAST_LENGTH};

/// Why a picture was not encoded or a frame not decoded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// A bitrate that the encoder cannot aim at.
    #[error("a bitrate of {0} kbit/s, where {start} to {end} are allowed", start = BITRATES_KBPS.start(), end = BITRATES_KBPS.end())]
    Bitrate(u32),
    /// A frame rate that the encoder cannot plan for.
    #[error("{0} frames per second, where {start} to {end} are allowed", start = FRAME_RATES.start(), end = FRAME_RATES.end())]
    FrameRate(u32),
    /// A size that the encoder cannot encode.
    #[error("pictures of {}x{}, where {LEAST_LENGTH} is the least width and height", .0.width(), .0.height())]
    TooSmall(Size),
    /// A picture, or a map of its macroblocks, that is not of the encoder's size.
    #[error("{what} of {}x{} for an encoder of {}x{}", .given.width(), .given.height(), .encoder.width(), .encoder.height())]
    Mismatch {
        /// What was given.
        what: &'static str,
        /// Its size.
        given: Size,
        /// The size the encoder was made for.
        encoder: Size,
    },
    /// A picture in a memory layout that libvpx cannot read.
    #[error("a picture that libvpx cannot read: {0}")]
    Layout(&'static str),
    /// A presentation time that does not follow the one before it.
    #[error("a picture at time {given} (1/90000 s), where one from {allowed:?} must follow")]
    Time {
        /// The time given.
        given: u64,
        /// The times that are allowed.
        allowed: std::ops::RangeInclusive<u64>,
    },
    /// Bytes that do not begin as a VP8 frame does.
    #[error(transparent)]
    Header(#[from] HeaderError),
    /// A keyframe of a size that no I420 picture can have; VP8 itself allows odd sizes.
    #[error("a VP8 keyframe that cannot be shown: {0}")]
    FrameSize(#[from] InvalidSize),
    /// A keyframe of a larger picture than the decoder is set to accept.
    #[error("a VP8 keyframe of {}x{}, where {}x{} is the most allowed", .given.width(), .given.height(), .limit.width(), .limit.height())]
    TooLarge {
        /// The size in the keyframe's header.
        given: Size,
        /// The decoder's limit.
        limit: Size,
    },
    /// A frame that builds on others which were lost or damaged.
    #[error("no VP8 keyframe since the start or the last error: this frame cannot be decoded")]
    KeyframeNeeded,
    /// A frame in which libvpx ran out of bits: it ends too early.
    #[error("a VP8 frame that is cut off or damaged")]
    Damaged,
    /// libvpx refused.
    #[error("libvpx, {doing}: {reason}")]
    Library {
        /// What it was to do.
        doing: &'static str,
        /// Its own text.
        reason: String,
    },
}
