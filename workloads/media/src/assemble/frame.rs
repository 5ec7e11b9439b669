//! What goes into the assembler, and what comes out.

use bytes::Bytes;

/// The parts of an RTP packet that matter here (RFC 3550, section 5.1).
#[derive(Debug, Clone)]
pub struct RtpPacket {
    /// The stream it belongs to.
    pub ssrc: u32,
    /// Position in the stream; wraps.
    pub sequence_number: u16,
    /// The frame it belongs to, 90 kHz; wraps.
    pub timestamp: u32,
    /// Whether it is the frame's last one.
    pub marker: bool,
    /// VP8 payload descriptor and data.
    pub payload: Bytes,
}

/// A frame of which every packet came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Assembled {
    /// One to decode.
    Frame {
        /// RTP timestamp, 90 kHz.
        timestamp: u32,
        /// The encoded frame.
        data: Bytes,
        /// Whether it can be decoded without any other.
        keyframe: bool,
    },
    /// One that depends on a frame that was lost.
    Undecodable {
        /// RTP timestamp, 90 kHz.
        timestamp: u32,
    },
}

impl Assembled {
    /// The frame's RTP timestamp, 90 kHz.
    pub fn timestamp(&self) -> u32 {
        match self {
            Assembled::Frame { timestamp, .. } | Assembled::Undecodable { timestamp } => *timestamp,
        }
    }
}
