//! The numbers of the last while.

use serde::{Deserialize, Serialize};

use super::{
    frames::Frames,
    quantities::{
        ErrorPixels, Freezes, Gaps, LatencyMilliseconds, LatencySplit, Network, ServerCpu, SetupQuantiles,
    },
};

/// The numbers over the last while, which ends 3 s ago: the fate of every frame in it is known. A frame belongs to the
/// moment it was sent. Only freezes reach up to now.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Recent {
    /// How long that while is.
    pub window_seconds: f64,
    /// As [`crate::Summary::frames`].
    pub frames: Frames,
    /// As [`crate::Summary::loss_percent`].
    pub loss_percent: Option<f64>,
    /// As [`crate::Summary::undetected_percent`].
    #[serde(default)]
    pub undetected_percent: Option<f64>,
    /// As [`crate::Summary::delivered_percent`].
    #[serde(default)]
    pub delivered_percent: Option<f64>,
    /// As [`crate::Summary::error_pixels`].
    pub error_pixels: Option<ErrorPixels>,
    /// As [`crate::Summary::latency_milliseconds`].
    pub latency_milliseconds: Option<LatencyMilliseconds>,
    /// As [`crate::Summary::latency_split`].
    #[serde(default)]
    pub latency_split: LatencySplit,
    /// Of the sessions that began to report within the window; where there was none, of the last one of each client.
    #[serde(default)]
    pub setup_milliseconds: Option<SetupQuantiles>,
    /// As [`crate::Summary::freezes`].
    pub freezes: Option<Freezes>,
    /// As [`crate::Summary::gaps`].
    #[serde(default)]
    pub gaps: Option<Gaps>,
    /// As [`crate::Summary::network`].
    #[serde(default)]
    pub network: Network,
    /// As [`crate::Summary::cpu`].
    #[serde(default)]
    pub cpu: ServerCpu,
}

/// The quantities of one client over the last while.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RowRecent {
    /// Frames whose fate is known.
    pub frames_settled: u64,
    /// Lost, late and undecodable ones of them.
    pub loss_percent: Option<f64>,
    /// Decoded ones of them in which there was no ball.
    pub undetected_percent: Option<f64>,
    /// Matched and estimated frames, of those that the frame rate promises for the wanted time.
    pub delivered_percent: Option<f64>,
    /// 95 of 100 positions are not farther off.
    pub error_pixels_p95: Option<f64>,
    /// 95 of 100 reports did not take longer from capture.
    pub latency_milliseconds_p95: Option<f64>,
    /// The longest one that ended in the window, or is open.
    pub longest_freeze_milliseconds: Option<f64>,
    /// For how long the client was wanted.
    pub wanted_seconds: f64,
}
