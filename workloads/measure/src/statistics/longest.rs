//! The longest gap of a sliding window.

use std::{collections::VecDeque, time::Duration};

/// Gaps that are kept at most: more than a window has slices.
const KEPT: usize = 64;

/// Of each slice the longest gap, unless a later slice has one as long: the first is the longest of all.
#[derive(Debug, Clone, Default)]
pub(super) struct Longest(VecDeque<(u64, Duration)>);

impl Longest {
    /// A gap ended in the slice with this index.
    pub(super) fn record(&mut self, index: u64, gap: Duration) {
        if self.0.iter().any(|(other, longer)| *other >= index && *longer >= gap) {
            return;
        }
        self.0.retain(|(other, shorter)| *other > index || *shorter > gap);
        if self.0.len() == KEPT {
            self.0.pop_front();
        }
        let place = self.0.partition_point(|(other, _)| *other < index);
        self.0.insert(place, (index, gap));
    }

    /// Forgets what ended before the slice with this index.
    pub(super) fn forget(&mut self, before: u64) {
        let kept = self.0.iter().position(|(index, _)| *index >= before).unwrap_or(self.0.len());
        self.0.drain(..kept);
    }

    /// The longest of what is kept.
    pub(super) fn get(&self) -> Option<Duration> {
        self.0.front().map(|(_, gap)| *gap)
    }

    /// Adds what another one has.
    pub(super) fn absorb(&mut self, other: &Self) {
        other.0.iter().for_each(|(index, gap)| self.record(*index, *gap));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_longest_of_the_slices_that_are_left() {
        let gap = Duration::from_millis;
        let mut longest = Longest::default();
        assert_eq!(longest.get(), None);
        for (slice, milliseconds) in [(1, 40), (1, 90), (2, 70), (3, 30), (3, 35), (2, 80)] {
            longest.record(slice, gap(milliseconds));
        }
        assert_eq!(longest.get(), Some(gap(90)));
        longest.forget(2);
        assert_eq!(longest.get(), Some(gap(80)));
        longest.forget(3);
        assert_eq!(longest.get(), Some(gap(35)));
        longest.forget(4);
        assert_eq!(longest.get(), None);
        (0..1000).for_each(|slice| longest.record(slice, gap(2000 - slice)));
        assert_eq!(longest.0.len(), KEPT);
    }
}
