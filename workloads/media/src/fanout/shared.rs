//! The part of a shard that other threads read.

use std::sync::Mutex;
use std::sync::atomic::AtomicU64;

use super::stats::Counters;

/// What others may see of a shard.
#[derive(Debug, Default)]
pub(super) struct Shared {
    pub(super) counters: Counters,
    /// Local ports, to find drops by.
    pub(super) ports: Mutex<Vec<u16>>,
    pub(super) frames_published: AtomicU64,
    /// Sessions that the negotiator has placed here and not closed.
    pub(super) placed: AtomicU64,
}
