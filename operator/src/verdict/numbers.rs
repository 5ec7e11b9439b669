//! Numbers and limits under the same names, as numbers: machines compare them.

use crds::Measurements;
use serde::Serialize;

/// What is judged; nothing of what there is no sample.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Numbers {
    #[serde(rename = "errorPixelsP95")]
    pub(super) error_pixels_p95: Option<f64>,
    #[serde(rename = "latencyP95Milliseconds")]
    pub(super) latency_p95_milliseconds: Option<f64>,
    pub(super) loss_percent: Option<f64>,
    pub(super) undetected_percent: Option<f64>,
    pub(super) delivered_percent: Option<f64>,
    pub(super) longest_freeze_milliseconds: Option<f64>,
    #[serde(rename = "setupP95Milliseconds")]
    pub(super) setup_p95_milliseconds: Option<f64>,
    /// Frames whose fate is known; of limits the least.
    pub(super) frames: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) recovery_milliseconds: Option<f64>,
}

impl Numbers {
    /// Those that were measured.
    pub(super) fn measured(measurements: &Measurements) -> Self {
        let number = |text: &Option<String>| text.as_ref().and_then(|text| text.parse().ok());
        let p95 = |quantiles: &Option<crds::Quantiles>| quantiles.as_ref().and_then(|all| number(&all.p95));
        let freezes = measurements.freezes.as_ref();
        let frames = measurements.frames.as_ref();
        Self {
            error_pixels_p95: p95(&measurements.error_pixels),
            latency_p95_milliseconds: p95(&measurements.latency_milliseconds),
            loss_percent: number(&measurements.loss_percent),
            undetected_percent: number(&measurements.undetected_percent),
            delivered_percent: number(&measurements.delivered_percent),
            longest_freeze_milliseconds: freezes.and_then(|freezes| number(&freezes.longest_milliseconds)),
            setup_p95_milliseconds: p95(&measurements.setup_milliseconds),
            frames: frames.map(|frames| (frames.sent - frames.pending) as f64),
            recovery_milliseconds: number(&measurements.recovery_milliseconds),
        }
    }

    /// Those that are asked for.
    pub(super) fn asked(objectives: &measure::Objectives) -> Self {
        let milliseconds = |time: std::time::Duration| time.as_secs_f64() * 1000.0;
        Self {
            error_pixels_p95: objectives.error_p95_pixels,
            latency_p95_milliseconds: objectives.latency_p95.map(milliseconds),
            loss_percent: objectives.loss_percent,
            undetected_percent: objectives.undetected_percent,
            delivered_percent: objectives.delivered_percent,
            longest_freeze_milliseconds: objectives.longest_freeze.map(milliseconds),
            setup_p95_milliseconds: objectives.setup_p95.map(milliseconds),
            frames: Some(objectives.minimum_frames as f64),
            recovery_milliseconds: objectives.recovery.map(milliseconds),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::session::fixture::session;

    #[test]
    fn numbers_and_limits_have_the_same_names() {
        let measurements: Measurements = serde_json::from_value(json!({
            "frames": {"sent": 1000, "pending": 10, "matched": 980, "lost": 10},
            "lossPercent": "1.01", "undetectedPercent": "0", "deliveredPercent": "98.7",
            "errorPixels": {"mean": "0.006", "p95": "0.0117"}, "latencyMilliseconds": {"p95": "3.3"},
            "setupMilliseconds": {"p95": "85"}, "freezes": {"count": 0, "longestMilliseconds": "12.5"}, "recoveryMilliseconds": "2340"
        }))
        .unwrap();
        let measured = serde_json::to_value(Numbers::measured(&measurements)).unwrap();
        assert_eq!(
            measured,
            json!({
                "errorPixelsP95": 0.0117, "latencyP95Milliseconds": 3.3, "lossPercent": 1.01, "undetectedPercent": 0.0,
                "deliveredPercent": 98.7, "longestFreezeMilliseconds": 12.5, "setupP95Milliseconds": 85.0, "frames": 990.0,
                "recoveryMilliseconds": 2340.0
            })
        );
        let asked = session(
            &json!({"objectives": {"errorPixelsP95": "0.5", "latencyP95": "80ms", "longestFreeze": "1500ms", "recovery": "10s"}}),
        );
        let asked = serde_json::to_value(Numbers::asked(&asked.objectives)).unwrap();
        assert_eq!(
            asked,
            json!({
                "errorPixelsP95": 0.5, "latencyP95Milliseconds": 80.0, "lossPercent": 1.0, "undetectedPercent": 1.0,
                "deliveredPercent": 95.0, "longestFreezeMilliseconds": 1500.0, "setupP95Milliseconds": 5000.0, "frames": 300.0,
                "recoveryMilliseconds": 10000.0
            })
        );
        let nothing = serde_json::to_value(Numbers::measured(&Measurements::default())).unwrap();
        assert!(nothing.as_object().unwrap().values().all(serde_json::Value::is_null), "{nothing}");
    }
}
