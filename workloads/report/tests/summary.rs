//! The server's summary as JSON: what scripts and the operator rely on.

use ballsession_report::{Frames, Summary};
use serde_json::{Value, json};

fn example() -> Value {
    json!({
        "schemaVersion": 1, "startedAt": "2026-01-02T03:04:05Z", "durationSeconds": 20.0,
        "video": {"width": 640, "height": 480, "framesPerSecond": 30, "skippedFrames": 0},
        "frames": {"sent": 600, "pending": 0, "matched": 599, "estimated": 0, "lost": 1, "late": 0,
                   "undecodable": 0, "undetected": 0, "duplicate": 0, "malformed": 0},
        "lossPercent": 0.167,
        "errorPixels": {"mean": 0.006, "p50": 0.005, "p95": 0.012, "max": 0.12},
        "latencyMilliseconds": {"p50": 3.1, "p95": 7.5, "max": 20.0},
        "setupMilliseconds": {"p50": 60.0, "p95": 60.0},
        "freezes": {"count": 0, "longestMilliseconds": 33.3},
        "errors": [{"code": "DecodeFailed", "count": 2, "message": "x", "lastSeen": "2026-01-02T03:04:06Z"}],
        "recent": {"windowSeconds": 60.0,
                   "frames": {"sent": 0, "pending": 0, "matched": 0, "estimated": 0, "lost": 0, "late": 0,
                              "undecodable": 0, "undetected": 0, "duplicate": 0, "malformed": 0},
                   "lossPercent": null, "errorPixels": null, "latencyMilliseconds": null, "freezes": null},
        "clients": [{"id": "demo-client-0", "node": "worker-2", "state": "Connected", "pairing": "rtp",
                     "pairingMilliseconds": null,
                     "reconnects": 0,
                     "setupMilliseconds": {"signaling": 1.0, "ice": 25.0, "dtls": 30.0, "firstFrame": 52.0,
                                           "firstReport": null},
                     "frames": {"sent": 1, "pending": 1, "matched": 0, "estimated": 0, "lost": 0, "late": 0,
                                "undecodable": 0, "undetected": 0, "duplicate": 0, "malformed": 0},
                     "lossPercent": null, "errorPixels": null, "latencyMilliseconds": null, "freezes": null}]
    })
}

#[test]
fn the_json_round_trips_key_by_key() {
    let summary: Summary = serde_json::from_value(example()).unwrap();
    assert_eq!(serde_json::to_value(&summary).unwrap(), example());
}

#[test]
fn unknown_keys_codes_and_missing_counters_are_tolerated() {
    let mut newer = example();
    newer["weather"] = json!({"sunny": true});
    newer["frames"]["teleported"] = json!(3);
    newer["frames"].as_object_mut().unwrap().remove("malformed");
    newer["errors"][0]["code"] = json!("SolarFlare");
    newer["clients"][0]["setupMilliseconds"]["quic"] = json!(1);
    let summary: Summary = serde_json::from_value(newer).unwrap();
    assert_eq!(summary.frames.matched, 599);
    assert_eq!(summary.errors[0].code, ballsession_report::ErrorCode::Other);
}

#[test]
fn loss_counts_settled_frames_alone() {
    assert_eq!(Frames::default().loss_percent(), None);
    assert_eq!(Frames { sent: 9, pending: 9, ..Frames::default() }.loss_percent(), None);
    let frames = Frames {
        sent: 10,
        pending: 2,
        matched: 4,
        undetected: 1,
        lost: 1,
        late: 1,
        undecodable: 1,
        ..Frames::default()
    };
    assert_eq!(frames.loss_percent(), Some(37.5));
}
