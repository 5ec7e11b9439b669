//! What counts as good.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::limits;

/// What counts as good, of every client and of all together: the worst decides. While the session runs the numbers of
/// the last window are compared, then those of the whole run.
#[derive(JsonSchema, Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
#[serde(rename_all = "camelCase", default)]
pub struct Objectives {
    /// The time over which a running session is judged, 5s to 1h. A change is sent to the running server; until its
    /// numbers are of the new window there is no verdict.
    #[schemars(transform = limits::WINDOW.rule())]
    pub window: String,

    /// 95 of 100 reported positions may be off by at most so many pixels, such as "0.5"; 0 to 2500.
    #[schemars(transform = limits::ERROR_PIXELS.rule())]
    pub error_pixels_p95: String,

    /// 95 of 100 reports must arrive within this time after their frame's capture, 1ms to 1s. (A report after more
    /// than 1s makes its frame late: that counts as loss.)
    #[schemars(transform = limits::LATENCY.rule())]
    #[serde(rename = "latencyP95")]
    pub latency_p95: String,

    /// At most so many percent of the frames may be lost, late or undecodable, such as "0.5"; 0 to 100.
    #[schemars(transform = limits::LOSS_PERCENT.rule())]
    pub loss_percent: String,

    /// In at most so many percent of the frames the client may find no ball although it decoded them, such as "0.5"; 0 to
    /// 100.
    #[schemars(transform = limits::UNDETECTED_PERCENT.rule())]
    pub undetected_percent: String,

    /// At least so many percent of the frames that the frame rate promises must come out good, for as long as a client is
    /// to be there, its absences included; such as "99.5", 0 to 100.
    #[schemars(transform = limits::DELIVERED_PERCENT.rule())]
    pub delivered_percent: String,

    /// No client's video may stand still for longer, 10ms to 1h.
    #[schemars(transform = limits::LONGEST_FREEZE.rule())]
    pub longest_freeze: String,

    /// 95 of 100 connections must bring the first report within this time, 10ms to 1h.
    #[schemars(transform = limits::SETUP.rule())]
    #[serde(rename = "setupP95")]
    pub setup_p95: String,

    /// Before the fate of so many frames is known there is no verdict, 1 to 10000000.
    #[schemars(transform = limits::MINIMUM_FRAMES.rule())]
    pub minimum_frames: i32,

    /// After the server was replaced no client may be without pictures for longer, 10ms to 1h. Without it that is not
    /// judged. A session with a drill does not meet it before it was drilled.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(transform = limits::RECOVERY.rule())]
    pub recovery: Option<String>,
}

impl Default for Objectives {
    fn default() -> Self {
        Self {
            window: "60s".into(),
            error_pixels_p95: "1".into(),
            latency_p95: "200ms".into(),
            loss_percent: "1".into(),
            undetected_percent: "1".into(),
            delivered_percent: "95".into(),
            longest_freeze: "1s".into(),
            setup_p95: "5s".into(),
            minimum_frames: 300,
            recovery: None,
        }
    }
}
