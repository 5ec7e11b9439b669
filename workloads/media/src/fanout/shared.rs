//! The part of a shard that other threads read.

use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex};

use super::stats::Counters;
use crate::checks::Budget;

/// What others may see of a shard.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) counters: Counters,
    /// All shards have the same.
    pub(super) check_budget: Arc<Budget>,
    /// Local ports, to find drops by.
    pub(super) ports: Mutex<Vec<u16>>,
    pub(super) frames_published: AtomicU64,
    /// Sessions that the negotiator has placed here and not closed.
    pub(super) placed: AtomicU64,
}

impl Shared {
    pub(super) fn new(check_budget: Arc<Budget>) -> Self {
        Self {
            counters: Counters::default(),
            check_budget,
            ports: Mutex::default(),
            frames_published: AtomicU64::default(),
            placed: AtomicU64::default(),
        }
    }
}
