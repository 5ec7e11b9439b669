//! What the server hands in about once a second.

use std::time::Duration;

/// What kept the server from its work. Times that are not known are `None`.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct ProgramSample {
    /// For how long the process's cgroup was throttled, since the process started.
    pub throttled: Option<Duration>,
    /// For how long some task of the cgroup waited for a processor, since the process started.
    pub pressure: Option<Duration>,
    /// The latest that the camera was with a frame, since the last sample.
    pub worst_lateness: Option<Duration>,
    /// The latest that a thread was with sending one, since the last sample.
    pub shard_worst_lateness: Option<Duration>,
}

/// What the server knows of the packets of one session, since its start.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct NetworkSample {
    /// Packets of video sent, those that were sent again left out.
    pub packets_sent: u64,
    /// Of these: lost on the way, before any were sent again.
    pub packets_lost: u64,
    /// Of these: sent again.
    pub packets_repaired: u64,
    /// Of these: asked for, and not there any more.
    pub packets_given_up: u64,
    /// Of the newest receiver report.
    pub round_trip: Option<Duration>,
    /// Of the newest receiver report.
    pub jitter: Option<Duration>,
    /// NACK packets that came.
    pub nack_count: u64,
    /// Picture loss indications that came.
    pub pli_count: u64,
    /// Keyframes sent.
    pub key_frames_sent: u64,
}
