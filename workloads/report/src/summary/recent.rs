//! The numbers of the last while.

use serde::{Deserialize, Serialize};

use super::{
    frames::Frames,
    quantities::{ErrorPixels, Freezes, LatencyMilliseconds},
};

/// The numbers over the last while; a frame belongs to the moment it was sent.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Recent {
    /// How long that while is.
    pub window_seconds: f64,
    /// As [`crate::Summary::frames`].
    pub frames: Frames,
    /// As [`crate::Summary::loss_percent`].
    pub loss_percent: Option<f64>,
    /// As [`crate::Summary::error_pixels`].
    pub error_pixels: Option<ErrorPixels>,
    /// As [`crate::Summary::latency_milliseconds`].
    pub latency_milliseconds: Option<LatencyMilliseconds>,
    /// As [`crate::Summary::freezes`].
    pub freezes: Option<Freezes>,
}
