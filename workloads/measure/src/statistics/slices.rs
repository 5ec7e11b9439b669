//! The settled slices of a window, which are forgotten one by one, and their sum.

use std::collections::VecDeque;

use super::{compact::Compact, frame_statistics::FrameStatistics, grid::Grid};

/// Slices, of which at most [`Grid::SLICES`] are kept, and always what they come to.
#[derive(Debug, Clone)]
pub(super) struct Slices {
    empty: fn() -> FrameStatistics<Compact>,
    /// The index of the newest slice that there has been time for.
    newest: u64,
    /// By ascending index; those without entries are left out.
    slices: VecDeque<(u64, FrameStatistics<Compact>)>,
    sum: FrameStatistics<Compact>,
}

impl Slices {
    pub(super) fn new(empty: fn() -> FrameStatistics<Compact>) -> Self {
        Self { empty, newest: 0, slices: VecDeque::new(), sum: empty() }
    }

    /// All of them together.
    pub(super) fn sum(&self) -> &FrameStatistics<Compact> {
        &self.sum
    }

    /// Changes the slice with this index, unless it was forgotten.
    pub(super) fn change(&mut self, index: u64, change: impl Fn(&mut FrameStatistics<Compact>)) {
        self.advance(index);
        if index < self.oldest() {
            return;
        }
        let place = self.slices.partition_point(|(other, _)| *other < index);
        if self.slices.get(place).is_none_or(|(other, _)| *other != index) {
            if self.slices.capacity() == 0 {
                self.slices.reserve_exact(Grid::SLICES as usize);
            }
            self.slices.insert(place, (index, (self.empty)()));
        }
        if let Some((_, slice)) = self.slices.get_mut(place) {
            change(slice);
            change(&mut self.sum);
        }
    }

    /// There is time for the slice with this index: slices that are too old for it are forgotten.
    pub(super) fn advance(&mut self, index: u64) {
        if index <= self.newest {
            return;
        }
        self.newest = index;
        // Nothing comes to it any more, but for what is late.
        if let Some((_, complete)) = self.slices.back_mut() {
            complete.shrink();
        }
        while self.slices.front().is_some_and(|(index, _)| *index < self.oldest())
            && let Some((_, old)) = self.slices.pop_front()
        {
            if self.slices.is_empty() {
                self.sum = (self.empty)();
            } else {
                self.sum.remove(&old, self.slices.iter().map(|(_, slice)| slice));
            }
        }
    }

    /// Adds what others have.
    pub(super) fn absorb(&mut self, other: &Self) {
        for (index, statistics) in &other.slices {
            self.change(*index, |slice| slice.merge(statistics));
        }
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.slices.len()
    }

    /// The index of the oldest slice that is kept.
    pub(super) fn oldest(&self) -> u64 {
        (self.newest + 1).saturating_sub(Grid::SLICES)
    }
}
