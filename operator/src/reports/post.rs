//! What a report says: its body, read. Pure.

use jiff::Timestamp;
use report::post::{ClientPost, ServerPost};
use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};

/// The versions of reports that are read. The one before the newest is read as long as sessions may run by it.
const VERSIONS: std::ops::RangeInclusive<u32> = 1..=2;

/// A report, by the role of its sender.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Post {
    Server(Box<ServerPost>),
    Client(ClientPost),
}

/// What distinguishes them, and whether this version can read them.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Kind {
    schema_version: u32,
    summary: Option<IgnoredAny>,
    state: Option<IgnoredAny>,
}

impl Post {
    /// Reads a report. What is not UTF-8 in it becomes U+FFFD: a broken message shall not hide the numbers beside it.
    pub(super) fn parse(body: &[u8]) -> Result<Self, String> {
        let text = String::from_utf8_lossy(body);
        let kind: Kind = json(&text)?;
        if !VERSIONS.contains(&kind.schema_version) {
            let (first, last) = (VERSIONS.start(), VERSIONS.end());
            return Err(format!(
                "schemaVersion is {}, this operator reads {first} to {last}",
                kind.schema_version
            ));
        }
        let post = match (kind.summary, kind.state) {
            (Some(_), None) => json(&text).map(Self::Server),
            (None, Some(_)) => json(&text).map(Self::Client),
            _ => Err("it has not exactly one of summary (from servers) and state (from clients)".into()),
        }?;
        let early = post.times().find(|(_, time)| *time < Timestamp::UNIX_EPOCH);
        match early {
            Some((field, time)) => Err(format!("{field} is {time}: it must be a time from 1970 to 9999")),
            None => Ok(post),
        }
    }

    /// All its times. The API server stores none from before our era, and would refuse the whole status for one; later
    /// ones than it stores cannot be read in the first place.
    fn times(&self) -> impl Iterator<Item = (&'static str, Timestamp)> {
        let (times, errors) = match self {
            Self::Server(post) => {
                let measured_since = ("summary.startedAt", post.summary.started_at);
                ([Some(("startedAt", post.started_at)), Some(measured_since)], &post.summary.errors)
            }
            Self::Client(post) => ([Some(("startedAt", post.started_at)), None], &post.errors),
        };
        times.into_iter().flatten().chain(errors.iter().map(|error| ("errors.lastSeen", error.last_seen)))
    }
}

fn json<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    serde_json::from_str(text).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use report::post::MAX_BYTES;
    use serde_json::json;

    use super::*;
    use crate::reports::testing::{INSTANCE, client_post, judged_post, server_post};

    #[test]
    fn a_report_is_a_servers_or_a_clients() {
        let server = serde_json::to_vec(&server_post(1)).unwrap();
        assert_eq!(Post::parse(&server), Ok(Post::Server(Box::new(server_post(1)))));
        let client = serde_json::to_vec(&client_post(1)).unwrap();
        assert_eq!(Post::parse(&client), Ok(Post::Client(client_post(1))));
    }

    #[test]
    fn both_versions_are_read() {
        for version in VERSIONS {
            let mut post = serde_json::to_value(judged_post(7)).unwrap();
            post["schemaVersion"] = json!(version);
            let Ok(Post::Server(read)) = Post::parse(post.to_string().as_bytes()) else { panic!("refused") };
            assert_eq!(read.judged, judged_post(7).judged);
        }
        let client = r#"{"schemaVersion":2,"instance":"0123456789abcdef","sequence":3,"startedAt":"2026-01-01T00:00:00Z",
            "state":"Connecting","withoutMediaSeconds":4.5,"somethingNew":{}}"#;
        let Ok(Post::Client(read)) = Post::parse(client.as_bytes()) else { panic!("refused") };
        assert_eq!((read.instance.as_deref(), read.without_media_seconds), (Some(INSTANCE), Some(4.5)));
    }

    /// As the first version of the server and of the client posted them: recorded, not made of today's types.
    #[test]
    fn recorded_posts_of_version_1_are_read() {
        let server = include_bytes!("testing/server-post-v1.json");
        let Ok(Post::Server(server)) = Post::parse(server) else { panic!("refused") };
        assert_eq!((server.instance, server.judged, server.judged_all), (None, None, None));
        assert_eq!((server.sequence, server.summary.recent.window_seconds), (3, 60.0));
        let client = include_bytes!("testing/client-post-v1.json");
        let Ok(Post::Client(client)) = Post::parse(client) else { panic!("refused") };
        assert_eq!((client.instance, client.without_media_seconds), (None, None));
    }

    #[test]
    fn anything_else_is_refused_in_words() {
        for (body, words) in [
            ("", "EOF"),
            ("{}", "missing field `schemaVersion`"),
            (r#"{"schemaVersion":1}"#, "not exactly one"),
            (r#"{"schemaVersion":1,"summary":{},"state":"Lost"}"#, "not exactly one"),
            (r#"{"schemaVersion":0,"state":"Lost"}"#, "schemaVersion is 0, this operator reads 1 to 2"),
            (r#"{"schemaVersion":3,"state":"Lost"}"#, "schemaVersion is 3, this operator reads 1 to 2"),
            (r#"{"schemaVersion":1,"state":"Lost"}"#, "missing field `sequence`"),
            ("[[[[[[[[", "invalid type"),
        ] {
            let error = Post::parse(body.as_bytes()).unwrap_err();
            assert!(error.contains(words), "{body}: {error}");
        }
        let deep = "[".repeat(MAX_BYTES);
        assert!(Post::parse(deep.as_bytes()).is_err());
    }

    #[test]
    fn times_that_no_status_can_hold_are_refused() {
        let mut client = serde_json::to_value(client_post(1)).unwrap();
        client["errors"] =
            json!([{"code": "Other", "count": 1, "message": "", "lastSeen": "2026-01-01T00:00:00Z"}]);
        let mut server = serde_json::to_value(server_post(1)).unwrap();
        server["summary"]["errors"] = client["errors"].clone();
        let says = |post: &serde_json::Value| Post::parse(post.to_string().as_bytes()).err();
        assert_eq!((says(&client), says(&server)), (None, None));
        for (post, path, field) in [
            (&client, "/startedAt", "startedAt"),
            (&client, "/errors/0/lastSeen", "errors.lastSeen"),
            (&server, "/startedAt", "startedAt"),
            (&server, "/summary/startedAt", "summary.startedAt"),
            (&server, "/summary/errors/0/lastSeen", "errors.lastSeen"),
        ] {
            let with = |time: &str| {
                let mut post = post.clone();
                *post.pointer_mut(path).unwrap() = json!(time);
                says(&post)
            };
            assert_eq!(with("1970-01-01T00:00:00Z"), None);
            for time in ["1969-12-31T23:59:59Z", "-000044-03-15T12:00:00Z"] {
                let error = format!("{field} is {time}: it must be a time from 1970 to 9999");
                assert_eq!(with(time), Some(error));
            }
            assert!(with("+010000-01-01T00:00:00Z").is_some());
        }
    }

    #[test]
    fn bytes_that_are_no_text_do_not_hide_the_rest() {
        let mut post = serde_json::to_value(client_post(1)).unwrap();
        post["errors"] =
            json!([{"code": "Other", "count": 1, "message": "<>", "lastSeen": "2026-01-01T00:00:00Z"}]);
        let body = post.to_string().into_bytes();
        let at = body.windows(2).position(|pair| pair == b"<>").unwrap();
        let mut broken = body.clone();
        broken[at] = 0xff;
        let Ok(Post::Client(read)) = Post::parse(&broken) else { panic!("refused") };
        assert_eq!(read.errors[0].message, "\u{fffd}>");
    }
}
