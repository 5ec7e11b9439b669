//! When a session gets video, and from which frame on it can be held to account.

use std::time::{Duration, Instant};

/// How long video waits for the data channel, which opens two round trips after media could flow. A peer that opens
/// no channel gets its picture all the same.
pub const CHANNEL_GRACE: Duration = Duration::from_millis(300);

/// What to do with a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Admission {
    /// It is not for this session.
    Leave {
        /// Because the session waits for a keyframe.
        keyframe_wanted: bool,
    },
    /// Send it.
    Send {
        /// It is the first one.
        first: bool,
        /// It is the first one that counts.
        counting: bool,
        /// A keyframe is needed before frames can count.
        keyframe_wanted: bool,
    },
}

/// The state of one session's video.
#[derive(Debug, Default)]
pub(super) struct Schedule {
    connected: Option<Instant>,
    channel_open: bool,
    started: bool,
    counting: bool,
    last_counted: Option<u32>,
    stopped: bool,
}

impl Schedule {
    /// Media can flow.
    pub(super) fn connected(&mut self, now: Instant) {
        self.connected.get_or_insert(now);
    }

    /// A data channel is open; answers whether it is the first one.
    pub(super) fn channel_opened(&mut self) -> bool {
        !std::mem::replace(&mut self.channel_open, true)
    }

    /// Whether media could ever flow.
    pub(super) fn was_connected(&self) -> bool {
        self.connected.is_some()
    }

    /// Decides on one frame.
    pub(super) fn admit(&mut self, timestamp: u32, keyframe: bool, now: Instant) -> Admission {
        let ready = self.connected.is_some_and(|at| self.channel_open || now >= at + CHANNEL_GRACE);
        if self.stopped || !ready {
            return Admission::Leave { keyframe_wanted: false };
        }
        if !self.started && !keyframe {
            return Admission::Leave { keyframe_wanted: true };
        }
        let first = !self.started;
        let counting = self.channel_open && !self.counting && keyframe;
        self.started = true;
        self.counting |= counting;
        if self.counting {
            self.last_counted = Some(timestamp);
        }
        Admission::Send { first, counting, keyframe_wanted: self.channel_open && !self.counting }
    }

    /// Ends the video; answers the last frame that counted, the first time it is called.
    pub(super) fn stop(&mut self) -> Option<Option<u32>> {
        (!std::mem::replace(&mut self.stopped, true)).then_some(self.last_counted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEAVE: Admission = Admission::Leave { keyframe_wanted: false };

    #[test]
    fn video_starts_and_counts_with_the_first_keyframe_after_the_channel() {
        let (now, mut schedule) = (Instant::now(), Schedule::default());
        assert_eq!(schedule.admit(1, true, now), LEAVE, "not connected");
        schedule.connected(now);
        assert_eq!(schedule.admit(2, true, now), LEAVE, "the channel is about to open");
        assert_eq!([schedule.channel_opened(), schedule.channel_opened()], [true, false]);
        assert_eq!(schedule.admit(3, false, now), Admission::Leave { keyframe_wanted: true });
        let sent = Admission::Send { first: true, counting: true, keyframe_wanted: false };
        assert_eq!(schedule.admit(4, true, now), sent);
        let sent = Admission::Send { first: false, counting: false, keyframe_wanted: false };
        assert_eq!(schedule.admit(5, false, now), sent);
        assert_eq!(schedule.stop(), Some(Some(5)));
        assert_eq!(schedule.stop(), None);
        assert_eq!(schedule.admit(6, true, now), LEAVE);
    }

    #[test]
    fn a_peer_without_a_channel_gets_uncounted_video() {
        let (now, mut schedule) = (Instant::now(), Schedule::default());
        schedule.connected(now);
        let later = now + CHANNEL_GRACE;
        let sent = Admission::Send { first: true, counting: false, keyframe_wanted: false };
        assert_eq!(schedule.admit(1, true, later), sent);
        schedule.channel_opened();
        let sent = Admission::Send { first: false, counting: false, keyframe_wanted: true };
        assert_eq!(schedule.admit(2, false, later), sent, "counting needs a keyframe");
        let sent = Admission::Send { first: false, counting: true, keyframe_wanted: false };
        assert_eq!(schedule.admit(3, true, later), sent);
    }

    #[test]
    fn a_session_that_never_counted_has_no_last_frame() {
        assert_eq!(Schedule::default().stop(), Some(None));
    }
}
