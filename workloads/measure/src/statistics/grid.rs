//! How time is divided into slices.

use std::time::{Duration, Instant};

/// Below that a slice would be shorter than anything that is measured.
const SHORTEST_WINDOW: Duration = Duration::from_secs(1);

/// Slices of a window, each divided into a whole number of short ones, counted from an origin.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Grid {
    origin: Instant,
    length: Duration,
    short_nanoseconds: u64,
    shorts: u64,
}

impl Grid {
    /// Slices in a window: it is up to a twentieth shorter than asked for, never longer.
    pub(crate) const SLICES: u64 = 20;

    /// Short slices are no longer than this, so that the window ends no earlier than it must.
    pub(crate) const SHORT: Duration = Duration::from_millis(250);

    /// For windows of `length` that begin with `origin`.
    pub(crate) fn new(origin: Instant, length: Duration) -> Self {
        let length = length.max(SHORTEST_WINDOW);
        let long = nanoseconds(length) / Self::SLICES;
        let shorts = long.div_ceil(nanoseconds(Self::SHORT));
        Self { origin, length, short_nanoseconds: long / shorts, shorts }
    }

    pub(crate) fn length(&self) -> Duration {
        self.length
    }

    /// The short slice that holds `moment`; `None` before the origin.
    pub(crate) fn short_index(&self, moment: Instant) -> Option<u64> {
        self.nanoseconds(moment).map(|nanoseconds| self.short_index_at(nanoseconds))
    }

    /// The short slice that holds what was so many nanoseconds after the origin.
    pub(crate) fn short_index_at(&self, nanoseconds: u64) -> u64 {
        nanoseconds / self.short_nanoseconds
    }

    /// So many nanoseconds after the origin `moment` is; `None` before it.
    pub(crate) fn nanoseconds(&self, moment: Instant) -> Option<u64> {
        moment.checked_duration_since(self.origin).map(nanoseconds)
    }

    /// Where a short slice begins, in nanoseconds after the origin.
    pub(crate) fn short_start(&self, index: u64) -> u64 {
        index.saturating_mul(self.short_nanoseconds)
    }

    /// The slice of the window that holds what was so many nanoseconds after the origin.
    pub(crate) fn long_index_at(&self, nanoseconds: u64) -> u64 {
        nanoseconds / (self.short_nanoseconds * self.shorts)
    }

    /// From where to where a slice of the window reaches, in nanoseconds after the origin.
    pub(crate) fn long_nanoseconds(&self, index: u64) -> std::ops::Range<u64> {
        let length = self.short_nanoseconds * self.shorts;
        index * length..(index + 1) * length
    }

    /// From where to where a short slice reaches.
    pub(crate) fn short_bounds(&self, index: u64) -> (Instant, Instant) {
        let at = |index: u64| self.origin + Duration::from_nanos(self.short_start(index));
        (at(index), at(index + 1))
    }

    /// The slice of the window that a short one is a part of.
    pub(crate) fn long_index(&self, short: u64) -> u64 {
        short / self.shorts
    }
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHORT: Duration = Grid::SHORT;

    #[test]
    fn slices_are_a_twentieth_and_divided_evenly() {
        let origin = Instant::now();
        for (seconds, shorts) in [(0, 1), (5, 1), (10, 2), (60, 12), (61, 13), (3600, 720)] {
            let grid = Grid::new(origin, Duration::from_secs(seconds));
            let length = grid.length().as_nanos();
            assert_eq!(grid.shorts, shorts, "{seconds} s");
            let window = u128::from(grid.short_nanoseconds * shorts * Grid::SLICES);
            assert!(window <= length && window > length - length / 1000, "{seconds} s");
        }
        let grid = Grid::new(origin, Duration::from_secs(60));
        assert_eq!(grid.short_bounds(4), (origin + SHORT * 4, origin + SHORT * 5));
        assert_eq!(grid.short_index(origin + SHORT * 5), Some(5));
        assert_eq!((grid.long_index(11), grid.long_index(12)), (0, 1));
        assert_eq!(grid.short_index(origin - SHORT), None);
    }
}
