//! Peers that only answer: when one is asked where the ball is, and what is an answer.

use std::time::{Duration, Instant};

/// How long a peer may say nothing before it is asked, and the time between two questions.
const INTERVAL: Duration = Duration::from_secs(1);

/// Whose idea a position was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Voice {
    /// Ours: it answers the question of this moment.
    Answer(Instant),
    /// Nobody's: we asked before, and had our answer.
    Unasked,
    /// The peer's own.
    Own,
}

/// What passes between a peer and us until it speaks for itself.
#[derive(Debug, Default)]
pub(crate) struct Asking {
    /// When the channel opened, or the last question went out.
    since: Option<Instant>,
    was_asked: bool,
    /// The question that has no answer yet.
    open: Option<Instant>,
    /// A position came unasked since the last question.
    unasked: bool,
    speaks_for_itself: bool,
}

impl Asking {
    /// A channel is open. The first one counts.
    pub(crate) fn opened(&mut self, at: Instant) {
        self.since.get_or_insert(at);
    }

    /// Whether it is time for a question, which is then taken as asked at `now`.
    pub(crate) fn ask(&mut self, now: Instant) -> bool {
        let is_due = self.since.is_some_and(|since| now.saturating_duration_since(since) >= INTERVAL);
        let asks = is_due && !self.speaks_for_itself;
        if asks {
            self.since = Some(now);
            self.was_asked = true;
            self.open = Some(now);
            self.unasked = false;
        }
        asks
    }

    /// The peer said what no question makes it say: it needs none.
    pub(crate) fn speaks(&mut self) {
        self.speaks_for_itself = true;
    }

    /// A position came that may be an answer. One more than asked for may be an answer that was late; a second one
    /// shows a peer that speaks for itself.
    pub(crate) fn position(&mut self) -> Voice {
        if !self.speaks_for_itself {
            if let Some(moment) = self.open.take() {
                return Voice::Answer(moment);
            }
            if self.was_asked && !std::mem::replace(&mut self.unasked, true) {
                return Voice::Unasked;
            }
            self.speaks_for_itself = true;
        }
        Voice::Own
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_silent_peer_is_asked_once_a_second_from_a_second_after_its_channel() {
        let (start, mut asking) = (Instant::now(), Asking::default());
        let at = |milliseconds| start + Duration::from_millis(milliseconds);
        assert!(!asking.ask(at(5000)), "there is no channel");
        asking.opened(at(0));
        asking.opened(at(900));
        let asked: Vec<u64> = (0..40).map(|step| step * 100).filter(|now| asking.ask(at(*now))).collect();
        assert_eq!(asked, [1000, 2000, 3000]);
        assert_eq!(asking.position(), Voice::Answer(at(3000)));
        assert!(asking.ask(at(4000)), "an answer is no reason to stop");
        asking.speaks();
        assert!(!asking.ask(at(9000)));
    }

    #[test]
    fn two_positions_more_than_asked_for_are_the_peers_own() {
        let (start, mut asking) = (Instant::now(), Asking::default());
        let at = |milliseconds| start + Duration::from_millis(milliseconds);
        asking.opened(start);
        for second in [1000, 2000] {
            assert!(asking.ask(at(second)));
            assert_eq!(asking.position(), Voice::Answer(at(second)));
            assert_eq!(asking.position(), Voice::Unasked, "late perhaps");
        }
        assert_eq!(asking.position(), Voice::Own);
        assert!(!asking.ask(at(3000)));
        assert_eq!(asking.position(), Voice::Own);
    }

    #[test]
    fn who_was_never_asked_speaks_for_itself() {
        let mut asking = Asking::default();
        asking.opened(Instant::now());
        assert_eq!(asking.position(), Voice::Own);
    }
}
