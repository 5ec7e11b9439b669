//! By which objectives a session is judged, so that what was said by others can be told from what is said by these.

use serde::Serialize;

use crate::session::hash::short_hash;
use crate::session::model::Session;

/// The objectives, with exactly these fields in this order: hashes are stored. What a later version adds joins them only where it
/// is not its default.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Judged {
    window: u128,
    error_p95_pixels: Option<f64>,
    latency_p95: Option<u128>,
    loss_percent: Option<f64>,
    undetected_percent: Option<f64>,
    delivered_percent: Option<f64>,
    longest_freeze: Option<u128>,
    setup_p95: Option<u128>,
    minimum_frames: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    recovery: Option<u128>,
}

impl Session {
    /// A hash of its objectives and of their window. Times count in nanoseconds, however they are written.
    pub fn judged_by(&self) -> String {
        let objectives = &self.objectives;
        short_hash(&Judged {
            window: self.window.as_nanos(),
            error_p95_pixels: objectives.error_p95_pixels,
            latency_p95: objectives.latency_p95.map(|limit| limit.as_nanos()),
            loss_percent: objectives.loss_percent,
            undetected_percent: objectives.undetected_percent,
            delivered_percent: objectives.delivered_percent,
            longest_freeze: objectives.longest_freeze.map(|limit| limit.as_nanos()),
            setup_p95: objectives.setup_p95.map(|limit| limit.as_nanos()),
            minimum_frames: objectives.minimum_frames,
            recovery: objectives.recovery.map(|limit| limit.as_nanos()),
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::session::fixture::session;

    fn judged_by(objectives: &Value) -> String {
        session(&json!({"objectives": objectives})).judged_by()
    }

    /// Another hash would say of every finished run that it was judged by other objectives.
    #[test]
    fn hashes_stay_what_they_are() {
        assert_eq!(judged_by(&json!({})), "1b73bfa7e40cf050");
        assert_eq!(judged_by(&json!({"lossPercent": "0.5", "latencyP95": "80ms"})), "a9f9c8f805229057");
    }

    #[test]
    fn other_objectives_have_another_hash() {
        let base = judged_by(&json!({}));
        for other in [
            json!({"window": "5s"}),
            json!({"errorPixelsP95": "0.7"}),
            json!({"latencyP95": "81ms"}),
            json!({"lossPercent": "0.7"}),
            json!({"undetectedPercent": "0.7"}),
            json!({"deliveredPercent": "98.7"}),
            json!({"longestFreeze": "777ms"}),
            json!({"setupP95": "777ms"}),
            json!({"minimumFrames": 301}),
            json!({"recovery": "10s"}),
        ] {
            assert_ne!(judged_by(&other), base, "{other}");
        }
        assert_eq!(judged_by(&json!({"setupP95": "2s"})), judged_by(&json!({"setupP95": "2000ms"})));
    }
}
