//! From RTP packets to whole VP8 frames in decoding order.
//!
//! A frame leaves the moment its last packet is in, marker bit and all: nothing waits for the next frame. A missing
//! packet is asked for again (NACK, RFC 4585) and given up after a fixed time rather than after a number of later
//! packets, which at one packet a frame would be that many frames. From then on nothing can be decoded until a
//! keyframe, which is asked for; the whole frames until then are named, not handed out.
//!
//! There is no I/O and no clock in here. After each call take what there is: [`Assembler::poll_frame`] until it is
//! empty, [`Assembler::poll_missing`], [`Assembler::poll_keyframe_request`]; then wait for a packet or for
//! [`Assembler::poll_timeout`].

mod assembler;
mod descriptor;
mod recovery;
#[cfg(test)]
mod simulation;
mod window;

use std::time::Duration;

use bytes::Bytes;

pub use assembler::Assembler;

/// How long to wait, and how much to hold.
#[derive(Debug, Clone)]
pub struct Settings {
    /// How long a missing packet may hold up what follows it.
    pub gap_timeout: Duration,
    /// How long a packet may be overtaken by others before it is asked for.
    pub reorder_tolerance: Duration,
    /// Time between two requests for the same packet.
    pub repeat_interval: Duration,
    /// Least time between two requests for a keyframe.
    pub keyframe_interval: Duration,
    /// Most packets to hold, gaps included: more than the largest frame has. Further ahead is another stream.
    pub max_packets: usize,
    /// Most bytes to hold. Beyond that everything held is given up.
    pub max_bytes: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            gap_timeout: Duration::from_millis(80),
            // Four attempts before the gap is given up.
            reorder_tolerance: Duration::from_millis(5),
            repeat_interval: Duration::from_millis(20),
            keyframe_interval: Duration::from_millis(250),
            max_packets: 4096,
            max_bytes: 4 << 20,
        }
    }
}

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
