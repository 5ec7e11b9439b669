//! The last while: what is settled of it, as a ring of slices that are forgotten one by one, and what is not settled yet.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use super::{entry::Entry, frame_statistics::FrameStatistics, grid::Grid, samples::Samples};

/// Open slices beyond this are settled unasked: more are there only if nobody ever says that time has passed.
const MAX_OPEN: usize = 1024;

/// The statistics of a sliding window. An entry belongs to the slice that holds its moment.
///
/// Frames are counted in short slices as long as their fate may be open. Once it is known these are added to the slices
/// of the window, [`Grid::SLICES`] of them: the window ends there, and never has a frame whose fate is open.
#[derive(Debug, Clone)]
pub(crate) struct Window<D: Samples> {
    grid: Grid,
    empty: fn() -> FrameStatistics<D>,
    /// The index of the first open slice: where the window ends.
    front: u64,
    open: VecDeque<FrameStatistics<D>>,
    /// By ascending index.
    settled: VecDeque<(u64, FrameStatistics<D>)>,
}

impl<D: Samples> Window<D> {
    /// A window that begins with `grid`, its statistics made by `empty`.
    pub(crate) fn new(grid: Grid, empty: fn() -> FrameStatistics<D>) -> Self {
        Self { grid, empty, front: 0, open: VecDeque::new(), settled: VecDeque::new() }
    }

    /// An empty window that is as far as this one.
    pub(crate) fn aligned<E: Samples>(&self, empty: fn() -> FrameStatistics<E>) -> Window<E> {
        Window { front: self.front, ..Window::new(self.grid, empty) }
    }

    pub(crate) fn length(&self) -> Duration {
        self.grid.length()
    }

    /// Where it ends: before that every fate is known.
    pub(crate) fn end(&self) -> Instant {
        self.grid.short_bounds(self.front).0
    }

    /// Where a window of its length that ends at `now` begins, for what is judged up to now.
    pub(crate) fn since(&self, now: Instant) -> Instant {
        now.checked_sub(self.length()).unwrap_or(now)
    }

    /// Counts an entry, unless its moment was forgotten.
    pub(crate) fn record(&mut self, moment: Instant, entry: Entry) {
        if let Some(statistics) = self.at(moment) {
            statistics.record(entry);
        }
    }

    /// The statistics of the slice that holds `moment`, unless it was forgotten.
    pub(crate) fn at(&mut self, moment: Instant) -> Option<&mut FrameStatistics<D>> {
        let index = self.grid.short_index(moment)?;
        let Some(ahead) = index.checked_sub(self.front) else {
            return self.settled_slice(self.grid.long_index(index));
        };
        let ahead = usize::try_from(ahead).unwrap_or(usize::MAX);
        if ahead >= MAX_OPEN {
            self.settle_before(index - MAX_OPEN as u64 + 1, |_| Duration::ZERO);
        }
        let ahead = ahead.min(MAX_OPEN - 1);
        while self.open.len() <= ahead {
            self.open.push_back((self.empty)());
        }
        self.open.get_mut(ahead)
    }

    /// No fate before `until` will change. `wanted` says for how long the client was wanted within two moments. Answers
    /// with what became final: good frames and wanted time.
    pub(crate) fn settle(
        &mut self,
        until: Instant,
        wanted: impl Fn(Instant, Instant) -> Duration,
    ) -> (u64, Duration) {
        let grid = self.grid;
        let before = grid.short_index(until).unwrap_or(0);
        self.settle_before(before, |index| {
            let (start, end) = grid.short_bounds(index);
            wanted(start, end)
        })
    }

    fn settle_before(&mut self, before: u64, wanted: impl Fn(u64) -> Duration) -> (u64, Duration) {
        let (mut good, mut time) = (0, Duration::ZERO);
        while self.front < before {
            if self.open.is_empty() && before - self.front > MAX_OPEN as u64 {
                // Nobody asked for so long that nothing of it is in the window any more.
                self.front = before - MAX_OPEN as u64;
            }
            let mut slice = self.open.pop_front().unwrap_or_else(self.empty);
            let wanted = wanted(self.front);
            slice.record(Entry::Wanted(wanted));
            good += slice.good();
            time += wanted;
            let index = self.grid.long_index(self.front);
            self.front += 1;
            if let Some(settled) = self.settled_slice(index) {
                settled.merge(&slice);
            }
        }
        (good, time)
    }

    /// The slice of the window with this index, unless it was forgotten.
    fn settled_slice(&mut self, index: u64) -> Option<&mut FrameStatistics<D>> {
        let newest = self.settled.back().map_or(index, |(newest, _)| index.max(*newest));
        let oldest = (newest + 1).saturating_sub(Grid::SLICES);
        while self.settled.front().is_some_and(|(index, _)| *index < oldest) {
            self.settled.pop_front();
        }
        if index < oldest {
            return None;
        }
        let place = self.settled.partition_point(|(other, _)| *other < index);
        if self.settled.get(place).is_none_or(|(other, _)| *other != index) {
            self.settled.insert(place, (index, (self.empty)()));
        }
        self.settled.get_mut(place).map(|(_, statistics)| statistics)
    }

    /// Adds what another window has that is as far.
    pub(crate) fn absorb(&mut self, other: &Self) {
        for (index, statistics) in &other.settled {
            if let Some(settled) = self.settled_slice(*index) {
                settled.merge(statistics);
            }
        }
        for (place, statistics) in other.open.iter().enumerate() {
            match self.open.get_mut(place) {
                Some(open) => open.merge(statistics),
                None => self.open.push_back(statistics.clone()),
            }
        }
    }

    /// All that is settled of the window.
    pub(crate) fn statistics(&self) -> FrameStatistics<D> {
        let newest = self.grid.long_index(self.front.saturating_sub(1));
        let oldest = (newest + 1).saturating_sub(Grid::SLICES);
        let mut statistics = (self.empty)();
        for (_, slice) in self.settled.iter().filter(|(index, _)| *index >= oldest) {
            statistics.merge(slice);
        }
        statistics
    }

    /// The window and what came after it, for what is judged up to now: freezes.
    pub(crate) fn longest_gap(&self) -> Option<Duration> {
        let settled = self.settled.iter().map(|(_, slice)| slice);
        settled.chain(&self.open).filter_map(FrameStatistics::longest_gap).max()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::{Compact, Fate};

    const SECOND: Duration = Duration::from_secs(1);

    fn window(start: Instant, length: Duration) -> Window<Compact> {
        Window::new(Grid::new(start, length), FrameStatistics::of_client_slice)
    }

    fn settle(window: &mut Window<Compact>, until: Instant) -> u64 {
        window.settle(until, |start, end| end - start);
        window.statistics().frames.sent
    }

    /// V8: what is not settled is in no quantity.
    #[test]
    fn it_ends_where_fates_are_known() {
        let start = Instant::now();
        let mut window = window(start, SECOND * 20);
        for second in 0..100 {
            window.record(start + SECOND * second, Entry::Sent);
            let settled = second.saturating_sub(3);
            assert_eq!(settle(&mut window, start + SECOND * settled), u64::from(settled.min(20)));
        }
        assert_eq!(window.statistics().wanted(), SECOND * 20);
        // What comes late for a slice that is in the window still counts, and what is older does not.
        window.record(start + SECOND * 90, Entry::Settled(Fate::Lost));
        assert_eq!(window.statistics().frames.lost, 1);
        window.record(start + SECOND * 60, Entry::Duplicate);
        assert_eq!(window.statistics().frames.duplicate, 0);
        assert_eq!(settle(&mut window, start + SECOND * 3600), 0);
        assert_eq!(window.statistics().wanted(), SECOND * 20);
    }

    #[test]
    fn nobody_need_ever_say_that_time_has_passed() {
        let start = Instant::now();
        let mut window = window(start, Duration::ZERO);
        for minute in 0..1000 {
            window.record(start + SECOND * 60 * minute, Entry::Sent);
        }
        assert!(window.open.len() <= MAX_OPEN && window.settled.len() <= 20);
        assert_eq!(settle(&mut window, start), 0);
    }

    #[test]
    fn absorbed_is_as_if_recorded_together() {
        let start = Instant::now();
        let (mut one, mut other) = (window(start, SECOND * 20), window(start, SECOND * 20));
        let both = [&mut one, &mut other];
        for window in both {
            (0..10).for_each(|second| window.record(start + SECOND * second, Entry::Sent));
            settle(window, start + SECOND * 5);
        }
        one.absorb(&other);
        assert_eq!(one.statistics().frames.sent, 10);
        assert_eq!(settle(&mut one, start + SECOND * 11), 20);
    }
}
