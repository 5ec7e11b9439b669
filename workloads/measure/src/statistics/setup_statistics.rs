//! How long sessions take until their first report.

use std::time::Duration;

use report::{SetupQuantiles, milliseconds};

use super::distribution::Distribution;

/// The time between signalling and the first report, over all sessions.
#[derive(Debug)]
pub(crate) struct SetupStatistics(Distribution<u64>);

impl SetupStatistics {
    pub(crate) fn new() -> Self {
        Self(Distribution::new(1e-6, 3))
    }

    pub(crate) fn record(&mut self, setup: Duration) {
        self.0.record(setup.as_secs_f64());
    }

    pub(crate) fn quantiles(&self) -> Option<SetupQuantiles> {
        let quantile = |quantile| milliseconds(Duration::from_secs_f64(self.0.quantile(quantile)));
        (!self.0.is_empty()).then(|| SetupQuantiles { p50: quantile(0.50), p95: quantile(0.95) })
    }
}
