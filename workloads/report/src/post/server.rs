//! What a server posts.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    limits::{MAX_BYTES, MAX_ROWS},
    worst::worst_first,
};
use crate::{
    cause::Cause,
    judged::{CompactClients, JudgedNumbers, JudgedSession},
    schema::SCHEMA_VERSION,
    summary::{ClientRow, Summary},
};

/// What a server posts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ServerPost {
    /// [`crate::SCHEMA_VERSION`].
    pub schema_version: u32,
    /// Names the process, at random; absent in posts of version 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance: Option<String>,
    /// Counts the posts of the process, from 1.
    pub sequence: u64,
    /// When the process started.
    pub started_at: Timestamp,
    /// Clients with a signalling connection, and those without media that had one 5 s ago or less.
    pub connected_clients: u32,
    /// Those of them that signalled 10 s ago or more, in one attempt or in several, and of which no frame has been
    /// counted since.
    pub clients_without_media: u32,
    /// The time that the running numbers are of; absent in posts of version 1, whose summary has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window_seconds: Option<f64>,
    /// Whether what is judged is the whole run, and nothing comes after it.
    #[serde(default)]
    pub is_final: bool,
    /// What is judged of every client; absent in posts of version 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub judged: Option<CompactClients>,
    /// What is judged of all clients together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub judged_all: Option<JudgedNumbers>,
    /// What the evidence at the server points at, should something not be good enough.
    #[serde(default)]
    pub cause: Cause,
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
        let rows = worst_first(std::mem::take(&mut summary.clients)).into_iter().map(with_one_path).collect();
        let mut post = Self {
            schema_version: SCHEMA_VERSION,
            instance: None,
            sequence,
            started_at: summary.started_at,
            connected_clients,
            clients_without_media,
            window_seconds: None,
            is_final: false,
            judged: None,
            judged_all: None,
            cause: Cause::Unknown,
            summary,
        };
        post.summary.clients = fitting(rows, MAX_BYTES.saturating_sub(json_bytes(&post)));
        post
    }

    /// The same with what is judged, of the process with this name: `session` is of the window, or with `is_final` of the
    /// whole run. Rows that do not fit beside it are left out.
    pub fn judged(mut self, instance: &str, session: &JudgedSession, is_final: bool) -> Self {
        self.instance = Some(instance.to_owned());
        self.window_seconds = Some(self.summary.recent.window_seconds);
        self.is_final = is_final;
        self.judged = Some(CompactClients::new(&session.clients));
        self.judged_all = Some(session.all);
        self.cause = session.cause;
        let rows = std::mem::take(&mut self.summary.clients);
        self.summary.clients = fitting(rows, MAX_BYTES.saturating_sub(json_bytes(&self)));
        self
    }
}

/// A row with its way once: as the client says it, or else as the server sees it.
fn with_one_path(mut row: ClientRow) -> ClientRow {
    if row.path.is_some() {
        row.server_path = None;
    }
    row
}

/// The first of the rows, as many as take up to `room` bytes. Their ways are left out where more rows fit without.
fn fitting(rows: Vec<ClientRow>, room: usize) -> Vec<ClientRow> {
    let wanted = rows.len().min(MAX_ROWS);
    let fitting = first_of(rows.clone(), room);
    if fitting.len() == wanted {
        return fitting;
    }
    let without_ways = |row| ClientRow { path: None, server_path: None, path_mtu: None, ..row };
    first_of(rows.into_iter().map(without_ways).collect(), room)
}

fn first_of(rows: Vec<ClientRow>, mut room: usize) -> Vec<ClientRow> {
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
    use crate::channel::{FormerEnd, Unanswered};
    use crate::judged::{JudgedClient, Media};
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
            "path": path(),
        }))
        .unwrap()
    }

    fn path() -> serde_json::Value {
        let end =
            json!({"candidateType": "prflx", "address": "10.244.123.145", "port": 40_123, "protocol": "udp"});
        json!({"local": end, "remote": end})
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
    fn a_way_is_said_once_and_makes_no_row_give_way() {
        let of_both = |n: usize| {
            let mut row = row(&format!("demo-client-{n}"), "worker-2", 18_000, 12.3);
            row.server_path = row.path;
            row
        };
        let post = ServerPost::new(1, 1, 0, summary("m", vec![of_both(0)]));
        let said = &post.summary.clients[0];
        assert!(said.path.is_some() && said.server_path.is_none(), "{said:?}");
        let of_server = ClientRow { path: None, ..of_both(0) };
        let post = ServerPost::new(1, 1, 0, summary("m", vec![of_server]));
        assert!(post.summary.clients[0].server_path.is_some(), "the client does not say");
        let long = |n| row(&format!("{n:0128}"), &"n".repeat(253), u64::MAX, LONG);
        let post = ServerPost::new(1, 100, 0, summary(&"m".repeat(256), (0..100).map(long).collect()));
        assert_fits(&post);
        assert!(post.summary.clients.iter().all(|row| row.path.is_none()), "there is no room for all");
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

    fn judged(id: &str) -> JudgedClient {
        let numbers = JudgedNumbers {
            settled: u64::MAX,
            wanted_seconds: 3600.0,
            loss_percent: Some(12.34),
            undetected_percent: Some(12.34),
            delivered_percent: Some(98.76),
            error_p95_pixels: Some(0.012_34),
            latency_p95_milliseconds: Some(123.4),
            longest_freeze_milliseconds: Some(1234.0),
            setup_p95_milliseconds: Some(1234.0),
            recovery_milliseconds: None,
        };
        let media = Media::Stopped { seconds: 12.34 };
        let (id, cause) = (id.into(), Cause::Network);
        JudgedClient {
            id,
            node: None,
            is_wanted: true,
            media,
            numbers,
            cause,
            vanishes_above: None,
            way: None,
        }
    }

    #[test]
    fn what_is_judged_of_a_hundred_clients_fits_beside_sixteen_rows() {
        let ids = (0..100).map(|n| format!("{}-client-{n}", "n".repeat(40)));
        let clients: Vec<_> = ids.clone().map(|id| judged(&id)).collect();
        let all = clients[0].numbers;
        let session = JudgedSession {
            all,
            clients: clients.clone(),
            frames_per_second: 60,
            span_seconds: 60.0,
            epoch_age_seconds: None,
            is_suspended: false,
            cause: Cause::ServerCpu,
        };
        let rows = ids.map(|id| row(&id, "worker-2", 18_000, 12.3)).collect();
        let post = ServerPost::new(1, 100, 0, summary("demo-client-7: gone without a bye", rows)).judged(
            "0123456789abcdef",
            &session,
            false,
        );
        assert_fits(&post);
        assert_eq!(post.summary.clients.len(), MAX_ROWS);
        let read: ServerPost = serde_json::from_str(&serde_json::to_string(&post).unwrap()).unwrap();
        assert_eq!(read.judged.unwrap().to_clients().len(), 100);
        assert_eq!((read.judged_all, read.cause), (Some(all), Cause::ServerCpu));
        assert_eq!(read.instance.as_deref(), Some("0123456789abcdef"));

        // Long names leave less room for rows, never too little for what is judged.
        let rows = (0..100).map(|n| row(&format!("{n:0>128}"), &"n".repeat(253), u64::MAX, LONG)).collect();
        let long = (0..100).map(|n| judged(&format!("{n:0<128}"))).collect();
        let session = JudgedSession { clients: long, ..session };
        let post = ServerPost::new(1, 100, 0, summary(&"m".repeat(256), rows)).judged("x", &session, true);
        assert_fits(&post);

        // How a hundred clients came back takes the room of some rows.
        let mut clients = clients;
        clients.iter_mut().for_each(|client| client.numbers.recovery_milliseconds = Some(1234.0));
        let recovered = |id: String| ClientRow {
            recovery_milliseconds: Some(12_345.6),
            lost_frames: Some(370),
            former_end: Some(FormerEnd::ConsentLost),
            unanswered: Some(Unanswered { packets: 131, milliseconds: 10_040.0 }),
            ..row(&id, "worker-2", 18_000, 12.3)
        };
        let rows = clients.iter().map(|client| recovered(client.id.clone())).collect();
        let session = JudgedSession { clients: clients.clone(), ..session };
        let post = ServerPost::new(1, 100, 0, summary("m", rows)).judged("0123456789abcdef", &session, false);
        assert_fits(&post);
        assert!(post.summary.clients.len() >= 12, "{}", post.summary.clients.len());
        assert_eq!(post.judged.unwrap().to_clients(), clients);
    }

    #[test]
    fn a_post_of_version_1_is_still_read() {
        let old = json!({
            "schemaVersion": 1, "sequence": 7, "startedAt": "2026-01-01T00:00:00Z", "connectedClients": 1,
            "clientsWithoutMedia": 0, "summary": summary("m", Vec::new()),
        });
        let post: ServerPost = serde_json::from_value(old).unwrap();
        assert_eq!((post.instance, post.judged, post.judged_all, post.is_final), (None, None, None, false));
        let old = json!({"schemaVersion": 1, "sequence": 7, "startedAt": "2026-01-01T00:00:00Z", "state": "Connected"});
        let post: ClientPost = serde_json::from_value(old).unwrap();
        assert_eq!((post.instance, post.without_media_seconds), (None, None));
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
