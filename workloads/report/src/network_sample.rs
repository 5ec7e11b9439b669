//! What the server knows of the network to one session.

use std::time::Duration;

/// Counters since the session began, and the newest measurements.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct NetworkSample {
    /// RTP packets sent for the first time.
    pub packets_sent: u64,
    /// Packets that the peer missed: it asked for them again, or reported them as lost.
    pub packets_lost: u64,
    /// Packets sent again because the peer asked, each counted once.
    pub packets_repaired: u64,
    /// Packets that never came, as the peer's receiver reports have it (RFC 3550, section 6.4.1).
    pub packets_given_up: u64,
    /// Round trip time, from the peer's receiver reports.
    pub round_trip: Option<Duration>,
    /// Interarrival jitter at the peer, from its receiver reports.
    pub jitter: Option<Duration>,
    /// NACK packets received.
    pub nack_count: u64,
    /// Picture loss indications received.
    pub pli_count: u64,
    /// Keyframes sent.
    pub key_frames_sent: u64,
}
