//! Merges requests for keyframes: everyone pays for each of them, ten times the size of another frame.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{Duration, Instant};

/// The shortest time between two keyframes. The first request is served at once; those of the time after it are one.
const MERGE: Duration = Duration::from_millis(250);

/// Whether anybody wants a keyframe; shared with whoever requests one.
#[derive(Debug, Default)]
pub(crate) struct KeyframeRequests {
    wanted: AtomicBool,
}

impl KeyframeRequests {
    /// Somebody does.
    pub(crate) fn request(&self) {
        self.wanted.store(true, Relaxed);
    }

    /// Takes all requests so far if a keyframe may be made at `now`, the last one having been made at `last`.
    pub(super) fn take(&self, now: Instant, last: Option<Instant>) -> bool {
        last.is_none_or(|last| now >= last + MERGE) && self.wanted.swap(false, Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_request_is_served_at_once_and_the_next_ones_together() {
        let (now, requests) = (Instant::now(), KeyframeRequests::default());
        assert!(!requests.take(now, None));
        requests.request();
        assert!(requests.take(now, None));
        requests.request();
        requests.request();
        assert!(!requests.take(now + MERGE / 2, Some(now)), "too early, but not forgotten");
        assert!(requests.take(now + MERGE, Some(now)));
        assert!(!requests.take(now + MERGE * 3, Some(now)), "both were served");
    }
}
