//! What a viewer sees of the video: the time between decoded frames, on this machine's monotonic clock, and what decoding
//! costs. Time is an argument.
//!
//! Names and formulas are those of W3C's webrtc-stats, `RTCInboundRtpStreamStats`. They go on over a lost connection: a
//! viewer sees no difference.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use process::NextBeat;
use report::channel::ClientStats;

use crate::gaps::Gaps;

/// Gaps between frames that make the average that a freeze is measured by.
const AVERAGED: usize = 30;
/// What is above max(3 x average, average + this) is a freeze.
const FREEZE_MARGIN: Duration = Duration::from_millis(150);
/// A lateness is said in this many messages, as one may be lost; after a lost session it is said once more in the next one.
const SAID: usize = 2;

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
    /// The worst since the last message, and the worst that each of the last ones had to say, newest first.
    worst_lateness: Duration,
    said_lateness: [Duration; SAID],
    next_beat: NextBeat,
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

    /// Something that was due happened so late: the decoding of a complete frame, or a timer.
    pub(crate) fn late(&mut self, lateness: Duration) {
        self.worst_lateness = self.worst_lateness.max(lateness);
    }

    /// The process's own timer ticked at `now`, so late.
    pub(crate) fn beat(&mut self, late: Duration, now: Instant) {
        self.late(late);
        self.next_beat.ticked(now);
    }

    /// A beat that should have come by `now` is late already.
    pub(crate) fn check_beat(&mut self, now: Instant) {
        self.late(self.next_beat.overdue(now));
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
        let lateness = self.said_lateness.into_iter().take(SAID - 1).fold(self.worst_lateness, Duration::max);
        stats.cpu.worst_lateness_milliseconds = Some(milliseconds(lateness));
    }

    /// The worst lateness was said in a message: it starts anew.
    pub(crate) fn lateness_said(&mut self) {
        self.said_lateness.rotate_right(1);
        self.said_lateness[0] = std::mem::take(&mut self.worst_lateness);
    }

    /// Nobody may have heard the last messages.
    pub(crate) fn lateness_unheard(&mut self) {
        self.worst_lateness = self.said_lateness.into_iter().fold(self.worst_lateness, Duration::max);
        self.said_lateness = [Duration::ZERO; SAID];
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

    /// A client that was stopped for a second sent its figures before its timer had ticked, and blamed the network.
    #[test]
    fn a_beat_that_did_not_come_yet_is_late_all_the_same() {
        let (start, mut statistics) = (Instant::now(), DecodeStatistics::default());
        let at = |milliseconds| start + Duration::from_millis(milliseconds);
        statistics.check_beat(at(5000));
        statistics.beat(Duration::from_millis(2), start);
        statistics.check_beat(at(1090));
        assert_eq!(stats(&statistics, at(1090)).cpu.worst_lateness_milliseconds, Some(990.0));
    }

    #[test]
    fn a_lateness_is_said_twice_and_once_more_after_a_lost_session() {
        let mut statistics = DecodeStatistics::default();
        let late =
            |statistics: &DecodeStatistics| stats(statistics, Instant::now()).cpu.worst_lateness_milliseconds;
        for milliseconds in [5, 250, 7] {
            statistics.late(Duration::from_millis(milliseconds));
        }
        assert_eq!(late(&statistics), Some(250.0));
        statistics.lateness_said();
        assert_eq!(late(&statistics), Some(250.0), "that message may be lost");
        statistics.lateness_said();
        assert_eq!(late(&statistics), Some(0.0));
        statistics.lateness_unheard();
        assert_eq!(late(&statistics), Some(250.0), "and so may both");
        for _ in 0..2 {
            statistics.lateness_said();
        }
        assert_eq!(late(&statistics), Some(0.0));
    }
}
