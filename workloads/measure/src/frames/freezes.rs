//! Freezes: long steps between decoded frames, in the time of the video.

use super::frame::CLOCK_RATE;

/// How many steps the mean interval is taken over (W3C webrtc-stats, `freezeCount`).
const MEAN_OVER: usize = 30;

/// By how much a step must exceed the mean interval, at least: 150 ms, in ticks.
const MARGIN: u64 = CLOCK_RATE as u64 * 150 / 1000;

/// The step from one decoded frame to the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Step {
    /// Frame intervals beyond the one that every step has.
    pub(crate) extra_intervals: u64,
    /// Whether it reaches the limit of W3C's `freezeCount`.
    pub(crate) is_freeze: bool,
}

/// Finds the freezes of one session. Frames must come in the order of the video.
#[derive(Debug, Clone)]
pub(crate) struct FreezeDetector {
    frames_per_second: u64,
    last: Option<i64>,
    /// The last steps in ticks, at most half a day each; their sum, how many there are, and where the next one goes.
    steps: [u32; MEAN_OVER],
    sum: u64,
    known: usize,
    next: usize,
}

impl FreezeDetector {
    pub(crate) fn new(frames_per_second: u32) -> Self {
        let frames_per_second = u64::from(frames_per_second.max(1));
        Self { frames_per_second, last: None, steps: [0; MEAN_OVER], sum: 0, known: 0, next: 0 }
    }

    /// The step that ends with the decoded frame of this timestamp; the first one ends none.
    pub(crate) fn decoded(&mut self, timestamp: i64) -> Option<Step> {
        let ticks = timestamp.saturating_sub(self.last.replace(timestamp)?).unsigned_abs();
        let step = u32::try_from(ticks).unwrap_or(u32::MAX);
        let is_freeze = u64::from(step) * self.mean().1 >= self.limit();
        let oldest = std::mem::replace(&mut self.steps[self.next], step);
        self.sum = self.sum + u64::from(step) - u64::from(oldest);
        self.next = (self.next + 1) % MEAN_OVER;
        self.known = (self.known + 1).min(MEAN_OVER);
        // Timestamps are rounded to ticks, so the number of intervals is rounded as well.
        let rate = CLOCK_RATE as u64;
        let intervals = ticks.saturating_mul(self.frames_per_second).saturating_add(rate / 2) / rate;
        Some(Step { extra_intervals: intervals.saturating_sub(1), is_freeze })
    }

    /// The mean interval before this step as a fraction (ticks, number); the nominal one before the first step.
    fn mean(&self) -> (u64, u64) {
        match self.known {
            0 => (CLOCK_RATE as u64, self.frames_per_second),
            steps => (self.sum, steps as u64),
        }
    }

    /// max(3 x mean, mean + 150 ms), times the denominator of the mean: exact without rounding.
    fn limit(&self) -> u64 {
        let (sum, number) = self.mean();
        (3 * sum).max(sum + MARGIN * number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The freezes among frames with these numbers.
    fn freezes(fps: u32, frames: impl IntoIterator<Item = i64>) -> Vec<u64> {
        let mut detector = FreezeDetector::new(fps);
        let steps = frames.into_iter().filter_map(|k| detector.decoded(k * 90_000 / i64::from(fps)));
        steps.filter(|step| step.is_freeze).map(|step| step.extra_intervals).collect()
    }

    #[test]
    fn a_regular_stream_has_no_freeze_at_any_rate() {
        for fps in 5..=60 {
            assert_eq!(freezes(fps, 0..1000), Vec::<u64>::new(), "{fps} fps");
        }
    }

    #[test]
    fn the_limit_is_150_ms_above_the_mean_at_high_rates() {
        // 33.3 ms: 5 intervals are 167 ms, 6 are 200 ms, the limit is 183 ms.
        assert!(freezes(30, (0..100).chain(104..200)).is_empty());
        assert_eq!(freezes(30, (0..100).chain(105..200)), [5]);
    }

    #[test]
    fn the_limit_is_three_times_the_mean_at_low_rates_and_reaching_it_counts() {
        // 200 ms: the limit is 600 ms.
        assert!(freezes(5, (0..100).chain(101..200)).is_empty());
        assert_eq!(freezes(5, (0..100).chain(102..200)), [2]);
    }

    #[test]
    fn the_mean_follows_the_last_30_steps() {
        // Every 5th frame for a while: that is the normal interval then, so 10 intervals are no freeze.
        let slow = (0..40).map(|k| k * 5);
        assert_eq!(freezes(30, slow.clone().chain([205])), Vec::<u64>::new());
        // 30 normal steps later the slow ones are forgotten.
        assert_eq!(freezes(30, slow.chain(196..226).chain([231])), [5]);
    }

    #[test]
    fn a_freeze_at_the_very_start_is_measured_against_the_nominal_interval() {
        assert_eq!(freezes(30, [0, 30, 31]), [29]);
    }
}
