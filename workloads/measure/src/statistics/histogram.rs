//! A distribution in a few fixed buckets, as monitoring wants it: those of many sessions and moments can be added up.

/// How many samples of a quantity fell between some bounds, since the start of the run: no number ever gets smaller.
#[derive(Debug, Clone, PartialEq)]
pub struct Histogram {
    /// Each upper bound, ascending, the last one infinite, and the samples above the bound before it and not above this
    /// one. Samples that are less than a thousandth above a bound may count as not above it.
    pub buckets: Vec<(f64, u64)>,
    /// All samples added up.
    pub sum: f64,
}

/// The errors and latencies that the top level of a summary has quantiles of.
#[derive(Debug, Clone, PartialEq)]
pub struct Histograms {
    /// How far reported positions were off, in pixels.
    pub error_pixels: Histogram,
    /// From the capture of a frame to the arrival of its report, in seconds.
    pub latency_seconds: Histogram,
}

/// From what a good detector is off, over the objective that is one pixel unless somebody says otherwise, to a ball that
/// is somewhere else.
pub(crate) const ERROR_PIXELS: [f64; 12] =
    [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 50.0];

/// From loopback, over the objective that is 200 ms unless somebody says otherwise, to the age at which a frame counts as
/// late and has no latency any more. All are whole milliseconds, as objectives are.
pub(crate) const LATENCY_SECONDS: [f64; 13] =
    [0.001, 0.002, 0.004, 0.008, 0.015, 0.03, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 1.0];
