//! What is measured of frames and set-ups, as quantiles.

use serde::{Deserialize, Serialize};

/// Euclidean distances between reported and true position, in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ErrorPixels {
    /// The average.
    pub mean: f64,
    /// The median.
    pub p50: f64,
    /// 95 of 100 are not above.
    pub p95: f64,
    /// The worst.
    pub max: f64,
}

/// From the capture of a frame to the arrival of its report, both on the server's clock.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct LatencyMilliseconds {
    /// The median.
    pub p50: f64,
    /// 95 of 100 are not above.
    pub p95: f64,
    /// The worst.
    pub max: f64,
}

/// From accepted signalling to the first report.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct SetupQuantiles {
    /// The median.
    pub p50: f64,
    /// 95 of 100 are not above.
    pub p95: f64,
}

/// Steps between decoded frames, in the time of the video.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Freezes {
    /// Steps above the limit of W3C's `freezeCount`: max(3 x mean interval, mean interval + 150 ms).
    pub count: u64,
    /// The longest step, minus one frame interval.
    pub longest_milliseconds: f64,
}
