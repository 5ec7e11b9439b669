//! The last while: what is settled of it, as a ring of slices that are forgotten one by one, and what is not settled yet.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use super::{
    compact::Compact, entry::Entry, frame_statistics::FrameStatistics, grid::Grid, log::Logged,
    longest::Longest, slices::Slices,
};

/// Open slices beyond this are settled unasked: more are there only if nobody ever says that time has passed.
const MAX_OPEN: usize = 1024;

/// The statistics of a sliding window. An entry belongs to the slice that holds its moment.
///
/// The window has [`Grid::SLICES`] slices and ends where the fate of every frame is known. What comes with a later moment is
/// counted in short slices until then; but for what becomes of frames, which whoever records it keeps until then.
#[derive(Debug, Clone)]
pub(crate) struct Window {
    grid: Grid,
    empty: fn() -> FrameStatistics<Compact>,
    /// The index of the first open slice: where the window ends.
    front: u64,
    open: VecDeque<FrameStatistics<Compact>>,
    settled: Slices,
    /// Of the window and what came after it.
    gaps: Longest,
}

impl Window {
    /// A window that begins with `grid`, its statistics made by `empty`.
    pub(crate) fn new(grid: Grid, empty: fn() -> FrameStatistics<Compact>) -> Self {
        let (open, gaps) = (VecDeque::new(), Longest::default());
        Self { grid, empty, front: 0, open, settled: Slices::new(empty), gaps }
    }

    /// An empty window that is as far as this one.
    pub(crate) fn aligned(&self, empty: fn() -> FrameStatistics<Compact>) -> Self {
        Self { front: self.front, ..Self::new(self.grid, empty) }
    }

    pub(crate) fn length(&self) -> Duration {
        self.grid.length()
    }

    /// Where it ends: before that every fate is known.
    pub(crate) fn end(&self) -> Instant {
        self.grid.short_bounds(self.front).0
    }

    /// The same in nanoseconds, as those of [`Window::nanoseconds`].
    pub(crate) fn end_nanoseconds(&self) -> u64 {
        self.grid.short_start(self.front)
    }

    /// A moment in nanoseconds after the first moment that a window can hold; `None` before that.
    pub(crate) fn nanoseconds(&self, moment: Instant) -> Option<u64> {
        self.grid.nanoseconds(moment)
    }

    /// Where a window of its length that ends at `now` begins, for what is judged up to now.
    pub(crate) fn since(&self, now: Instant) -> Instant {
        now.checked_sub(self.length()).unwrap_or(now)
    }

    /// Counts an entry, unless its moment was forgotten.
    pub(crate) fn record(&mut self, moment: Instant, entry: Entry) {
        if let Some(nanoseconds) = self.grid.nanoseconds(moment) {
            self.change(nanoseconds, |slice| slice.count(&entry));
        }
    }

    /// Counts an entry of a frame that was sent when the window had got past its moment: only then frames are pending in it.
    /// Answers whether it is one.
    pub(crate) fn record_late(&mut self, nanoseconds: u64, entry: &Entry) -> bool {
        let is_late = nanoseconds < self.end_nanoseconds();
        if is_late {
            self.change(nanoseconds, |slice| match entry {
                Entry::Sent | Entry::Withdrawn => slice.count(entry),
                _ => slice.settled_late(entry),
            });
        }
        is_late
    }

    /// Counts what became of a frame, unless its moment was forgotten.
    pub(crate) fn record_fate(&mut self, logged: &Logged) {
        let entry = logged.entry();
        self.change(logged.moment, |slice| slice.settled(&entry, logged.ends_step));
    }

    /// Counts together what became of frames of which all fates are known, and takes them out; answers how many were good.
    pub(crate) fn record_fates(&mut self, fates: &mut Vec<Logged>) -> u64 {
        let mut good = 0;
        while let Some(first) = fates.first() {
            let index = self.grid.long_index_at(first.moment);
            let slice = self.grid.long_nanoseconds(index);
            let mut together = (self.empty)();
            fates.retain(|logged| {
                let is_of_slice = slice.contains(&logged.moment);
                if is_of_slice {
                    together.settled(&logged.entry(), logged.ends_step);
                }
                !is_of_slice
            });
            together.sort();
            good += together.good();
            self.settled.change(index, |slice| slice.merge(&together));
        }
        good
    }

    fn change(&mut self, nanoseconds: u64, change: impl Fn(&mut FrameStatistics<Compact>)) {
        if nanoseconds < self.end_nanoseconds() {
            return self.settled.change(self.grid.long_index_at(nanoseconds), change);
        }
        let index = self.grid.short_index_at(nanoseconds);
        let ahead = usize::try_from(index.saturating_sub(self.front)).unwrap_or(usize::MAX);
        if ahead >= MAX_OPEN {
            self.settle_before(index - MAX_OPEN as u64 + 1, |_| Duration::ZERO);
        }
        let ahead = ahead.min(MAX_OPEN - 1);
        while self.open.len() <= ahead {
            self.open.push_back((self.empty)());
        }
        if let Some(open) = self.open.get_mut(ahead) {
            change(open);
        }
    }

    /// A gap ended at `moment`.
    pub(crate) fn record_gap(&mut self, moment: Instant, gap: Duration) {
        if let Some(nanoseconds) = self.grid.nanoseconds(moment) {
            self.gaps.record(self.grid.long_index_at(nanoseconds), gap);
        }
    }

    /// No fate before `until` will change. `wanted` says for how long the client was wanted within two moments. Answers
    /// with what became final: wanted time, and good frames, but for those that come from a log.
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
            let (open, wanted) = (self.open.pop_front(), wanted(self.front));
            good += open.as_ref().map_or(0, FrameStatistics::good);
            time += wanted;
            let index = self.grid.long_index(self.front);
            self.front += 1;
            self.settled.advance(index);
            if open.is_some() || !wanted.is_zero() {
                self.settled.change(index, |slice| {
                    slice.count(&Entry::Wanted(wanted));
                    if let Some(open) = &open {
                        slice.merge(open);
                    }
                });
            }
        }
        self.gaps.forget(self.settled.oldest());
        (good, time)
    }

    /// Adds what another window has that is as far.
    pub(crate) fn absorb(&mut self, other: &Self) {
        self.settled.absorb(&other.settled);
        self.gaps.absorb(&other.gaps);
        for (place, statistics) in other.open.iter().enumerate() {
            match self.open.get_mut(place) {
                Some(open) => open.merge(statistics),
                None => self.open.push_back(statistics.clone()),
            }
        }
    }

    /// All that is settled of the window.
    pub(crate) fn statistics(&self) -> &FrameStatistics<Compact> {
        self.settled.sum()
    }

    /// The longest gap of the window and of what came after it, for what is judged up to now: freezes.
    pub(crate) fn longest_gap(&self) -> Option<Duration> {
        self.gaps.get()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::Fate;

    const SECOND: Duration = Duration::from_secs(1);

    fn window(start: Instant, length: Duration) -> Window {
        Window::new(Grid::new(start, length), FrameStatistics::of_client_slice)
    }

    fn settle(window: &mut Window, until: Instant) -> u64 {
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
