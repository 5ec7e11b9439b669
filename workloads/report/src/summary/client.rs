//! The client's own summary: what happened at its end, where the server only sees reports.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{candidate_pair::CandidatePair, channel::Recovery, codes::State, error_log::ErrorEntry};

/// What a client writes at its end and serves while it runs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ClientSummary {
    /// [`crate::SCHEMA_VERSION`].
    pub schema_version: u32,
    /// The name it gives itself in its hello.
    pub id: String,
    /// When the process started.
    pub started_at: Timestamp,
    /// Since then.
    pub duration_seconds: f64,
    /// The state of its connection.
    pub state: State,
    /// The server's signalling address, as given.
    pub server: String,
    /// Sessions after the first.
    pub reconnects: u32,
    /// All sessions together.
    pub frames: ClientFrames,
    /// Frames dropped because the decoder was behind.
    #[serde(default)]
    pub queue_overruns: u64,
    /// The last session's way to its first decoded frame.
    pub setup_milliseconds: ClientSetup,
    /// The way that media took last.
    #[serde(default)]
    pub path: Option<CandidatePair>,
    /// The last time that there were pictures again after a connection that had them ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recovery: Option<Recovery>,
    /// Errors by code.
    #[serde(default)]
    pub errors: Vec<ErrorEntry>,
}

/// What became of the frames that reached the client.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ClientFrames {
    /// Complete frames: every packet came.
    pub received: u64,
    /// Decoded frames.
    pub decoded: u64,
    /// Decoded frames in which the ball was found.
    pub detected: u64,
    /// Decoded frames in which it was not.
    pub undetected: u64,
    /// Complete frames that could not be decoded, or were dropped until the next keyframe.
    pub undecodable: u64,
}

/// Milliseconds since the client began to dial; null until then.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ClientSetup {
    /// Offer and answer were exchanged.
    pub signaling: Option<f64>,
    /// ICE found a way.
    pub ice: Option<f64>,
    /// The media keys are agreed.
    pub dtls: Option<f64>,
    /// The first video packet came.
    pub first_frame: Option<f64>,
    /// The first frame was decoded.
    pub first_decoded: Option<f64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_json_is_camel_case_with_null_for_what_has_not_happened() {
        let summary = ClientSummary {
            schema_version: crate::SCHEMA_VERSION,
            id: "demo-client-0".into(),
            started_at: Timestamp::UNIX_EPOCH,
            duration_seconds: 1.5,
            state: State::Connecting,
            server: "127.0.0.1:8080".into(),
            reconnects: 0,
            frames: ClientFrames { received: 2, decoded: 1, undecodable: 1, ..ClientFrames::default() },
            queue_overruns: 0,
            setup_milliseconds: ClientSetup { signaling: Some(1.0), ..ClientSetup::default() },
            path: None,
            recovery: None,
            errors: vec![],
        };
        let json = serde_json::to_value(&summary).unwrap();
        assert_eq!(
            json,
            serde_json::json!({
                "schemaVersion": 2, "id": "demo-client-0", "startedAt": "1970-01-01T00:00:00Z",
                "durationSeconds": 1.5, "state": "Connecting", "server": "127.0.0.1:8080", "reconnects": 0,
                "frames": {"received": 2, "decoded": 1, "detected": 0, "undetected": 0, "undecodable": 1},
                "queueOverruns": 0,
                "setupMilliseconds": {"signaling": 1.0, "ice": null, "dtls": null, "firstFrame": null,
                                      "firstDecoded": null},
                "path": null, "errors": []
            })
        );
        assert_eq!(serde_json::from_value::<ClientSummary>(json).unwrap(), summary);
    }
}
