//! What is measured, and in which unit.

use serde::{Deserialize, Serialize};

/// A quantity. Those with an objective are called as in `--require`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Quantity {
    /// 95 of 100 positions are not farther off.
    #[serde(rename = "error-p95")]
    ErrorP95,
    /// 95 of 100 reports do not take longer.
    #[serde(rename = "latency-p95")]
    LatencyP95,
    /// Frames lost, late or undecodable.
    Loss,
    /// Decoded frames without a ball.
    Undetected,
    /// Frames that came out good, of those promised.
    Delivered,
    /// The longest time that a video stood still.
    Freeze,
    /// 95 of 100 connections bring a report within this time.
    #[serde(rename = "setup-p95")]
    SetupP95,
    /// The longest time without pictures when the server was replaced.
    Recovery,
    /// How far off positions are on average. Nothing is required of it.
    ErrorMean,
    /// The median of the latency. Nothing is required of it.
    #[serde(rename = "latency-p50")]
    LatencyP50,
}

impl Quantity {
    /// In words.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::ErrorP95 => "error p95",
            Self::LatencyP95 => "latency p95",
            Self::Loss => "loss",
            Self::Undetected => "undetected",
            Self::Delivered => "delivered",
            Self::Freeze => "longest freeze",
            Self::SetupP95 => "set-up p95",
            Self::Recovery => "recovery",
            Self::ErrorMean => "error mean",
            Self::LatencyP50 => "latency p50",
        }
    }

    /// The unit of its numbers.
    pub(crate) fn unit(self) -> &'static str {
        match self {
            Self::ErrorP95 | Self::ErrorMean => "px",
            Self::LatencyP95 | Self::LatencyP50 | Self::Freeze | Self::SetupP95 | Self::Recovery => "ms",
            Self::Loss | Self::Undetected | Self::Delivered => "%",
        }
    }

    /// Whether more of it is better.
    pub(crate) fn is_better_when_more(self) -> bool {
        self == Self::Delivered
    }

    /// A number of it with its unit.
    pub(crate) fn with_unit(self, value: f64) -> String {
        format!("{value} {}", self.unit())
    }

    /// A limit in words: `at most 200 ms`.
    pub(crate) fn limit(self, limit: f64) -> String {
        let bound = if self.is_better_when_more() { "at least" } else { "at most" };
        format!("{bound} {}", self.with_unit(limit))
    }

    /// Whether a number is within a limit.
    pub(crate) fn is_within(self, value: f64, limit: f64) -> bool {
        if self.is_better_when_more() { value >= limit } else { value <= limit }
    }
}
