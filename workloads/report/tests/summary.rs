//! The server's summary as JSON: what scripts and the operator rely on.

use ballsession_report::{Frames, FreezesFrom, Summary};
use serde_json::{Value, json};

/// What the version before wrote.
fn version_1() -> Value {
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

/// A summary of today.
fn example() -> Value {
    let mut summary = version_1();
    let split = json!({"server": {"p50": 0.4, "p95": 1.2}, "client": {"p50": 1.1, "p95": 2.5},
                       "network": {"p50": 0.2, "p95": 0.9}});
    let gaps = json!({"count": 0, "longestMilliseconds": 33.3});
    let network = json!({"packetsSent": 2400, "packetsLost": 4, "packetsRepaired": 3, "packetsGivenUp": 1,
                         "roundTripTimeMilliseconds": 0.8, "jitterMilliseconds": 0.2, "nackCount": 2, "pliCount": 1,
                         "keyFramesSent": 3});
    let cpu = json!({"skippedFrames": 0, "throttledMilliseconds": 12.0, "pressureMilliseconds": null,
                     "worstLatenessMilliseconds": 4.1, "shardWorstLatenessMilliseconds": 2.2});
    let setup = json!({"p50": 60.0, "p95": 60.0});
    let extend = |value: &mut Value, more: Value| {
        let more = more.as_object().expect("an object").clone();
        value.as_object_mut().expect("an object").extend(more);
    };
    extend(
        &mut summary,
        json!({
        "schemaVersion": 2, "instance": "00c0ffee00c0ffee", "sequence": 7, "undetectedPercent": 0.0,
        "deliveredPercent": 99.8, "latencySplit": split, "gaps": gaps, "network": network, "cpu": cpu,
        "rowsOmitted": 24,
        "verdict": {"met": false, "reason": "LossTooHigh", "message": "0.167 % lost, 0.1 % allowed",
                    "cause": "Network", "client": "demo-client-0", "node": "worker-2"}}),
    );
    extend(
        &mut summary["recent"],
        json!({
        "undetectedPercent": null, "deliveredPercent": null, "setupMilliseconds": setup, "gaps": null,
        "latencySplit": {"server": null, "client": null, "network": null}, "network": network, "cpu": cpu}),
    );
    extend(
        &mut summary["clients"][0],
        json!({
        "zone": "a", "instance": "0123456789abcdef", "attempt": 3, "freezesFrom": "client",
        "openGapMilliseconds": 120.0, "gaps": gaps, "undetectedPercent": 0.0, "deliveredPercent": 99.8,
        "wantedSeconds": 20.0, "latencySplit": split,
        "recent": {"framesSettled": 510, "lossPercent": 0.0, "undetectedPercent": 0.0, "deliveredPercent": 99.8,
                   "errorPixelsP95": 0.012, "latencyMillisecondsP95": 7.5, "longestFreezeMilliseconds": 66.7,
                   "wantedSeconds": 17.0},
        "network": network,
        "received": {"packetsReceived": 2399, "packetsLost": 1, "packetsRepaired": 3, "jitterMilliseconds": 0.2,
                     "nackCount": 2, "pliCount": 1, "framesReceived": 600, "framesDecoded": 599, "framesDropped": 1,
                     "keyFramesDecoded": 3},
        "cpu": {"throttledMilliseconds": null, "pressureMilliseconds": 3.5, "worstLatenessMilliseconds": 1.5},
        "cause": "Network",
        "path": {"local": {"candidateType": "prflx", "address": "10.9.9.8", "port": 40000, "protocol": "udp"},
                 "remote": {"candidateType": "host", "address": "192.0.2.9", "port": 30082, "protocol": "udp"}}}),
    );
    summary
}

#[test]
fn the_json_round_trips_key_by_key() {
    let summary: Summary = serde_json::from_value(example()).unwrap();
    assert_eq!(serde_json::to_value(&summary).unwrap(), example());
}

#[test]
fn what_the_version_before_wrote_is_read() {
    let summary: Summary = serde_json::from_value(version_1()).unwrap();
    assert_eq!((summary.schema_version, summary.instance.as_str(), summary.sequence), (1, "", 0));
    assert_eq!((summary.frames.matched, summary.rows_omitted, summary.verdict), (599, 0, None));
    let row = &summary.clients[0];
    assert_eq!((row.freezes_from, row.attempt, row.network), (FreezesFrom::Arrivals, None, None));
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
