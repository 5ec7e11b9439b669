//! The last while, as a ring of slices that are forgotten one by one.

use std::time::{Duration, Instant};

use report::Recent;

use super::frame_statistics::FrameStatistics;

/// Slices in a window: it is up to a twentieth shorter than asked for, never longer.
const SLICES: usize = 20;

/// The statistics of a sliding window. An entry belongs to the slice that holds its moment.
#[derive(Debug)]
pub(crate) struct Window {
    started: Instant,
    length: Duration,
    slice_nanoseconds: u64,
    slices: Vec<Slice>,
}

#[derive(Debug, Clone)]
struct Slice {
    /// Which stretch of time since the start it holds.
    index: u64,
    statistics: FrameStatistics<u64>,
}

impl Window {
    pub(crate) fn new(started: Instant, length: Duration) -> Self {
        let slices =
            (0..SLICES as u64).map(|index| Slice { index, statistics: FrameStatistics::new(3) }).collect();
        // Below that a slice would be shorter than the clock resolves.
        let length = length.max(Duration::from_millis(1));
        Self { started, length, slice_nanoseconds: nanoseconds(length) / SLICES as u64, slices }
    }

    /// The statistics of the slice that holds `moment`, unless it was forgotten.
    pub(crate) fn slice(&mut self, moment: Instant) -> Option<&mut FrameStatistics<u64>> {
        let index = self.index(moment);
        let slice = self.slices.get_mut((index % SLICES as u64) as usize)?;
        if slice.index < index {
            slice.index = index;
            slice.statistics.reset();
        }
        (slice.index == index).then_some(&mut slice.statistics)
    }

    /// The window that ends at `now`, as it is written.
    pub(crate) fn recent(&self, now: Instant, frames_per_second: u32) -> Recent {
        let newest = self.index(now);
        let held = newest.saturating_sub(SLICES as u64 - 1)..=newest;
        let mut statistics = FrameStatistics::new(3);
        for slice in self.slices.iter().filter(|slice| held.contains(&slice.index)) {
            statistics.merge(&slice.statistics);
        }
        Recent {
            window_seconds: self.length.as_secs_f64(),
            frames: statistics.frames,
            loss_percent: statistics.loss_percent(),
            error_pixels: statistics.error_pixels(),
            latency_milliseconds: statistics.latency_milliseconds(),
            freezes: statistics.freezes(frames_per_second),
        }
    }

    fn index(&self, moment: Instant) -> u64 {
        nanoseconds(moment.saturating_duration_since(self.started)) / self.slice_nanoseconds
    }
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::Entry;

    #[test]
    fn it_forgets_what_is_older_than_the_window() {
        let start = Instant::now();
        let mut window = Window::new(start, Duration::from_secs(20));
        for second in 0..100 {
            let now = start + Duration::from_secs(second);
            window.slice(now).unwrap().record(Entry::Sent);
            assert_eq!(window.recent(now, 30).frames.sent, (second + 1).min(20));
        }
        let now = start + Duration::from_secs(99);
        assert!(window.slice(now - Duration::from_secs(20)).is_none());
        assert!(window.slice(now - Duration::from_secs(19)).is_some());
        assert_eq!(window.recent(now + Duration::from_secs(5), 30).frames.sent, 15);
        assert_eq!(window.recent(now + Duration::from_secs(3600), 30).frames.sent, 0);
        assert_eq!(window.recent(now + Duration::from_secs(3600), 30).freezes, None);
    }

    #[test]
    fn a_window_of_no_length_does_not_divide_by_zero() {
        let start = Instant::now();
        let mut window = Window::new(start, Duration::ZERO);
        window.slice(start).unwrap().record(Entry::Sent);
        assert_eq!(window.recent(start, 30).frames.sent, 1);
    }
}
