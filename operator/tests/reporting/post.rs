//! Posts a report, and what it says.

use serde_json::{Value, json};

use crate::endpoint::Endpoint;

/// The status code of the answer. A 503 or 429 means to come again, as a sender does.
pub(crate) async fn post(endpoint: &Endpoint, token: &str, body: &Value) -> u16 {
    for _ in 0..60 {
        match once(endpoint, token, body).await {
            429 | 503 => tokio::time::sleep(std::time::Duration::from_millis(500)).await,
            code => return code,
        }
    }
    panic!("always told to come again");
}

/// The status code of the answer, whatever it is.
pub(crate) async fn once(endpoint: &Endpoint, token: &str, body: &Value) -> u16 {
    let body = body.to_string();
    let request = format!(
        "POST /v1/reports HTTP/1.1\r\nHost: operator\r\nAuthorization: Bearer {token}\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let answer = endpoint.exchange(&request).await.unwrap();
    answer.split(' ').nth(1).unwrap().parse().unwrap()
}

/// What the server process posts that started at `minute`: so many frames in the last while, and so many errors.
pub(crate) fn server(minute: u32, sequence: u64, matched: u64, errors: u64) -> Value {
    let started_at = format!("2026-01-01T00:{minute:02}:00Z");
    let frames = json!({"sent": matched, "matched": matched});
    let errors = match errors {
        0 => json!([]),
        count => {
            json!([{"code": "PeerLost", "count": count, "message": "gone\u{1b}[2J", "lastSeen": "2026-01-01T00:01:00Z"}])
        }
    };
    let pixels = json!({"mean": 0.006, "p50": 0.005, "p95": 0.012, "max": 0.12});
    let latency = json!({"p50": 3.1, "p95": 7.5, "max": 20.0});
    let freezes = json!({"count": 0, "longestMilliseconds": 0.0});
    json!({
        "schemaVersion": 1, "sequence": sequence, "startedAt": started_at, "connectedClients": 1,
        "clientsWithoutMedia": 0,
        "summary": {
            "schemaVersion": 1, "startedAt": started_at, "durationSeconds": 60.0,
            "video": {"width": 640, "height": 480, "framesPerSecond": 30},
            "frames": frames, "lossPercent": 0.0, "errorPixels": pixels, "latencyMilliseconds": latency,
            "setupMilliseconds": {"p50": 60.0, "p95": 80.0}, "freezes": freezes, "errors": errors,
            "recent": {"windowSeconds": 60.0, "frames": frames, "lossPercent": 0.0, "errorPixels": pixels,
                       "latencyMilliseconds": latency, "freezes": freezes},
            "clients": [{"id": "beacon-client-0", "node": "worker-2", "state": "Connected", "pairing": "rtp",
                         "reconnects": 0, "setupMilliseconds": {"firstReport": 60.0}, "frames": frames,
                         "lossPercent": 0.0, "errorPixels": pixels, "latencyMilliseconds": latency,
                         "freezes": freezes}]
        }
    })
}

/// What a client posts that could not get through so often.
pub(crate) fn client(sequence: u64, failures: u64) -> Value {
    json!({
        "schemaVersion": 1, "sequence": sequence, "startedAt": "2026-01-01T00:00:00Z", "state": "Connected",
        "errors": [{"code": "IceFailed", "count": failures, "message": "no way", "lastSeen": "2026-01-01T00:00:30Z"}]
    })
}
