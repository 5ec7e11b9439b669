//! What a server posts.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    limits::{MAX_BYTES, MAX_ROWS},
    worst::worst_first,
};
use crate::{
    schema::SCHEMA_VERSION,
    summary::{ClientRow, Summary},
};

/// What a server posts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ServerPost {
    /// [`crate::SCHEMA_VERSION`].
    pub schema_version: u32,
    /// Counts the posts of the process, from 1.
    pub sequence: u64,
    /// When the process started.
    pub started_at: Timestamp,
    /// Clients with a signalling connection, and those without media that had one 5 s ago or less.
    pub connected_clients: u32,
    /// Those of them that signalled 10 s ago or more, in one attempt or in several, and of which no frame has been
    /// counted since.
    pub clients_without_media: u32,
    /// The numbers, with at most [`MAX_ROWS`] rows.
    pub summary: Summary,
}

impl ServerPost {
    /// The post of a summary: of its rows the worst ones, as many as are allowed and fit.
    pub fn new(
        sequence: u64,
        connected_clients: u32,
        clients_without_media: u32,
        mut summary: Summary,
    ) -> Self {
        let rows = worst_first(std::mem::take(&mut summary.clients));
        let mut post = Self {
            schema_version: SCHEMA_VERSION,
            sequence,
            started_at: summary.started_at,
            connected_clients,
            clients_without_media,
            summary,
        };
        post.summary.clients = fitting(rows, MAX_BYTES.saturating_sub(json_bytes(&post)));
        post
    }
}

/// The first of the rows, as many as take up to `room` bytes.
fn fitting(rows: Vec<ClientRow>, mut room: usize) -> Vec<ClientRow> {
    let fits = |row: &ClientRow| {
        // With the comma.
        let left = room.checked_sub(json_bytes(row) + 1);
        room = left.unwrap_or(0);
        left.is_some()
    };
    rows.into_iter().take(MAX_ROWS).take_while(fits).collect()
}

fn json_bytes(value: &impl Serialize) -> usize {
    // Cannot fail: all keys are strings. If it did, nothing would fit.
    serde_json::to_vec(value).map_or(MAX_BYTES, |json| json.len())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{ErrorCode, ErrorLog, State, post::ClientPost};

    /// The longest that a float gets when it is written.
    const LONG: f64 = -1.234_567_890_123_456_7e-300;

    fn frames(count: u64) -> serde_json::Value {
        let fates = ["sent", "pending", "matched", "estimated", "lost", "late", "undecodable", "undetected"];
        let mut frames = json!({"duplicate": count, "malformed": count});
        fates.iter().for_each(|fate| frames[fate] = json!(count));
        frames
    }

    fn row(id: &str, node: &str, count: u64, number: f64) -> ClientRow {
        let stages = json!({"signaling": number, "ice": number, "dtls": number, "firstFrame": number, "firstReport": number});
        serde_json::from_value(json!({
            "id": id, "node": node, "state": "Connecting", "pairing": "relative", "pairingMilliseconds": number, "reconnects": u32::MAX,
            "setupMilliseconds": stages, "frames": frames(count), "lossPercent": number,
            "errorPixels": {"mean": number, "p50": number, "p95": number, "max": number},
            "latencyMilliseconds": {"p50": number, "p95": number, "max": number},
            "freezes": {"count": count, "longestMilliseconds": number},
        }))
        .unwrap()
    }

    /// A summary whose numbers are as long as they get, every code in it with a message as long as it gets.
    fn summary(message: &str, rows: Vec<ClientRow>) -> Summary {
        let mut errors = ErrorLog::default();
        let at = Timestamp::MAX - jiff::SignedDuration::from_nanos(1);
        ErrorCode::ALL.iter().for_each(|code| errors.record(*code, message, at));
        let mut summary: Summary = serde_json::from_value(json!({
            "schemaVersion": 1, "startedAt": at, "durationSeconds": LONG,
            "video": {"width": 1920, "height": 1080, "framesPerSecond": 60, "skippedFrames": u64::MAX},
            "frames": frames(u64::MAX), "lossPercent": LONG,
            "errorPixels": {"mean": LONG, "p50": LONG, "p95": LONG, "max": LONG},
            "latencyMilliseconds": {"p50": LONG, "p95": LONG, "max": LONG},
            "setupMilliseconds": {"p50": LONG, "p95": LONG},
            "freezes": {"count": u64::MAX, "longestMilliseconds": LONG},
            "recent": {"windowSeconds": LONG, "frames": frames(u64::MAX), "lossPercent": LONG,
                       "errorPixels": {"mean": LONG, "p50": LONG, "p95": LONG, "max": LONG},
                       "latencyMilliseconds": {"p50": LONG, "p95": LONG, "max": LONG},
                       "freezes": {"count": u64::MAX, "longestMilliseconds": LONG}},
        }))
        .unwrap();
        summary.errors = errors.entries().cloned().collect();
        summary.errors.iter_mut().for_each(|error| error.count = u64::MAX);
        summary.clients = rows;
        summary
    }

    fn assert_fits(post: &impl Serialize) {
        let bytes = json_bytes(post);
        assert!(bytes <= MAX_BYTES, "{bytes}");
    }

    #[test]
    fn a_hundred_clients_with_long_names_and_every_error_fit() {
        let rows = (0..100).map(|n| row(&format!("{n:0128}"), &"n".repeat(253), 1 << 40, 1234.5)).collect();
        let post = ServerPost::new(1, 100, 0, summary(&"m".repeat(256), rows));
        assert_fits(&post);
        assert!(post.summary.clients.len() >= 8, "{}", post.summary.clients.len());
        assert!(post.summary.errors.iter().all(|error| error.message.len() == 256));
    }

    #[test]
    fn a_hundred_usual_clients_fit_with_sixteen_rows() {
        let rows = (0..100).map(|n| row(&format!("demo-client-{n}"), "worker-2", 18_000, 12.3)).collect();
        let post = ServerPost::new(1, 100, 0, summary("demo-client-7: gone without a bye", rows));
        assert_fits(&post);
        assert_eq!(post.summary.clients.len(), MAX_ROWS);
    }

    #[test]
    fn the_longest_there_is_fits() {
        // What JSON has to escape takes twice its bytes.
        let rows = (0..100).map(|_| row(&"\"".repeat(128), &"\"".repeat(253), u64::MAX, LONG)).collect();
        let post = ServerPost::new(u64::MAX, u32::MAX, u32::MAX, summary(&"\\".repeat(256), rows));
        assert_fits(&post);
        assert!(!post.summary.clients.is_empty());
        assert_fits(&ClientPost::new(
            u64::MAX,
            post.started_at,
            State::Connecting,
            post.summary.errors.clone(),
        ));
    }

    #[test]
    fn a_post_says_what_its_summary_says() {
        let full = summary("x", vec![row("a", "b", 1, 1.0)]);
        let post = ServerPost::new(7, 2, 1, full.clone());
        let json = serde_json::to_value(&post).unwrap();
        assert_eq!(json["sequence"], 7);
        assert_eq!((&json["connectedClients"], &json["clientsWithoutMedia"]), (&json!(2), &json!(1)));
        assert_eq!((json["startedAt"].clone(), post.summary), (json!(full.started_at), full));
    }
}
