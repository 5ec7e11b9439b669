//! What kept a program from its work, over time.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use super::span::KEPT;
use crate::cause::ProgramEvidence;

/// A fault that has just begun shows in a stretch of this length before it shows in a whole window.
const FRESH: Duration = Duration::from_secs(10);

/// Figures of one moment: counters since the start, and latenesses since the figures before.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct ProgramFigures {
    pub(crate) throttled_milliseconds: Option<f64>,
    pub(crate) pressure_milliseconds: Option<f64>,
    /// Of the camera, or of the thread that decodes.
    pub(crate) worst_lateness_milliseconds: Option<f64>,
    /// Of the threads that send, where there are any.
    pub(crate) shard_worst_lateness_milliseconds: Option<f64>,
    /// Frames that were left out or dropped.
    pub(crate) dropped: u64,
    /// Frames that there should have been.
    pub(crate) frames: u64,
}

/// Threads are late by some milliseconds all the time, which adds up to nothing that a viewer notices.
const COUNTED_MILLISECONDS: f64 = 50.0;

impl ProgramFigures {
    fn worst(&self) -> Option<f64> {
        most(self.worst_lateness_milliseconds, self.shard_worst_lateness_milliseconds)
    }
}

/// What happened in a stretch of time.
#[derive(Debug, Clone, Copy)]
struct Stretch {
    ended: Instant,
    seconds: f64,
    throttled: Option<f64>,
    pressure: Option<f64>,
    lateness: Option<f64>,
    shard_lateness: Option<f64>,
    /// The sum of what is worth counting.
    lateness_sum: f64,
    dropped: u64,
    frames: u64,
}

/// The figures of the last while.
#[derive(Debug, Clone, Default)]
pub(crate) struct ProgramSeries {
    last: Option<(Instant, ProgramFigures)>,
    stretches: VecDeque<Stretch>,
}

impl ProgramSeries {
    /// Adds the figures of `now`; those of a stretch of `least` are kept together. Of the first ones, and of those of another
    /// process, only the latenesses say something; the next ones are relative to them.
    pub(crate) fn add(&mut self, now: Instant, figures: ProgramFigures, least: Duration) {
        let before = self.last.replace((now, figures));
        let goes_on = |(_, before): &(Instant, ProgramFigures)| {
            figures.frames >= before.frames && figures.dropped >= before.dropped
        };
        let (at, before) = before.filter(goes_on).unwrap_or((now, figures));
        let since = |now: Option<f64>, before: Option<f64>| {
            now.zip(before).map(|(now, before)| (now - before).max(0.0))
        };
        let new = Stretch {
            ended: now,
            seconds: now.saturating_duration_since(at).as_secs_f64(),
            throttled: since(figures.throttled_milliseconds, before.throttled_milliseconds),
            pressure: since(figures.pressure_milliseconds, before.pressure_milliseconds),
            lateness: figures.worst_lateness_milliseconds,
            shard_lateness: figures.shard_worst_lateness_milliseconds,
            lateness_sum: figures.worst().filter(|late| *late >= COUNTED_MILLISECONDS).unwrap_or(0.0),
            dropped: figures.dropped - before.dropped,
            frames: figures.frames - before.frames,
        };
        match self.stretches.back_mut().filter(|last| last.seconds < least.as_secs_f64()) {
            Some(last) => *last = last.joined(&new),
            None => self.stretches.push_back(new),
        }
        if self.stretches.len() > KEPT {
            self.stretches.pop_front();
        }
    }

    /// Nothing that is added next is relative to what was before.
    pub(crate) fn restart(&mut self) {
        self.last = None;
    }

    /// What the figures since `since` point at.
    pub(crate) fn evidence(&self, since: Instant, now: Instant) -> ProgramEvidence {
        let window = self.joined_since(since).map(|all| all.evidence()).unwrap_or_default();
        let fresh = now.checked_sub(FRESH).filter(|fresh| *fresh > since);
        let fresh = fresh.and_then(|fresh| self.joined_since(fresh)).map(|fresh| fresh.evidence());
        let fresh = fresh.unwrap_or_default();
        ProgramEvidence {
            throttled_percent: most(window.throttled_percent, fresh.throttled_percent),
            pressure_percent: most(window.pressure_percent, fresh.pressure_percent),
            worst_lateness_milliseconds: window.worst_lateness_milliseconds,
            lateness_milliseconds: window.lateness_milliseconds,
            dropped_percent: most(window.dropped_percent, fresh.dropped_percent),
        }
    }

    /// What was added since `since`: times and frames of it, and the worst latenesses.
    pub(crate) fn since(&self, since: Instant) -> ProgramFigures {
        self.joined_since(since).map_or(ProgramFigures::default(), |all| ProgramFigures {
            throttled_milliseconds: all.throttled,
            pressure_milliseconds: all.pressure,
            worst_lateness_milliseconds: all.lateness,
            shard_worst_lateness_milliseconds: all.shard_lateness,
            dropped: all.dropped,
            frames: all.frames,
        })
    }

    fn joined_since(&self, since: Instant) -> Option<Stretch> {
        let recent = self.stretches.iter().filter(|stretch| stretch.ended > since);
        recent.copied().reduce(|all, stretch| all.joined(&stretch))
    }
}

impl Stretch {
    fn joined(&self, later: &Self) -> Self {
        let sum = |one: Option<f64>, other: Option<f64>| match (one, other) {
            (Some(one), Some(other)) => Some(one + other),
            (one, other) => one.or(other),
        };
        Self {
            ended: later.ended,
            seconds: self.seconds + later.seconds,
            throttled: sum(self.throttled, later.throttled),
            pressure: sum(self.pressure, later.pressure),
            lateness: most(self.lateness, later.lateness),
            shard_lateness: most(self.shard_lateness, later.shard_lateness),
            lateness_sum: self.lateness_sum + later.lateness_sum,
            dropped: self.dropped + later.dropped,
            frames: self.frames + later.frames,
        }
    }

    fn evidence(&self) -> ProgramEvidence {
        // Milliseconds of a second are tenths of a percent.
        let percent = |milliseconds: f64| milliseconds / 10.0 / self.seconds.max(1e-3);
        ProgramEvidence {
            throttled_percent: self.throttled.map(percent),
            pressure_percent: self.pressure.map(percent),
            worst_lateness_milliseconds: most(self.lateness, self.shard_lateness),
            lateness_milliseconds: most(self.lateness, self.shard_lateness).map(|_| self.lateness_sum),
            dropped_percent: (self.frames > 0).then(|| self.dropped as f64 * 100.0 / self.frames as f64),
        }
    }
}

fn most(one: Option<f64>, other: Option<f64>) -> Option<f64> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.max(other)),
        (one, other) => one.or(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_shows_while_it_is_fresh_and_as_long_as_the_window_has_it() {
        let start = Instant::now();
        let at = |second| start + Duration::from_secs(second);
        let mut series = ProgramSeries::default();
        let mut throttled = 0.0;
        for second in 0..=120 {
            throttled += if (60..63).contains(&second) { 500.0 } else { 0.0 };
            let figures = ProgramFigures {
                throttled_milliseconds: Some(throttled),
                worst_lateness_milliseconds: Some(if second == 61 { 400.0 } else { 2.0 }),
                frames: second * 30,
                ..ProgramFigures::default()
            };
            series.add(at(second), figures, Duration::from_secs(3));
            let evidence = series.evidence(at(second.saturating_sub(60)), at(second));
            if second == 63 {
                assert!(evidence.throttled_percent.is_some_and(|percent| percent > 10.0), "{evidence:?}");
            }
            if second == 100 {
                assert!(evidence.throttled_percent.is_some_and(|percent| percent < 3.0), "{evidence:?}");
            }
            let is_late = evidence.worst_lateness_milliseconds > Some(100.0);
            assert!(is_late == (61..=120).contains(&second) || second > 118, "{second}");
            assert!(series.stretches.len() <= KEPT);
        }
        assert_eq!(series.since(at(117)).throttled_milliseconds, Some(0.0));
    }

    #[test]
    fn another_process_is_no_step_back() {
        let (start, mut series) = (Instant::now(), ProgramSeries::default());
        let figures = |frames| ProgramFigures { frames, ..ProgramFigures::default() };
        for (second, frames) in [(0, 100), (1, 10), (2, 40)] {
            series.add(start + Duration::from_secs(second), figures(frames), Duration::ZERO);
        }
        assert_eq!(series.evidence(start - Duration::from_secs(1), start).dropped_percent, Some(0.0));
        assert_eq!(series.since(start - Duration::from_secs(1)).frames, 30);
    }

    /// A client that was stopped for so long that its session was over says so first thing in the next one.
    #[test]
    fn a_process_that_is_heard_of_for_the_first_time_was_late_before() {
        let (start, mut series) = (Instant::now(), ProgramSeries::default());
        let figures =
            ProgramFigures { worst_lateness_milliseconds: Some(7900.0), ..ProgramFigures::default() };
        series.add(start + Duration::from_secs(1), figures, Duration::ZERO);
        assert_eq!(series.evidence(start, start).worst_lateness_milliseconds, Some(7900.0));
    }
}
