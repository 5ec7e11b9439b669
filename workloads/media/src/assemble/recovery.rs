//! Whether the decoder can use the next frame, and when to request one that it can always use.

use std::time::{Duration, Instant};

/// VP8 predicts each frame from the one before: after a hole nothing is decodable until a keyframe.
#[derive(Debug)]
pub(super) struct Recovery {
    /// Least time between two requests for the same keyframe.
    request_interval: Duration,
    decodable: bool,
    wanted: bool,
    last_request: Option<Instant>,
    last_keyframe: Option<u32>,
}

impl Recovery {
    /// Starts without a keyframe, and without a request for one: a stream usually begins with it.
    pub(super) fn new(request_interval: Duration) -> Self {
        Self { request_interval, decodable: false, wanted: false, last_request: None, last_keyframe: None }
    }

    /// A frame will never be whole.
    pub(super) fn lost(&mut self) {
        self.decodable = false;
        self.wanted = true;
    }

    /// The decoder has not got the frame with this timestamp. Nothing new if it was given a keyframe since.
    pub(super) fn decoder_lost(&mut self, timestamp: u32) {
        let recovered = self.last_keyframe.is_some_and(|keyframe| is_newer(keyframe, timestamp));
        if !recovered {
            self.lost();
        }
    }

    /// Whether the decoder can use this whole frame, given that it is the next one.
    pub(super) fn admit(&mut self, timestamp: u32, keyframe: bool) -> bool {
        if keyframe {
            self.decodable = true;
            self.wanted = false;
            self.last_keyframe = Some(timestamp);
        } else if !self.decodable {
            self.wanted = true;
        }
        self.decodable
    }

    /// Whether to request a keyframe now; the caller is taken to do so.
    pub(super) fn request_due(&mut self, now: Instant) -> bool {
        let due = self.wanted && self.next_request().is_none_or(|at| at <= now);
        if due {
            self.last_request = Some(now);
        }
        due
    }

    /// When to request again, if one is still wanted.
    pub(super) fn next_request(&self) -> Option<Instant> {
        self.last_request.filter(|_| self.wanted).map(|last| last + self.request_interval)
    }
}

/// Compares RTP timestamps, which wrap.
fn is_newer(timestamp: u32, than: u32) -> bool {
    timestamp != than && timestamp.wrapping_sub(than) < 1 << 31
}

#[cfg(test)]
mod tests {
    use super::*;

    const INTERVAL: Duration = Duration::from_millis(250);

    #[test]
    fn requests_at_once_and_then_at_intervals_until_a_keyframe_comes() {
        let start = Instant::now();
        let mut recovery = Recovery::new(INTERVAL);
        assert!(!recovery.request_due(start));
        recovery.lost();
        assert!(recovery.request_due(start));
        recovery.lost();
        assert!(!recovery.request_due(start + INTERVAL / 2));
        assert_eq!(recovery.next_request(), Some(start + INTERVAL));
        assert!(recovery.request_due(start + INTERVAL));
        assert!(recovery.admit(3000, true));
        assert_eq!(recovery.next_request(), None);
        assert!(!recovery.request_due(start + 9 * INTERVAL));
    }

    #[test]
    fn a_failure_before_the_last_keyframe_changes_nothing() {
        let mut recovery = Recovery::new(INTERVAL);
        assert!(recovery.admit(u32::MAX, true));
        assert!(recovery.admit(2999, true));
        recovery.decoder_lost(u32::MAX);
        assert!(recovery.admit(5999, false));
        recovery.decoder_lost(2999);
        assert!(!recovery.admit(8999, false));
    }
}
