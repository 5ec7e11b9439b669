//! What the server knows of the network to one session.

use std::time::Duration;

use crate::number::milliseconds;
use crate::summary::Network;

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

impl NetworkSample {
    /// What came after `before`; the measurements are the newest.
    #[must_use]
    pub fn since(&self, before: &Self) -> Self {
        Self {
            packets_sent: self.packets_sent.saturating_sub(before.packets_sent),
            packets_lost: self.packets_lost.saturating_sub(before.packets_lost),
            packets_repaired: self.packets_repaired.saturating_sub(before.packets_repaired),
            packets_given_up: self.packets_given_up.saturating_sub(before.packets_given_up),
            round_trip: self.round_trip,
            jitter: self.jitter,
            nack_count: self.nack_count.saturating_sub(before.nack_count),
            pli_count: self.pli_count.saturating_sub(before.pli_count),
            key_frames_sent: self.key_frames_sent.saturating_sub(before.key_frames_sent),
        }
    }

    /// Both together: counters add up, of times the longer one is kept.
    #[must_use]
    pub fn joined(&self, other: &Self) -> Self {
        Self {
            packets_sent: self.packets_sent + other.packets_sent,
            packets_lost: self.packets_lost + other.packets_lost,
            packets_repaired: self.packets_repaired + other.packets_repaired,
            packets_given_up: self.packets_given_up + other.packets_given_up,
            round_trip: self.round_trip.max(other.round_trip),
            jitter: self.jitter.max(other.jitter),
            nack_count: self.nack_count + other.nack_count,
            pli_count: self.pli_count + other.pli_count,
            key_frames_sent: self.key_frames_sent + other.key_frames_sent,
        }
    }

    /// As summaries have it.
    pub fn to_wire(self) -> Network {
        Network {
            packets_sent: self.packets_sent,
            packets_lost: self.packets_lost,
            packets_repaired: self.packets_repaired,
            packets_given_up: self.packets_given_up,
            round_trip_time_milliseconds: self.round_trip.map(milliseconds),
            jitter_milliseconds: self.jitter.map(milliseconds),
            nack_count: self.nack_count,
            pli_count: self.pli_count,
            key_frames_sent: self.key_frames_sent,
        }
    }
}
