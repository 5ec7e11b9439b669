//! What a receiver counts.

use std::sync::atomic::{AtomicU64, Ordering};

/// Counts since the receiver was made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stats {
    /// RTP packets, repeated ones included.
    pub packets: u64,
    /// Frames put into the queue for decoding.
    pub frames: u64,
    /// Whole frames that could not be decoded because of a lost one.
    pub undecodable: u64,
    /// Frames dropped because the decoder was too slow.
    pub overruns: u64,
    /// Missing packets asked for, each time counted.
    pub repairs_requested: u64,
    /// Keyframes asked for.
    pub keyframes_requested: u64,
    /// Texts that could not be sent.
    pub unsent: u64,
}

impl Stats {
    /// The sums.
    #[must_use]
    pub fn plus(&self, other: &Self) -> Self {
        // Without `..`: a counter that is forgotten here does not compile.
        let Self { packets, frames, undecodable, overruns, repairs_requested, keyframes_requested, unsent } =
            other;
        Self {
            packets: self.packets + packets,
            frames: self.frames + frames,
            undecodable: self.undecodable + undecodable,
            overruns: self.overruns + overruns,
            repairs_requested: self.repairs_requested + repairs_requested,
            keyframes_requested: self.keyframes_requested + keyframes_requested,
            unsent: self.unsent + unsent,
        }
    }
}

#[derive(Debug, Default)]
pub(super) struct Counters {
    pub(super) packets: AtomicU64,
    pub(super) frames: AtomicU64,
    pub(super) undecodable: AtomicU64,
    pub(super) overruns: AtomicU64,
    pub(super) repairs_requested: AtomicU64,
    pub(super) keyframes_requested: AtomicU64,
    pub(super) unsent: AtomicU64,
}

impl Counters {
    pub(super) fn snapshot(&self) -> Stats {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Stats {
            packets: read(&self.packets),
            frames: read(&self.frames),
            undecodable: read(&self.undecodable),
            overruns: read(&self.overruns),
            repairs_requested: read(&self.repairs_requested),
            keyframes_requested: read(&self.keyframes_requested),
            unsent: read(&self.unsent),
        }
    }
}

/// Counters are independent of each other and of everything else.
pub(super) fn count(counter: &AtomicU64, by: u64) {
    counter.fetch_add(by, Ordering::Relaxed);
}
