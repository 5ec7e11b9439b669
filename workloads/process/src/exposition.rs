//! Metrics in OpenMetrics text, made from a snapshot at every scrape: the numbers are kept elsewhere, and keeping them
//! twice would let them differ.

mod histogram;

use std::fmt::Error;
use std::sync::atomic::AtomicU64;

use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use report::ErrorEntry;
use report::sender::PostCounters;

use self::histogram::Snapshot;

type Label = Vec<(&'static str, String)>;

/// Collects metrics, of which the program's version is the first; names follow Prometheus' conventions: base units at
/// their end, `_total` is appended to counters. A help text is a sentence without its full stop, which is appended as well.
pub struct Exposition {
    registry: Registry,
}

impl Default for Exposition {
    fn default() -> Self {
        let empty = Self { registry: Registry::with_prefix("ballsession") };
        let help = "Always 1: the label is the version of the program";
        empty.gauges("build_info", help, "version", [(env!("CARGO_PKG_VERSION"), Some(1.0))])
    }
}

impl Exposition {
    /// A number of events since the start.
    #[must_use]
    pub fn counter(mut self, name: &str, help: &str, value: u64) -> Self {
        let counter = Counter::<u64>::default();
        counter.inc_by(value);
        self.registry.register(name, help, counter);
        self
    }

    /// An amount since the start that is not whole, as of seconds.
    #[must_use]
    pub fn counter_of(mut self, name: &str, help: &str, value: f64) -> Self {
        let counter = Counter::<f64, AtomicU64>::default();
        counter.inc_by(value);
        self.registry.register(name, help, counter);
        self
    }

    /// Numbers of events, distinguished by one label. The values of the label must be few and known.
    #[must_use]
    pub fn counters(
        mut self,
        name: &str,
        help: &str,
        label: &'static str,
        values: impl IntoIterator<Item = (&'static str, u64)>,
    ) -> Self {
        let family = Family::<Label, Counter>::default();
        for (which, value) in values {
            family.get_or_create(&vec![(label, which.to_owned())]).inc_by(value);
        }
        self.registry.register(name, help, family);
        self
    }

    /// A number that goes up and down.
    #[must_use]
    pub fn gauge(mut self, name: &str, help: &str, value: f64) -> Self {
        let gauge = Gauge::<f64, AtomicU64>::default();
        gauge.set(value);
        self.registry.register(name, help, gauge);
        self
    }

    /// A number that goes up and down, left out while it has no value.
    #[must_use]
    pub fn gauge_if_any(self, name: &str, help: &str, value: Option<f64>) -> Self {
        match value {
            Some(value) => self.gauge(name, help, value),
            None => self,
        }
    }

    /// The distribution of a quantity since the start: upper bounds, ascending, the last one infinite, each with the
    /// number of samples above the bound before it and not above itself; and the sum of all samples.
    #[must_use]
    pub fn histogram(mut self, name: &str, help: &str, buckets: &[(f64, u64)], sum: f64) -> Self {
        self.registry.register(name, help, Snapshot { buckets: buckets.to_vec(), sum });
        self
    }

    /// Numbers, distinguished by one label; those without a value are left out.
    #[must_use]
    pub fn gauges(
        mut self,
        name: &str,
        help: &str,
        label: &'static str,
        values: impl IntoIterator<Item = (&'static str, Option<f64>)>,
    ) -> Self {
        let family = Family::<Label, Gauge<f64, AtomicU64>>::default();
        for (which, value) in values {
            if let Some(value) = value {
                family.get_or_create(&vec![(label, which.to_owned())]).set(value);
            }
        }
        self.registry.register(name, help, family);
        self
    }

    /// The errors so far, by their codes.
    #[must_use]
    pub fn errors(self, name: &str, errors: &[ErrorEntry]) -> Self {
        let counts = errors.iter().map(|error| (error.code.as_str(), error.count));
        self.counters(name, "Errors by code", "code", counts)
    }

    /// The posts to the operator, where there are to be any.
    #[must_use]
    pub fn posts(self, posts: Option<&PostCounters>) -> Self {
        let Some(posts) = posts else { return self };
        self.counters("report_posts", "Posts to the operator, by result", "result", posts.by_result())
    }

    /// The text.
    ///
    /// # Errors
    /// Where a metric cannot be written; strings always can.
    pub fn finish(self) -> Result<String, Error> {
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_is_open_metrics() {
        let text = Exposition::default()
            .counter("sweeps", "Frames swept over the sessions", 3)
            .counter_of("sweep_seconds", "The time that took", 0.5)
            .counters("frames", "Frames by fate", "fate", [("matched", 5), ("lost", 1)])
            .gauges("recent_latency_seconds", "Latency", "percentile", [("50", Some(0.003)), ("95", None)])
            .gauge_if_any("loss_ratio", "Loss", None)
            .histogram("error_pixels", "Error", &[(0.5, 3), (1.0, 1), (f64::INFINITY, 2)], 9.5)
            .gauge("sessions", "Sessions now", 2.0)
            .finish()
            .unwrap();
        for line in [
            "# TYPE ballsession_sweeps counter",
            "ballsession_sweeps_total 3",
            "ballsession_sweep_seconds_total 0.5",
            "ballsession_frames_total{fate=\"lost\"} 1",
            "ballsession_recent_latency_seconds{percentile=\"50\"} 0.003",
            "# HELP ballsession_sessions Sessions now.",
            "ballsession_sessions 2.0",
            concat!("ballsession_build_info{version=\"", env!("CARGO_PKG_VERSION"), "\"} 1.0"),
            "# TYPE ballsession_error_pixels histogram",
            "ballsession_error_pixels_bucket{le=\"0.5\"} 3",
            "ballsession_error_pixels_bucket{le=\"1.0\"} 4",
            "ballsession_error_pixels_bucket{le=\"+Inf\"} 6",
            "ballsession_error_pixels_count 6",
            "ballsession_error_pixels_sum 9.5",
            "# EOF",
        ] {
            assert!(text.lines().any(|found| found == line), "{line} in\n{text}");
        }
        assert!(!text.contains("95") && !text.contains("loss"));
    }
}
