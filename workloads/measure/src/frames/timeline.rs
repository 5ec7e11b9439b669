//! The frames captured lately, found by RTP timestamp or by the moment of their capture.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use super::frame::{CLOCK_RATE, Frame, Place, Truth};

/// How long a captured frame is held: well above the 3 s after which its fate is known.
const HELD_FOR: Duration = Duration::from_secs(10);

/// So many frames are compared one by one before the others are searched.
const NEWEST: usize = 4;

/// The frames of the last while in the order of capture. Each has an ordinal, consecutive from 0.
#[derive(Debug)]
pub(crate) struct Timeline {
    frames: VecDeque<Frame>,
    /// The ordinal of the first frame held.
    first: u64,
    /// The first timestamp ever captured: where the grid of timestamps begins.
    origin: Option<i64>,
    /// What wrapped timestamps are taken relative to: the newest captured one.
    newest: Option<i64>,
    frames_per_second: i64,
}

impl Timeline {
    pub(crate) fn new(frames_per_second: u32) -> Self {
        let frames_per_second = i64::from(frames_per_second.max(1));
        Self { frames: VecDeque::new(), first: 0, origin: None, newest: None, frames_per_second }
    }

    /// Adds the next frame and returns its ordinal; `None` where it has the timestamp of the one before.
    pub(crate) fn push(&mut self, truth: Truth) -> Option<u64> {
        let timestamp = match (self.origin, self.newest) {
            // Capture only goes forward, so the difference is never negative: a pause of up to 13 h is no problem.
            (Some(_), Some(newest)) => newest + i64::from(truth.timestamp.wrapping_sub(newest as u32)),
            _ => self.anchor(truth.timestamp),
        };
        if self.origin.is_some() && self.newest == Some(timestamp) {
            return None;
        }
        self.newest = Some(timestamp);
        self.origin.get_or_insert(timestamp);
        self.frames.push_back(Frame {
            timestamp,
            position: truth.position,
            captured: truth.captured,
            written: None,
        });
        Some(self.end() - 1)
    }

    /// The ordinal before which frames need not be held any more at `now`.
    pub(crate) fn outdated(&self, now: Instant) -> u64 {
        // More than these are there only if time stands still.
        let capacity = HELD_FOR.as_secs() * self.frames_per_second.unsigned_abs() + 1;
        self.older_than(HELD_FOR, now).max(self.end().saturating_sub(capacity))
    }

    /// The ordinal before which every frame is older than `age` at `now`.
    pub(crate) fn older_than(&self, age: Duration, now: Instant) -> u64 {
        let old = |frame: &Frame| now.saturating_duration_since(frame.captured) > age;
        self.first + self.frames.partition_point(old) as u64
    }

    /// Forgets the frames before the ordinal `before`.
    pub(crate) fn forget(&mut self, before: u64) {
        while self.first < before && self.frames.pop_front().is_some() {
            self.first += 1;
        }
    }

    /// The oldest ordinal held.
    pub(crate) fn start(&self) -> u64 {
        self.first
    }

    /// One past the newest ordinal.
    pub(crate) fn end(&self) -> u64 {
        self.first + self.frames.len() as u64
    }

    /// The frame with this ordinal, where it is held.
    pub(crate) fn get(&self, ordinal: u64) -> Option<&Frame> {
        self.frames.get(usize::try_from(ordinal.checked_sub(self.first)?).ok()?)
    }

    /// The frame with `timestamp` was written at `at`, by one of those that write it; the last one counts.
    pub(crate) fn written(&mut self, timestamp: u32, at: Instant) {
        let Some(timestamp) = self.nearest(timestamp) else { return };
        // Newest first: it is nearly always one of the last.
        let frame = self.frames.iter_mut().rev().take_while(|frame| frame.timestamp >= timestamp).last();
        if let Some(frame) = frame.filter(|frame| frame.timestamp == timestamp) {
            frame.written = frame.written.max(Some(at));
        }
    }

    /// The ordinals held, of frames from `timestamp` on.
    pub(crate) fn since(&self, timestamp: i64) -> std::ops::Range<u64> {
        self.first + self.frames.partition_point(|frame| frame.timestamp < timestamp) as u64..self.end()
    }

    /// The timestamp without wrap-around that is nearest to the newest frame, once there is any.
    pub(crate) fn nearest(&self, timestamp: u32) -> Option<i64> {
        let newest = self.newest?;
        Some(newest + i64::from(timestamp.wrapping_sub(newest as u32).cast_signed()))
    }

    /// As [`Timeline::nearest`]; before the first frame `timestamp` itself becomes what others are relative to, so
    /// it must be one of our own.
    pub(crate) fn anchor(&mut self, timestamp: u32) -> i64 {
        self.newest.get_or_insert(i64::from(timestamp));
        self.nearest(timestamp).unwrap_or(i64::from(timestamp))
    }

    /// What is known about the frame with `timestamp`.
    pub(crate) fn find(&self, timestamp: i64) -> Place {
        // Newest first: it is nearly always one of the last.
        let newest = self.frames.iter().rev().take(NEWEST).position(|frame| frame.timestamp == timestamp);
        if let Some(age) = newest {
            return Place::Held(self.end() - 1 - age as u64);
        }
        match self.frames.binary_search_by_key(&timestamp, |frame| frame.timestamp) {
            Ok(index) => Place::Held(self.first + index as u64),
            Err(0) if self.first > 0 && self.on_grid(timestamp) => Place::Forgotten,
            Err(_) => Place::Never,
        }
    }

    /// The timestamp of the frame that `timestamp`, which may be off by some ticks, comes nearest to; itself where that
    /// is half a frame interval away or more. For what is not held any more it is a timestamp on the grid.
    pub(crate) fn snap(&self, timestamp: i64) -> i64 {
        match (self.around(timestamp), self.origin) {
            (Some(frame), _) => frame.timestamp,
            (None, Some(origin)) if self.frames.front().is_some_and(|first| timestamp < first.timestamp) => {
                let ticks = timestamp.saturating_sub(origin).saturating_mul(self.frames_per_second);
                let frame = ticks.saturating_add(CLOCK_RATE / 2).div_euclid(CLOCK_RATE);
                origin.saturating_add((frame * CLOCK_RATE).div_euclid(self.frames_per_second))
            }
            (None, _) => timestamp,
        }
    }

    /// The frame that is nearest to `timestamp`, less than half a frame interval away.
    pub(crate) fn around(&self, timestamp: i64) -> Option<&Frame> {
        let after = self.frames.partition_point(|frame| frame.timestamp < timestamp);
        let distance = |frame: &&Frame| (frame.timestamp - timestamp).unsigned_abs();
        let near = [after.checked_sub(1), Some(after)].into_iter().flatten();
        let nearest = near.filter_map(|index| self.frames.get(index)).min_by_key(distance)?;
        (distance(&nearest) * 2 < (CLOCK_RATE / self.frames_per_second).unsigned_abs()).then_some(nearest)
    }

    /// The ordinal of the newest frame captured at `moment` or before.
    pub(crate) fn captured_by(&self, moment: Instant) -> Option<u64> {
        let later = self.frames.partition_point(|frame| frame.captured <= moment);
        Some(self.first + later.checked_sub(1)? as u64)
    }

    /// The first moment after `after` that is half a frame interval away from the captures before and behind it, as
    /// far as they keep their pace.
    pub(crate) fn between_frames(&self, after: Instant) -> Instant {
        let interval = self.interval();
        let Some(newest) = self.frames.back() else { return after };
        let since = after.saturating_duration_since(newest.captured).as_nanos();
        let past = (since + interval.as_nanos() / 2) / interval.as_nanos();
        newest.captured + interval.mul_f64(past as f64 + 0.5)
    }

    /// As asked for; at least 1.
    pub(crate) fn frames_per_second(&self) -> i64 {
        self.frames_per_second
    }

    /// The time between two frames.
    pub(crate) fn interval(&self) -> Duration {
        Duration::from_secs(1) / u32::try_from(self.frames_per_second).unwrap_or(1)
    }

    /// Whether a frame can have had `timestamp`: frame k has floor(k * 90000 / frames per second), counted from
    /// some k that is not known here. Where that is no whole number, the difference to the origin may round
    /// either way.
    fn on_grid(&self, timestamp: i64) -> bool {
        let fps = self.frames_per_second;
        let ticks = self.origin.map_or(-1, |origin| timestamp - origin);
        let hit = |ticks: i64| {
            let frame = (ticks * fps + CLOCK_RATE - 1) / CLOCK_RATE;
            ticks >= 0 && frame * CLOCK_RATE / fps == ticks
        };
        hit(ticks) || (CLOCK_RATE % fps != 0 && hit(ticks - 1))
    }
}

#[cfg(test)]
mod tests {
    use picture::Point;
    use proptest::prelude::*;

    use super::*;

    fn truth(timestamp: u32, captured: Instant) -> Truth {
        Truth { timestamp, position: Point { x: 0.0, y: 0.0 }, captured }
    }

    #[test]
    fn timestamps_go_on_across_the_wrap_around() {
        let now = Instant::now();
        let mut timeline = Timeline::new(30);
        let start = u32::MAX - 4500;
        let timestamps: Vec<u32> = (0..4).map(|k| start.wrapping_add(k * 3000)).collect();
        for timestamp in &timestamps {
            timeline.push(truth(*timestamp, now));
        }
        for (ordinal, timestamp) in (0..).zip(&timestamps) {
            let unwrapped = timeline.nearest(*timestamp).unwrap();
            assert_eq!(timeline.find(unwrapped), Place::Held(ordinal));
        }
        let off_grid = timeline.nearest(timestamps[2] + 1).unwrap();
        assert_eq!(timeline.find(off_grid), Place::Never);
        let future = timeline.nearest(timestamps[3] + 3000).unwrap();
        assert_eq!(timeline.find(future), Place::Never);
    }

    #[test]
    fn a_pause_of_hours_is_no_step_back() {
        let now = Instant::now();
        let mut timeline = Timeline::new(30);
        timeline.push(truth(0, now));
        // 12 h: more than half of what 32 bits hold.
        assert_eq!(timeline.push(truth(12 * 3600 * 90_000, now)), Some(1));
        assert_eq!(timeline.push(truth(12 * 3600 * 90_000, now)), None);
        assert_eq!(timeline.nearest(12 * 3600 * 90_000), Some(12 * 3600 * 90_000));
    }

    #[test]
    fn the_first_frame_may_be_older_than_the_first_timestamp_heard_of() {
        let now = Instant::now();
        let mut timeline = Timeline::new(30);
        let second = timeline.anchor(1000);
        timeline.push(truth(1000u32.wrapping_sub(3000), now));
        timeline.push(truth(1000, now));
        assert_eq!(timeline.find(second), Place::Held(1));
        assert_eq!(timeline.since(second), 1..2);
    }

    #[test]
    fn forgotten_frames_are_distinguished_from_impossible_ones() {
        let now = Instant::now();
        let mut timeline = Timeline::new(30);
        for k in 0..400u32 {
            timeline.push(truth(6000 + k * 3000, now + Duration::from_secs(1) * k / 30));
        }
        let before = timeline.outdated(now + Duration::from_secs(1) * 399 / 30);
        assert_eq!(before, 99);
        timeline.forget(before);
        assert_eq!(timeline.find(6000 + 99 * 3000), Place::Held(99));
        assert_eq!(timeline.find(6000 + 98 * 3000), Place::Forgotten);
        assert_eq!(timeline.find(6000), Place::Forgotten);
        assert_eq!(timeline.find(6001), Place::Never);
        assert_eq!(timeline.find(3000), Place::Never);
        assert!(timeline.get(98).is_none());
    }

    #[test]
    fn it_is_bounded_even_if_time_stands_still() {
        let now = Instant::now();
        let mut timeline = Timeline::new(5);
        for k in 0..1000u32 {
            timeline.forget(timeline.outdated(now));
            timeline.push(truth(k * 18_000, now));
        }
        assert!(timeline.frames.len() <= 52);
    }

    proptest! {
        #[test]
        fn every_timestamp_of_any_rate_is_on_the_grid(fps in 1u32..=120, first in 0u64..10_000, k in 0u64..1_000_000) {
            let timestamp = |k: u64| i64::try_from(k * 90_000 / u64::from(fps)).unwrap();
            let mut timeline = Timeline::new(fps);
            timeline.origin = Some(timestamp(first));
            prop_assert!(timeline.on_grid(timestamp(first + k)));
            // Two ticks beside it there is never a frame: the shortest interval has 750.
            prop_assert!(!timeline.on_grid(timestamp(first + k) + 3));
        }
    }
}
