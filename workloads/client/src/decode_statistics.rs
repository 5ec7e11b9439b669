//! What a viewer sees of the video: the time between decoded frames, on this machine's monotonic clock, and what decoding
//! costs. Time is an argument.
//!
//! Names and formulas are those of W3C's webrtc-stats, `RTCInboundRtpStreamStats`. They go on over a lost connection: a
//! viewer sees no difference.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use report::channel::ClientStats;

use crate::gaps::Gaps;

/// Gaps between frames that make the average that a freeze is measured by.
const AVERAGED: usize = 30;
/// What is above max(3 x average, average + this) is a freeze.
const FREEZE_MARGIN: Duration = Duration::from_millis(150);

/// Of all decoded frames since the process started.
#[derive(Debug, Default)]
pub(crate) struct DecodeStatistics {
    decoded: u64,
    keyframes: u64,
    decode_time: Duration,
    /// Between decoded frames, and between frames that came.
    decoded_gaps: Gaps,
    received_gaps: Gaps,
    /// The last gaps, for the average.
    gaps: VecDeque<Duration>,
    total_gap_seconds: f64,
    total_squared_gap_seconds: f64,
    freezes: u64,
    freezes_duration: Duration,
}

impl DecodeStatistics {
    /// A frame was decoded at `now`, which took `decode_time`.
    pub(crate) fn decoded(&mut self, now: Instant, decode_time: Duration, keyframe: bool) {
        self.decoded += 1;
        self.keyframes += u64::from(keyframe);
        self.decode_time += decode_time;
        if let Some(gap) = self.decoded_gaps.add(now) {
            self.gap(gap);
        }
    }

    /// A frame was complete, or given up, at `complete`.
    pub(crate) fn received(&mut self, complete: Instant) {
        self.received_gaps.add(complete);
    }

    /// When a frame was last decoded.
    pub(crate) fn last_decoded(&self) -> Option<Instant> {
        self.decoded_gaps.last()
    }

    /// Fills in what it knows.
    pub(crate) fn fill(&self, stats: &mut ClientStats, now: Instant) {
        stats.frames_decoded = self.decoded;
        stats.key_frames_decoded = self.keyframes;
        stats.total_decode_time = self.decode_time.as_secs_f64();
        stats.freeze_count = self.freezes;
        stats.total_freezes_duration = self.freezes_duration.as_secs_f64();
        stats.total_inter_frame_delay = self.total_gap_seconds;
        stats.total_squared_inter_frame_delay = self.total_squared_gap_seconds;
        let milliseconds = |time: Duration| time.as_micros() as f64 / 1e3;
        stats.longest_gap = self.decoded_gaps.longest(now).map(milliseconds);
        stats.longest_received_gap = self.received_gaps.longest(now).map(milliseconds);
        let since_decoded = self.last_decoded().map(|last| now.saturating_duration_since(last));
        stats.since_decoded = since_decoded.map(milliseconds);
    }

    fn gap(&mut self, gap: Duration) {
        let seconds = gap.as_secs_f64();
        self.total_gap_seconds += seconds;
        self.total_squared_gap_seconds += seconds * seconds;
        if !self.gaps.is_empty() {
            let average = self.gaps.iter().sum::<Duration>() / self.gaps.len() as u32;
            if gap > (average * 3).max(average + FREEZE_MARGIN) {
                self.freezes += 1;
                self.freezes_duration += gap;
            }
        }
        if self.gaps.len() == AVERAGED {
            self.gaps.pop_front();
        }
        self.gaps.push_back(gap);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INTERVAL: Duration = Duration::from_millis(33);

    fn stats(statistics: &DecodeStatistics, now: Instant) -> ClientStats {
        let mut stats = ClientStats::default();
        statistics.fill(&mut stats, now);
        stats
    }

    /// 30 frames at their pace; answers with the moment of the last.
    fn steady(statistics: &mut DecodeStatistics, start: Instant) -> Instant {
        (0..30).map(|frame| start + INTERVAL * frame).fold(start, |_, now| {
            statistics.decoded(now, Duration::from_millis(1), now == start);
            now
        })
    }

    /// V6: what a viewer sees is a freeze, whether or not a frame is lost.
    #[test]
    fn a_stall_that_loses_nothing_is_a_freeze_and_is_reported_for_three_seconds() {
        let start = Instant::now();
        let mut statistics = DecodeStatistics::default();
        let last = steady(&mut statistics, start);
        assert_eq!(stats(&statistics, last).freeze_count, 0);
        let after = last + Duration::from_millis(900);
        assert_eq!(stats(&statistics, after).longest_gap, Some(900.0), "while it is open");
        statistics.decoded(after, Duration::from_millis(1), false);
        statistics.decoded(after + INTERVAL, Duration::from_millis(1), false);
        let soon = stats(&statistics, after + Duration::from_secs(1));
        assert_eq!((soon.freeze_count, soon.total_freezes_duration), (1, 0.9));
        assert_eq!(soon.since_decoded, Some(967.0));
        statistics.decoded(after + Duration::from_secs(3), Duration::from_millis(1), false);
        let later = after + Duration::from_millis(3100);
        assert_eq!(stats(&statistics, later).longest_gap, Some(2967.0), "another gap is the longest now");
    }

    #[test]
    fn before_the_first_frame_there_is_no_gap() {
        let statistics = DecodeStatistics::default();
        let before = stats(&statistics, Instant::now());
        assert_eq!((before.longest_gap, before.since_decoded), (None, None));
    }

    #[test]
    fn sums_are_those_of_w3c() {
        let start = Instant::now();
        let mut statistics = DecodeStatistics::default();
        for milliseconds in [0, 100, 300] {
            statistics.decoded(start + Duration::from_millis(milliseconds), INTERVAL, false);
        }
        let stats = stats(&statistics, start + Duration::from_millis(300));
        assert!((stats.total_inter_frame_delay - 0.3).abs() < 1e-9);
        assert!((stats.total_squared_inter_frame_delay - 0.05).abs() < 1e-9);
        assert!((stats.total_decode_time - 0.099).abs() < 1e-9);
    }
}
