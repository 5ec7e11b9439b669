//! The last minutes, a point a second.

use std::collections::VecDeque;

use serde::Serialize;

/// Seconds that are kept: five minutes.
pub(crate) const LENGTH: usize = 300;

/// One second.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Point {
    /// Its end, since the start.
    pub(crate) seconds: f64,
    /// Reports that were scored.
    pub(crate) reports: u64,
    pub(crate) error_pixels: Option<Quantiles>,
    pub(crate) latency_milliseconds: Option<Quantiles>,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(crate) struct Quantiles {
    pub(crate) p50: f64,
    pub(crate) p95: f64,
}

/// The last [`LENGTH`] of them.
#[derive(Debug, Default)]
pub(super) struct History(VecDeque<Point>);

impl History {
    pub(super) fn push(&mut self, point: Point) {
        if self.0.len() == LENGTH {
            self.0.pop_front();
        }
        self.0.push_back(point);
    }

    /// Up to `count` points, the newest last.
    pub(super) fn last(&self, count: usize) -> Vec<Point> {
        self.0.iter().skip(self.0.len().saturating_sub(count)).copied().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_second_makes_place_for_the_newest() {
        let mut history = History::default();
        for n in 0..LENGTH + 3 {
            let point =
                Point { seconds: n as f64, reports: 0, error_pixels: None, latency_milliseconds: None };
            history.push(point);
        }
        let seconds = |count| history.last(count).iter().map(|point| point.seconds).collect::<Vec<_>>();
        assert_eq!(seconds(2), [301.0, 302.0]);
        let all = seconds(usize::MAX);
        assert_eq!((all.len(), all[0]), (LENGTH, 3.0));
    }
}
