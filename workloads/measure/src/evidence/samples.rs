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
