//! The times between events of one kind that lie a short while back.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// For so long a gap is reported after its end: the message that has it may be lost, and so may the next one.
const REPORTED: Duration = Duration::from_secs(3);
/// Gaps that are remembered at most: of 3 s at 60 frames per second, and some more.
const REMEMBERED: usize = 256;

/// When an event was last, and the times between those before.
#[derive(Debug, Default)]
pub(crate) struct Gaps {
    last: Option<Instant>,
    /// The ends and lengths of the gaps to report.
    recent: VecDeque<(Instant, Duration)>,
}

impl Gaps {
    /// An event at `now`; the time since the one before.
    pub(crate) fn add(&mut self, now: Instant) -> Option<Duration> {
        let gap = now.saturating_duration_since(self.last.replace(now)?);
        if self.recent.len() == REMEMBERED {
            self.recent.pop_front();
        }
        self.recent.push_back((now, gap));
        Some(gap)
    }

    /// When an event was last.
    pub(crate) fn last(&self) -> Option<Instant> {
        self.last
    }

    /// The longest at `now`, of those that ended within the last 3 s or are still open. None before the first event.
    pub(crate) fn longest(&self, now: Instant) -> Option<Duration> {
        let open = self.last.map(|last| now.saturating_duration_since(last));
        let is_recent = |end: Instant| now.saturating_duration_since(end) <= REPORTED;
        let ended = self.recent.iter().filter(|(end, _)| is_recent(*end)).map(|(_, gap)| *gap).max();
        open.max(ended)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gap_counts_while_it_is_open_and_for_3_s_more() {
        let (start, mut gaps) = (Instant::now(), Gaps::default());
        let at = |milliseconds| start + Duration::from_millis(milliseconds);
        assert_eq!((gaps.longest(start), gaps.add(at(0))), (None, None));
        assert_eq!(gaps.longest(at(400)), Some(Duration::from_millis(400)));
        assert_eq!(gaps.add(at(500)), Some(Duration::from_millis(500)));
        for event in 0..=30 {
            gaps.add(at(600 + event * 100));
        }
        assert_eq!(gaps.longest(at(3500)), Some(Duration::from_millis(500)));
        assert_eq!(gaps.longest(at(3601)), Some(Duration::from_millis(100)));
        assert_eq!(gaps.last(), Some(at(3600)));
    }
}
