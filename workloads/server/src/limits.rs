//! The objectives as JSON, by the names of the quantities that they limit.

use std::time::Duration;

use measure::Objectives;
use serde::Serialize;

/// What the numbers have to be; null is not judged. [`Limits::delivered_percent`] is the least, all others are the most.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Limits {
    error_pixels_p95: Option<f64>,
    latency_milliseconds_p95: Option<f64>,
    loss_percent: Option<f64>,
    undetected_percent: Option<f64>,
    delivered_percent: Option<f64>,
    longest_freeze_milliseconds: Option<f64>,
    setup_milliseconds_p95: Option<f64>,
    minimum_frames: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    recovery_milliseconds: Option<f64>,
}

impl From<&Objectives> for Limits {
    fn from(objectives: &Objectives) -> Self {
        let milliseconds = |time: Duration| time.as_micros() as f64 / 1e3;
        Self {
            error_pixels_p95: objectives.error_p95_pixels,
            latency_milliseconds_p95: objectives.latency_p95.map(milliseconds),
            loss_percent: objectives.loss_percent,
            undetected_percent: objectives.undetected_percent,
            delivered_percent: objectives.delivered_percent,
            longest_freeze_milliseconds: objectives.longest_freeze.map(milliseconds),
            setup_milliseconds_p95: objectives.setup_p95.map(milliseconds),
            minimum_frames: objectives.minimum_frames,
            recovery_milliseconds: objectives.recovery.map(milliseconds),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_objective_has_its_name() {
        let text = "error-p95=1,latency-p95=200ms,loss=2,undetected=3,delivered=95,freeze=1s,setup-p95=5s,recovery=10s,frames=300";
        let limits = Limits::from(&text.parse().unwrap());
        let expected = json!({
            "errorPixelsP95": 1.0, "latencyMillisecondsP95": 200.0, "lossPercent": 2.0, "undetectedPercent": 3.0,
            "deliveredPercent": 95.0, "longestFreezeMilliseconds": 1000.0, "setupMillisecondsP95": 5000.0,
            "minimumFrames": 300, "recoveryMilliseconds": 10000.0,
        });
        assert_eq!(serde_json::to_value(limits).unwrap(), expected);
    }
}
