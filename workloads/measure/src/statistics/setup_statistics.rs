//! How long sessions take until their first report.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use report::{SetupQuantiles, significant};

use super::{compact::Compact, samples::Samples};

/// Set-ups whose moments are remembered at most, the last ones.
const KEPT: usize = 4096;
/// The same of one client.
const KEPT_OF_CLIENT: usize = 16;

/// The time between signalling and the first report, over the sessions of all clients or of one.
#[derive(Debug, Clone)]
pub(crate) struct SetupStatistics {
    all: Compact,
    /// When the last ones were through, and how many seconds they took.
    last: VecDeque<(Instant, f64)>,
    kept: usize,
}

impl SetupStatistics {
    pub(crate) fn of_all() -> Self {
        Self { all: Compact::fine(1e-6), last: VecDeque::new(), kept: KEPT }
    }

    pub(crate) fn of_client() -> Self {
        Self { all: Compact::small(1e-6), last: VecDeque::new(), kept: KEPT_OF_CLIENT }
    }

    pub(crate) fn record(&mut self, at: Instant, setup: Duration) {
        self.all.record(setup.as_secs_f64());
        if self.last.len() == self.kept {
            self.last.pop_front();
        }
        self.last.push_back((at, setup.as_secs_f64()));
    }

    pub(crate) fn absorb(&mut self, other: &Self) {
        self.all.merge(&other.all);
        self.last.extend(&other.last);
        let surplus = self.last.len().saturating_sub(self.kept);
        self.last.drain(..surplus);
    }

    /// Of the whole run.
    pub(crate) fn quantiles(&self) -> Option<SetupQuantiles> {
        (!self.all.is_empty()).then(|| quantiles(|share| self.all.quantile(share)))
    }

    /// Of the sessions that were through since `since`.
    pub(crate) fn quantiles_since(&self, since: Instant) -> Option<SetupQuantiles> {
        let seconds = self.last.iter().filter(|(at, _)| *at >= since).map(|(_, seconds)| *seconds);
        of_list(seconds.collect())
    }

    /// The last one, in seconds.
    pub(crate) fn last(&self) -> Option<f64> {
        self.last.back().map(|(_, seconds)| *seconds)
    }
}

/// The quantiles of some set-ups, in seconds; `None` where there are none.
pub(crate) fn of_list(mut seconds: Vec<f64>) -> Option<SetupQuantiles> {
    seconds.sort_by(f64::total_cmp);
    let rank = |share: f64| ((share * seconds.len() as f64).ceil() as usize).saturating_sub(1);
    (!seconds.is_empty()).then(|| quantiles(|share| seconds.get(rank(share)).copied().unwrap_or_default()))
}

fn quantiles(of: impl Fn(f64) -> f64) -> SetupQuantiles {
    let milliseconds = |share| significant(of(share) * 1e3);
    SetupQuantiles { p50: milliseconds(0.50), p95: milliseconds(0.95) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_ones_are_in_the_run_and_not_in_the_window() {
        let start = Instant::now();
        let mut setups = SetupStatistics::of_client();
        assert_eq!((setups.quantiles(), setups.last()), (None, None));
        setups.record(start, Duration::from_secs(9));
        for second in 1..=40 {
            setups.record(start + Duration::from_secs(second), Duration::from_millis(second * 10));
        }
        assert_eq!(setups.quantiles().map(|setup| setup.p95 < 400.0), Some(true));
        let recent = setups.quantiles_since(start + Duration::from_secs(31));
        assert_eq!(recent, Some(SetupQuantiles { p50: 350.0, p95: 400.0 }));
        assert_eq!(setups.quantiles_since(start + Duration::from_secs(41)), None);
        assert_eq!((setups.last(), setups.last.len()), (Some(0.4), KEPT_OF_CLIENT));
    }
}
