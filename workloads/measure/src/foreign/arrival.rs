//! Peers that report where the ball is and not in which frame.
//!
//! Such a peer reports the newest frame that it had decoded at some moment: when it was asked, or when it reported. So
//! the frame is the last one captured before that moment less the peer's own delay. The delay is not known, but it hardly
//! changes: it is the one that fits the last reports best.

use std::time::{Duration, Instant};

use picture::Point;

use super::fit::Fit;
use crate::frames::Timeline;

/// Delays are resolved to this.
const STEP: Duration = Duration::from_millis(10);
/// Steps up to the longest delay, 1 s.
const STEPS: u32 = 100;
/// Reports that determine a delay. By one alone any delay would do that the ball was near at; with three it has to explain
/// two of them.
const ENOUGH: usize = 3;

/// A report whose frame is known as well as it can be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Aligned {
    /// When its frame was captured, or a little later.
    pub(crate) captured: Instant,
    /// From where the ball was, in pixels.
    pub(crate) error: f64,
}

/// What is known about a peer's delay.
#[derive(Debug, Default)]
pub(crate) struct Arrival {
    fit: Fit,
    /// The moments of the reports that came before there were enough, and their distances by delay.
    waiting: Vec<(Instant, Vec<f64>)>,
    delay: Option<u32>,
    /// When the last report came, and whether it was an answer.
    last: Option<(Instant, bool)>,
}

impl Arrival {
    /// Whether a report that comes at `at` is taken. None is about another frame than the one before where they are
    /// less than half a frame `interval` apart.
    pub(crate) fn admit(&mut self, at: Instant, is_answer: bool, interval: Duration) -> bool {
        if let Some((last, was_answer)) = self.last {
            if at.saturating_duration_since(last) < interval / 2 {
                return false;
            }
            if was_answer != is_answer {
                // What was taken for an answer was none: its moment was another one.
                *self = Self::default();
            }
        }
        self.last = Some((at, is_answer));
        true
    }

    /// Takes a report about `moment`; frames before the timestamp `first` were not sent to the peer. Answers
    /// with the reports whose error is known thereby, oldest first.
    pub(crate) fn take(
        &mut self,
        moment: Instant,
        reported: Point,
        first: i64,
        timeline: &Timeline,
    ) -> Vec<Aligned> {
        let distance = |steps| {
            let captured = moment.checked_sub(STEP * steps);
            let ordinal = captured.and_then(|captured| timeline.captured_by(captured));
            let frame = ordinal.and_then(|ordinal| timeline.get(ordinal));
            let frame = frame.filter(|frame| frame.timestamp >= first);
            frame.map_or(f64::INFINITY, |frame| frame.position.distance(reported))
        };
        let distances: Vec<f64> = (0..=STEPS).map(distance).collect();
        self.fit.add(distances.clone());
        self.waiting.push((moment, distances));
        if self.fit.reports() < ENOUGH {
            return Vec::new();
        }
        self.delay = self.fit.best().and_then(|best| u32::try_from(best).ok()).or(self.delay);
        let Some(delay) = self.delay else {
            self.waiting.clear();
            return Vec::new();
        };
        let aligned = |(moment, distances): (Instant, Vec<f64>)| Aligned {
            captured: moment.checked_sub(STEP * delay).unwrap_or(moment),
            error: distances.get(delay as usize).copied().unwrap_or(f64::INFINITY),
        };
        // Where nothing was sent so long before the moment, the report has no frame.
        self.waiting.drain(..).map(aligned).filter(|aligned| aligned.error.is_finite()).collect()
    }

    /// The peer's delay, once it is known.
    pub(crate) fn delay(&self) -> Option<Duration> {
        self.delay.map(|steps| STEP * steps)
    }
}
