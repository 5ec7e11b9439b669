//! When a peer's request for a keyframe is passed on (PLI, RFC 4585, section 6.3.1; FIR, RFC 5104, section 4.3.1).
//!
//! There is one stream: a keyframe for one is a keyframe for all, ten times the size of another frame. A peer that asks
//! with every packet would cost everybody four a second (S3). So each session has a few at once, and then one a second; a
//! request that comes too early waits, for a peer may not repeat it.

use std::time::{Duration, Instant};

use crate::bucket::Bucket;

const INTERVAL: Duration = Duration::from_secs(1);
/// More than a bad second needs: a keyframe that is lost is asked for again.
const AT_ONCE: u32 = 4;

/// The requests of one session.
#[derive(Debug)]
pub(super) struct KeyframeRequests {
    bucket: Bucket,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// None since the last keyframe.
    None,
    /// It waits.
    Waiting,
    /// It is passed on: what comes until the keyframe asks for the same.
    PassedOn,
}

impl Default for KeyframeRequests {
    fn default() -> Self {
        Self { bucket: Bucket::new(INTERVAL, AT_ONCE), state: State::None }
    }
}

impl KeyframeRequests {
    /// The peer asks for a keyframe.
    pub(super) fn requested(&mut self) {
        if self.state == State::None {
            self.state = State::Waiting;
        }
    }

    /// Whether a request is to be passed on now.
    pub(super) fn take(&mut self, now: Instant) -> bool {
        let is_due = self.state == State::Waiting && self.bucket.has(0, now);
        if is_due {
            self.bucket.take(now);
            self.state = State::PassedOn;
        }
        is_due
    }

    /// A keyframe is sent, which serves all requests so far.
    pub(super) fn keyframe(&mut self) {
        self.state = State::None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    #[test]
    fn requests_until_the_keyframe_are_one() {
        let (now, mut requests) = (Instant::now(), KeyframeRequests::default());
        assert!(!requests.take(now));
        requests.requested();
        requests.requested();
        assert!(requests.take(now));
        requests.requested();
        assert!(!requests.take(now + ms(100)));
        requests.keyframe();
        assert!(!requests.take(now + ms(200)));
        requests.requested();
        assert!(requests.take(now + ms(200)));
    }

    /// S3: a peer that asks all the time, with the camera as fast as it is.
    #[test]
    fn whoever_asks_all_the_time_gets_one_a_second() {
        let (begin, mut requests, mut keyframe_at) = (Instant::now(), KeyframeRequests::default(), None);
        let mut keyframes = 0;
        for milliseconds in 0..60_000 {
            let now = begin + ms(milliseconds);
            requests.requested();
            if requests.take(now) {
                keyframe_at = Some(now + ms(250));
            }
            if keyframe_at.take_if(|at| *at <= now).is_some() {
                requests.keyframe();
                keyframes += 1;
            }
        }
        assert!((60..=64).contains(&keyframes), "{keyframes}");
    }

    #[test]
    fn a_request_that_is_too_early_waits() {
        let (now, mut requests) = (Instant::now(), KeyframeRequests::default());
        for _ in 0..AT_ONCE {
            requests.requested();
            assert!(requests.take(now));
            requests.keyframe();
        }
        requests.requested();
        assert!(!requests.take(now + ms(999)));
        assert!(requests.take(now + ms(1000)), "without being asked for again");
    }
}
