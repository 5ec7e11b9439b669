//! For how long a client was wanted.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

/// Stretches that are remembered at most; those that are settled are forgotten anyway.
const KEPT: usize = 64;

/// The time for which a client was wanted, as far as it is not settled yet. It begins with a decoded frame.
#[derive(Debug, Clone, Default)]
pub(crate) struct Wanted {
    /// Since when it is.
    since: Option<Instant>,
    past: VecDeque<(Instant, Instant)>,
    ended: Option<Instant>,
}

impl Wanted {
    pub(crate) fn is_running(&self) -> bool {
        self.since.is_some()
    }

    pub(crate) fn since(&self) -> Option<Instant> {
        self.since
    }

    /// It is wanted from `at` on, or from where the stretch before ended if that was later.
    pub(crate) fn begin(&mut self, at: Instant) {
        let at = self.ended.map_or(at, |ended| ended.max(at));
        self.since.get_or_insert(at);
    }

    /// It is not wanted any more from `at` on.
    pub(crate) fn end(&mut self, at: Instant) {
        if let Some(since) = self.since.take() {
            let end = at.max(since);
            if self.past.len() == KEPT {
                self.past.pop_front();
            }
            self.past.push_back((since, end));
            self.ended = Some(end);
        }
    }

    /// For how long it was within `from` and `to`.
    pub(crate) fn within(&self, from: Instant, to: Instant) -> Duration {
        let overlap =
            |since: Instant, until: Instant| until.min(to).saturating_duration_since(since.max(from));
        let past: Duration = self.past.iter().map(|(since, until)| overlap(*since, *until)).sum();
        past + self.since.map_or(Duration::ZERO, |since| overlap(since, to))
    }

    /// Forgets the stretches that ended before `moment`.
    pub(crate) fn forget(&mut self, moment: Instant) {
        self.past.retain(|(_, until)| *until > moment);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stretches_add_up_and_never_overlap() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut wanted = Wanted::default();
        wanted.end(at(1));
        wanted.begin(at(2));
        wanted.begin(at(3));
        wanted.end(at(5));
        // A frame from before the end begins the next stretch no earlier.
        wanted.begin(at(4));
        assert_eq!(wanted.within(at(0), at(7)), Duration::from_secs(5));
        assert_eq!(wanted.within(at(3), at(4)), Duration::from_secs(1));
        wanted.end(at(8));
        wanted.forget(at(5));
        assert_eq!(wanted.within(at(0), at(99)), Duration::from_secs(3));
        assert!(!wanted.is_running());
    }
}
