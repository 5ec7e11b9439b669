//! The part of a VP8 frame that is not entropy-coded: RFC 6386, section 9.1.
//!
//! Reading it needs no codec, and it has what one must know before a codec may see the frame: whether it is a
//! keyframe, and how much memory it would make the decoder allocate.

/// Bytes of the frame tag, with which every frame begins.
const TAG: usize = 3;
/// Bytes of a keyframe's header: the tag, the start code, width and height.
const KEYFRAME: usize = TAG + 7;
/// What follows the tag of a keyframe.
const START_CODE: [u8; 3] = [0x9d, 0x01, 0x2a];

/// The part of a frame that is readable without a codec.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FrameHeader {
    /// Can be decoded by itself.
    Keyframe {
        /// Pixels in a row, 0 to 16383; VP8 allows odd ones.
        width: u16,
        /// Rows, 0 to 16383; VP8 allows an odd number.
        height: u16,
    },
    /// Changes the frames decoded before it.
    Interframe,
}

/// Why some bytes are no VP8 frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HeaderError {
    /// The frame ends before what must be there by its header.
    #[error("a VP8 frame of {length} bytes, where its header asks for {needed} or more")]
    Truncated {
        /// The bytes there are.
        length: usize,
        /// The bytes there must be at least.
        needed: usize,
    },
    /// A keyframe without the start code.
    #[error("a VP8 keyframe with the start code {0:02x?} instead of [9d, 01, 2a]")]
    StartCode([u8; 3]),
}

impl FrameHeader {
    /// Reads the header at the start of `frame`, a whole VP8 frame.
    ///
    /// # Errors
    /// Where the header, or the first partition whose length it gives, does not fit into `frame`, or where a
    /// keyframe lacks its start code.
    pub fn parse(frame: &[u8]) -> Result<Self, HeaderError> {
        let truncated = |needed| HeaderError::Truncated { length: frame.len(), needed };
        let tag = frame.first_chunk::<TAG>().ok_or(truncated(TAG))?;
        let tag = u32::from_le_bytes([tag[0], tag[1], tag[2], 0]);
        let keyframe = tag & 1 == 0;
        let first_partition = (tag >> 5) as usize;

        let needed = if keyframe { KEYFRAME } else { TAG } + first_partition;
        if frame.len() < needed {
            return Err(truncated(needed));
        }
        if !keyframe {
            return Ok(Self::Interframe);
        }
        let code = [frame[3], frame[4], frame[5]];
        if code != START_CODE {
            return Err(HeaderError::StartCode(code));
        }
        // The two upper bits ask the player to scale the picture; they do not change what is decoded.
        let length = |at: usize| u16::from_le_bytes([frame[at], frame[at + 1]]) & 0x3fff;
        Ok(Self::Keyframe { width: length(6), height: length(8) })
    }
}

/// Whether `frame` begins as a whole, well-formed keyframe does.
pub fn is_keyframe(frame: &[u8]) -> bool {
    matches!(FrameHeader::parse(frame), Ok(FrameHeader::Keyframe { .. }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A keyframe's header with a first partition of one byte, and that byte.
    const FRAME: [u8; 11] = [0x30, 0x00, 0x00, 0x9d, 0x01, 0x2a, 0x80, 0x02, 0xe0, 0x01, 0x00];

    #[test]
    fn a_keyframe_says_its_size() {
        assert_eq!(FrameHeader::parse(&FRAME), Ok(FrameHeader::Keyframe { width: 640, height: 480 }));
        assert!(is_keyframe(&FRAME));
    }

    #[test]
    fn the_scaling_bits_are_no_part_of_the_size() {
        let mut frame = FRAME;
        frame[7] |= 0x40;
        frame[9] |= 0xc0;
        assert_eq!(FrameHeader::parse(&frame), Ok(FrameHeader::Keyframe { width: 640, height: 480 }));
    }

    #[test]
    fn an_interframe_needs_its_tag_and_first_partition_only() {
        assert_eq!(FrameHeader::parse(&[0x31, 0, 0, 7]), Ok(FrameHeader::Interframe));
        assert_eq!(FrameHeader::parse(&[0x31, 0, 0]), Err(HeaderError::Truncated { length: 3, needed: 4 }));
        assert!(!is_keyframe(&[0x31, 0, 0, 7]));
    }

    #[test]
    fn every_truncation_is_refused() {
        for length in 0..FRAME.len() {
            let needed = if length < TAG { TAG } else { FRAME.len() };
            assert_eq!(FrameHeader::parse(&FRAME[..length]), Err(HeaderError::Truncated { length, needed }));
        }
    }

    #[test]
    fn a_wrong_start_code_is_refused() {
        let mut frame = FRAME;
        frame[4] = 0x02;
        assert_eq!(FrameHeader::parse(&frame), Err(HeaderError::StartCode([0x9d, 0x02, 0x2a])));
        let text = HeaderError::StartCode([0x9d, 0x02, 0x2a]).to_string();
        assert_eq!(text, "a VP8 keyframe with the start code [9d, 02, 2a] instead of [9d, 01, 2a]");
    }

    proptest! {
        #[test]
        fn any_size_is_read_back(width in 0u16..0x4000, height in 0u16..0x4000, scale in 0u8..16) {
            let mut frame = FRAME;
            frame[6..8].copy_from_slice(&(width | u16::from(scale & 3) << 14).to_le_bytes());
            frame[8..10].copy_from_slice(&(height | u16::from(scale >> 2) << 14).to_le_bytes());
            prop_assert_eq!(FrameHeader::parse(&frame), Ok(FrameHeader::Keyframe { width, height }));
        }

        #[test]
        fn the_first_partition_must_be_there(first in 0usize..200, given in 0usize..200) {
            let tag = (u32::try_from(first).unwrap() << 5 | 0x11).to_le_bytes();
            let mut frame = tag[..TAG].to_vec();
            frame.resize(TAG + given, 0);
            prop_assert_eq!(FrameHeader::parse(&frame).is_ok(), given >= first);
        }
    }
}
