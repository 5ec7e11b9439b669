//! Sessions that are drained with the next frame.
//!
//! A report needs no answer at once, and a frame follows it soon: one drain serves both, which is half of what a session
//! costs beside its datagrams.

use std::time::{Duration, Instant};

/// How long they wait where no frame comes. An acknowledgement of what they took in may take 200 ms (RFC 9260, section
/// 6.2), and 20 frames a second are fewer than anybody watches.
const LIMIT: Duration = Duration::from_millis(50);

/// Their slots, since the last frame. A session may be in it that was drained since.
#[derive(Debug, Default)]
pub(super) struct Deferred {
    slots: Vec<usize>,
    by: Option<Instant>,
}

impl Deferred {
    /// This one waits from `now` on.
    pub(super) fn push(&mut self, slot: usize, now: Instant) {
        self.slots.push(slot);
        self.by.get_or_insert(now + LIMIT);
    }

    /// A frame comes for all.
    pub(super) fn clear(&mut self) {
        self.slots.clear();
        self.by = None;
    }

    /// When those that still wait have waited long enough.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.by
    }

    /// Those that have waited long enough at `now`, and with them all others.
    pub(super) fn take_due(&mut self, now: Instant) -> Vec<usize> {
        if self.by.is_none_or(|by| now < by) {
            return Vec::new();
        }
        self.by = None;
        std::mem::take(&mut self.slots)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_one_decides_how_long_they_wait() {
        let (now, mut deferred) = (Instant::now(), Deferred::default());
        assert_eq!((deferred.deadline(), deferred.take_due(now)), (None, vec![]));
        deferred.push(7, now);
        deferred.push(3, now + LIMIT / 2);
        assert_eq!(deferred.deadline(), Some(now + LIMIT));
        assert!(deferred.take_due(now + LIMIT / 2).is_empty());
        assert_eq!(deferred.take_due(now + LIMIT), [7, 3]);
        assert_eq!(deferred.deadline(), None);
        deferred.push(1, now);
        deferred.clear();
        assert_eq!((deferred.deadline(), deferred.take_due(now + LIMIT)), (None, vec![]));
    }
}
