//! Peers that only answer: when one is asked where the ball is, and which of its positions are answers.

use std::time::{Duration, Instant};

/// How long a peer may send nothing before it is asked, and the time between two questions.
pub const INTERVAL: Duration = Duration::from_secs(1);

/// What made a peer send a position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PositionOrigin {
    /// A question, at this moment.
    Answer(Instant),
    /// None that is open: the last one was answered before.
    Surplus,
    /// None at all: the peer reports unprompted.
    Unprompted,
}

/// The questions to one peer, until it turns out to report unprompted.
#[derive(Debug, Default)]
pub(crate) struct Questions {
    /// When the channel opened, or the last question went out.
    since: Option<Instant>,
    was_asked: bool,
    /// The question that has no answer yet.
    open: Option<Instant>,
    /// A position beyond the answer came since the last question.
    has_surplus: bool,
    is_stopped: bool,
}

impl Questions {
    /// A channel is open. The first one counts.
    pub(crate) fn channel_opened(&mut self, at: Instant) {
        self.since.get_or_insert(at);
    }

    /// Whether there will be questions if nothing comes.
    pub(crate) fn are_awaited(&self) -> bool {
        self.since.is_some() && !self.is_stopped
    }

    /// Whether it is time for a question, which is then taken as asked at `now`.
    pub(crate) fn take_due(&mut self, now: Instant) -> bool {
        let is_due = self.since.is_some_and(|since| now.saturating_duration_since(since) >= INTERVAL);
        let asks = is_due && !self.is_stopped;
        if asks {
            self.since = Some(now);
            self.was_asked = true;
            self.open = Some(now);
            self.has_surplus = false;
        }
        asks
    }

    /// The peer sent what is an answer to no question: it needs none.
    pub(crate) fn stop(&mut self) {
        self.is_stopped = true;
    }

    /// A position came that may be an answer. One more than asked for may be an answer that was late; a second one
    /// shows a peer that reports unprompted.
    pub(crate) fn position(&mut self) -> PositionOrigin {
        if !self.is_stopped {
            if let Some(moment) = self.open.take() {
                return PositionOrigin::Answer(moment);
            }
            if self.was_asked && !std::mem::replace(&mut self.has_surplus, true) {
                return PositionOrigin::Surplus;
            }
            self.is_stopped = true;
        }
        PositionOrigin::Unprompted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_silent_peer_is_asked_once_a_second_from_a_second_after_its_channel() {
        let (start, mut questions) = (Instant::now(), Questions::default());
        let at = |milliseconds| start + Duration::from_millis(milliseconds);
        assert!(!questions.take_due(at(5000)) && !questions.are_awaited(), "there is no channel");
        questions.channel_opened(at(0));
        assert!(questions.are_awaited());
        questions.channel_opened(at(900));
        let asked: Vec<u64> =
            (0..40).map(|step| step * 100).filter(|now| questions.take_due(at(*now))).collect();
        assert_eq!(asked, [1000, 2000, 3000]);
        assert_eq!(questions.position(), PositionOrigin::Answer(at(3000)));
        assert!(questions.take_due(at(4000)), "an answer is no reason to stop");
        questions.stop();
        assert!(!questions.take_due(at(9000)) && !questions.are_awaited());
    }

    #[test]
    fn two_positions_more_than_asked_for_are_unprompted() {
        let (start, mut questions) = (Instant::now(), Questions::default());
        let at = |milliseconds| start + Duration::from_millis(milliseconds);
        questions.channel_opened(start);
        for second in [1000, 2000] {
            assert!(questions.take_due(at(second)));
            assert_eq!(questions.position(), PositionOrigin::Answer(at(second)));
            assert_eq!(questions.position(), PositionOrigin::Surplus, "late perhaps");
        }
        assert_eq!(questions.position(), PositionOrigin::Unprompted);
        assert!(!questions.take_due(at(3000)));
        assert_eq!(questions.position(), PositionOrigin::Unprompted);
    }

    #[test]
    fn whoever_was_never_asked_reports_unprompted() {
        let mut questions = Questions::default();
        questions.channel_opened(Instant::now());
        assert_eq!(questions.position(), PositionOrigin::Unprompted);
    }
}
