//! What is sent.

use bytes::Bytes;

/// An encoded frame, packetised once for all sessions.
#[derive(Debug)]
pub struct Frame {
    /// RTP timestamp, 90 kHz, before the offset of each session: the frame's identity.
    pub timestamp: u32,
    /// Whether a decoder can start here.
    pub keyframe: bool,
    /// RTP payloads in order; headers are filled in for each session.
    pub payloads: Vec<Bytes>,
}
