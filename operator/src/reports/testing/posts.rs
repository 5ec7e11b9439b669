//! What pods post.

use jiff::Timestamp;
use report::judged::{JudgedClient, JudgedNumbers, JudgedSession, Media};
use report::post::{ClientPost, ServerPost};
use report::{Cause, ClientRow, State};
use serde_json::json;

/// The process that posts in most tests.
pub(in crate::reports) const INSTANCE: &str = "0123456789abcdef";

/// What a good server of this version posts, with the numbers of [`server_post`].
pub(in crate::reports) fn judged_post(sequence: u64) -> ServerPost {
    let ids = ["harbor-client-0", "harbor-client-1"];
    server_post(sequence).judged(INSTANCE, &judged_session(ids.map(judged_client).into()), false)
}

/// What is judged of such clients.
pub(in crate::reports) fn judged_session(clients: Vec<JudgedClient>) -> JudgedSession {
    let wanted = clients.len() as f64;
    JudgedSession {
        all: JudgedNumbers { settled: 1798, wanted_seconds: 30.0 * wanted, ..good() },
        clients,
        frames_per_second: 30,
        span_seconds: 60.0,
        epoch_age_seconds: None,
        is_suspended: false,
        cause: Cause::Unknown,
    }
}

/// A good client, as it is judged.
pub(in crate::reports) fn judged_client(id: &str) -> JudgedClient {
    let (id, numbers, cause) = (id.to_owned(), good(), Cause::Network);
    JudgedClient {
        id,
        node: None,
        is_wanted: true,
        media: Media::Flowing,
        numbers,
        cause,
        vanishes_above: None,
        way: None,
    }
}

fn good() -> JudgedNumbers {
    JudgedNumbers {
        settled: 899,
        wanted_seconds: 30.0,
        loss_percent: Some(0.167),
        undetected_percent: Some(0.0),
        delivered_percent: Some(99.7),
        error_p95_pixels: Some(0.012),
        latency_p95_milliseconds: Some(7.5),
        longest_freeze_milliseconds: Some(166.0),
        setup_p95_milliseconds: Some(80.0),
        recovery_milliseconds: None,
    }
}

/// What a good server of version 1 posts: 18,000 frames to two clients, 1,800 of them in the last while.
pub(in crate::reports) fn server_post(sequence: u64) -> ServerPost {
    let mut post: ServerPost = serde_json::from_value(json!({
        "schemaVersion": 1, "sequence": sequence, "startedAt": "2026-01-01T00:00:00Z", "connectedClients": 2,
        "clientsWithoutMedia": 0,
        "summary": {
            "schemaVersion": 1, "startedAt": "2026-01-01T00:00:00.25Z", "durationSeconds": 300.0,
            "video": {"width": 640, "height": 480, "framesPerSecond": 30, "skippedFrames": 0},
            "frames": {"sent": 18_000, "matched": 17_997, "lost": 3},
            "lossPercent": 0.016_67,
            "errorPixels": {"mean": 0.007, "p50": 0.006, "p95": 0.02, "max": 0.3},
            "latencyMilliseconds": {"p50": 3.1, "p95": 8.5, "max": 40.0},
            "setupMilliseconds": {"p50": 60.0, "p95": 80.0},
            "freezes": {"count": 1, "longestMilliseconds": 166.0},
            "recent": {
                "windowSeconds": 60.0,
                "frames": {"sent": 1800, "pending": 2, "matched": 1795, "lost": 3},
                "lossPercent": 0.166_85,
                "errorPixels": {"mean": 0.006, "p50": 0.005, "p95": 0.012, "max": 0.12},
                "latencyMilliseconds": {"p50": 3.1, "p95": 7.5, "max": 20.0},
                "freezes": {"count": 1, "longestMilliseconds": 166.0}
            }
        }
    }))
    .unwrap();
    post.summary.clients = vec![row("harbor-client-0"), row("harbor-client-1")];
    post
}

/// The row of a good client on another node.
pub(in crate::reports) fn row(id: &str) -> ClientRow {
    serde_json::from_value(json!({
        "id": id, "node": "worker-2", "state": "Connected", "pairing": "rtp", "reconnects": 0,
        "setupMilliseconds": {"firstReport": 60.0}, "frames": {"sent": 9000, "matched": 9000}, "lossPercent": 0.0,
        "errorPixels": {"mean": 0.007, "p50": 0.006, "p95": 0.02, "max": 0.3},
        "latencyMilliseconds": {"p50": 3.1, "p95": 8.5, "max": 40.0},
        "freezes": {"count": 0, "longestMilliseconds": 0.0}
    }))
    .unwrap()
}

/// What a connected client posts.
pub(in crate::reports) fn client_post(sequence: u64) -> ClientPost {
    let started_at = Timestamp::from_second(1_767_225_600).unwrap();
    ClientPost::new(sequence, started_at, State::Connected, Vec::new())
}
