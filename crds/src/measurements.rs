//! The numbers of a session in its status. All from the reports.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Numbers of one server process, in text where they may have a fraction. What has no sample is left out. From the
/// reports.
#[derive(JsonSchema, Serialize, Deserialize, Debug, Clone, Default, PartialEq)]
#[serde(rename_all = "camelCase", default)]
pub struct Measurements {
    /// When the server process started that they belong to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Time>,
    /// What became of the frames.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frames: Option<Frames>,
    /// Lost, late and undecodable frames, in percent of those whose fate is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 16))]
    pub loss_percent: Option<String>,
    /// Decoded frames in which no ball was found, in percent of those whose fate is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 16))]
    pub undetected_percent: Option<String>,
    /// Frames that came out good, in percent of those that the frame rate promises while clients are to be there.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 16))]
    pub delivered_percent: Option<String>,
    /// How far reported positions are off, in pixels.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_pixels: Option<Quantiles>,
    /// From a frame's capture to the arrival of its report, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub latency_milliseconds: Option<Quantiles>,
    /// From a client's connection to its first report, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub setup_milliseconds: Option<Quantiles>,
    /// Times the video stood still.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub freezes: Option<Freezes>,
    /// The longest time without pictures of any client when this server took over from the one before, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 16))]
    pub recovery_milliseconds: Option<String>,
    /// The frames that the frame rate promises all clients for their times.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lost_frames: Option<i64>,
}

/// Frames by what became of them. Sent is the sum of all others.
#[derive(JsonSchema, Serialize, Deserialize, Debug, Clone, Copy, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase", default)]
pub struct Frames {
    /// Frames sent, counted once for each client.
    pub sent: i64,
    /// Not known yet.
    pub pending: i64,
    /// The ball's position was reported within 1 second.
    pub matched: i64,
    /// As matched, but which frame is meant is an estimate.
    pub estimated: i64,
    /// Nothing was reported within 3 seconds.
    pub lost: i64,
    /// Something was reported after 1 to 3 seconds.
    pub late: i64,
    /// The client got the frame but could not decode it.
    pub undecodable: i64,
    /// The client decoded the frame but found no ball.
    pub undetected: i64,
}

/// How a quantity is distributed; the unit is in the name of the field.
#[derive(JsonSchema, Serialize, Deserialize, Debug, Clone, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase", default)]
pub struct Quantiles {
    /// The average.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 16))]
    pub mean: Option<String>,
    /// The median.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 16))]
    pub p50: Option<String>,
    /// 95 of 100 are not above.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 16))]
    pub p95: Option<String>,
    /// The worst.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 16))]
    pub max: Option<String>,
}

/// Times the video stood still.
#[derive(JsonSchema, Serialize, Deserialize, Debug, Clone, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase", default)]
pub struct Freezes {
    /// How often.
    pub count: i64,
    /// The longest, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 16))]
    pub longest_milliseconds: Option<String>,
}
