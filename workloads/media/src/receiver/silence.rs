//! What is sent while nothing comes. Pure: time is an argument.

use std::time::Instant;

use super::stats::Unanswered;

/// Since when nothing has come, and what was sent meanwhile.
#[derive(Debug, Default)]
pub(super) struct Silence {
    heard: Option<Instant>,
    sent: u64,
    /// It was asked for since something came last.
    is_noted: bool,
}

impl Silence {
    /// Something came at `at`. Whether a silence that was asked for is over.
    pub(super) fn heard(&mut self, at: Instant) -> bool {
        self.heard = Some(at);
        self.sent = 0;
        std::mem::take(&mut self.is_noted)
    }

    /// A datagram was sent.
    pub(super) fn sent(&mut self) {
        self.sent += 1;
    }

    /// What nobody has answered by `now`; `None` before anything ever came.
    pub(super) fn unanswered(&mut self, now: Instant) -> Option<Unanswered> {
        let silence = now.saturating_duration_since(self.heard?);
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
        silence.sent();
        assert_eq!(silence.unanswered(start), None);
        assert!(!silence.heard(start), "nobody asked");
        (0..3).for_each(|_| silence.sent());
        let second = Duration::from_secs(1);
        let unanswered = |packets, silence| Some(Unanswered { packets, silence });
        assert_eq!(silence.unanswered(start + second), unanswered(3, second));
        silence.sent();
        assert_eq!(silence.unanswered(start + second * 2), unanswered(4, second * 2));
        assert!(silence.heard(start + second * 3), "it is over");
        assert_eq!(silence.unanswered(start + second * 3), unanswered(0, Duration::ZERO));
    }
}
