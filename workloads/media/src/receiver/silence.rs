//! What is sent while nothing comes. Pure: time is an argument.

use std::time::Instant;

use super::stats::Unanswered;

/// Since when nothing has come, and what was sent meanwhile.
#[derive(Debug, Default)]
pub(super) struct Silence {
    /// When something came last or, before that, when something was sent first.
    since: Option<Instant>,
    has_heard: bool,
    sent: u64,
    /// It was asked for since something came last.
    is_noted: bool,
}

impl Silence {
    /// Something came at `at`. Whether a silence that was asked for is over.
    pub(super) fn heard(&mut self, at: Instant) -> bool {
        self.since = Some(at);
        self.has_heard = true;
        self.sent = 0;
        std::mem::take(&mut self.is_noted)
    }

    /// Whether anything ever came.
    pub(super) fn has_heard(&self) -> bool {
        self.has_heard
    }

    /// A datagram was sent at `at`.
    pub(super) fn sent(&mut self, at: Instant) {
        self.since.get_or_insert(at);
        self.sent += 1;
    }

    /// What nobody has answered by `now`; `None` before anything was sent.
    pub(super) fn unanswered(&mut self, now: Instant) -> Option<Unanswered> {
        let silence = now.saturating_duration_since(self.since?);
        self.is_noted = true;
        Some(Unanswered { packets: self.sent, silence })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn what_is_sent_counts_from_what_came_last() {
        let (start, mut silence) = (Instant::now(), Silence::default());
        let second = Duration::from_secs(1);
        let unanswered = |packets, silence| Some(Unanswered { packets, silence });
        silence.sent(start - second);
        assert!(!silence.heard(start), "nobody asked");
        (0..3).for_each(|_| silence.sent(start));
        assert_eq!(silence.unanswered(start + second), unanswered(3, second));
        silence.sent(start + second);
        assert_eq!(silence.unanswered(start + second * 2), unanswered(4, second * 2));
        assert!(silence.heard(start + second * 3), "it is over");
        assert_eq!(silence.unanswered(start + second * 3), unanswered(0, Duration::ZERO));
    }

    #[test]
    fn where_nothing_ever_came_it_counts_from_what_was_sent_first() {
        let (start, mut silence) = (Instant::now(), Silence::default());
        assert_eq!(silence.unanswered(start), None);
        let second = Duration::from_secs(1);
        (1..=3).for_each(|count| silence.sent(start + second * count));
        let expected = Some(Unanswered { packets: 3, silence: second * 4 });
        assert_eq!(silence.unanswered(start + second * 5), expected);
        assert!(!silence.has_heard());
        silence.heard(start + second * 6);
        assert!(silence.has_heard());
    }
}
