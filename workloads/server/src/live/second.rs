//! The quantiles of one second.

use std::time::Duration;

use hdrhistogram::Histogram;
use report::significant;

use super::history::{Point, Quantiles};

/// A good detector is off by some thousandths of a pixel.
const PIXEL_UNIT: f64 = 1e-4;
const MILLISECOND_UNIT: f64 = 1e-3;
/// The largest value that is distinguished from larger ones: 100 px, and the 1 s after which a report is late.
const MOST_UNITS: u64 = 1_000_000;

/// Errors and latencies since the last second was over. Their histograms take 44 kB, however many there are.
#[derive(Debug)]
pub(super) struct Second {
    error: Histogram<u32>,
    latency: Histogram<u32>,
}

impl Second {
    pub(super) fn new() -> Self {
        let histogram =
            || Histogram::new_with_max(MOST_UNITS, 2).expect("2 digits of a range above 2 are valid");
        Self { error: histogram(), latency: histogram() }
    }

    pub(super) fn record(&mut self, error_pixels: f64, latency: Duration) {
        // As casts go, what is too large becomes the largest value, and is then cut to the range.
        self.error.saturating_record((error_pixels / PIXEL_UNIT).round() as u64);
        self.latency.saturating_record(latency.as_micros() as u64);
    }

    /// The second that is over at `seconds`; the next one begins.
    pub(super) fn take(&mut self, seconds: f64) -> Point {
        let point = Point {
            seconds,
            reports: self.error.len(),
            error_pixels: quantiles(&self.error, PIXEL_UNIT),
            latency_milliseconds: quantiles(&self.latency, MILLISECOND_UNIT),
        };
        self.error.reset();
        self.latency.reset();
        point
    }
}

fn quantiles(histogram: &Histogram<u32>, unit: f64) -> Option<Quantiles> {
    let quantile = |quantile| significant(histogram.value_at_quantile(quantile) as f64 * unit);
    (!histogram.is_empty()).then(|| Quantiles { p50: quantile(0.50), p95: quantile(0.95) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_has_its_own_quantiles_and_an_empty_one_has_none() {
        let mut second = Second::new();
        for n in 1..=100_u32 {
            second.record(f64::from(n) * 1e-3, Duration::from_millis(n.into()));
        }
        let point = second.take(1.0);
        let (error, latency) = (point.error_pixels.unwrap(), point.latency_milliseconds.unwrap());
        assert_eq!((point.seconds, point.reports), (1.0, 100));
        // Two digits are kept, rounded up.
        assert!((0.050..=0.051).contains(&error.p50) && (0.095..=0.096).contains(&error.p95), "{error:?}");
        assert!((50.0..=50.6).contains(&latency.p50) && (95.0..=96.0).contains(&latency.p95), "{latency:?}");
        let empty = Point { seconds: 2.0, reports: 0, error_pixels: None, latency_milliseconds: None };
        assert_eq!(second.take(2.0), empty);
    }

    #[test]
    fn what_is_out_of_range_is_as_large_as_can_be() {
        let mut second = Second::new();
        second.record(1e300, Duration::MAX);
        let point = second.take(0.0);
        assert!(point.error_pixels.unwrap().p50 >= 100.0);
        assert!(point.latency_milliseconds.unwrap().p50 >= 1000.0);
    }
}
