//! What a session's pods post: what real ones did, with numbers that move.

use anyhow::Result;
use report::State;
use report::post::{ClientPost, ServerPost};

/// A post of a real server with two clients, in a session named harbor.
const CAPTURED: &str =
    include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../operator/src/reports/testing/server-post-v2.json"));

/// Frames that a server sends between two posts, to both clients together.
const FRAMES: u64 = 300;
/// More loss than a session allows.
const BREACH: f64 = 8.1;

/// The posts of a session's server.
pub(super) struct ServerPosts(ServerPost);

impl ServerPosts {
    pub(super) fn of(session: &str) -> Result<Self> {
        let mut post: ServerPost = serde_json::from_str(&CAPTURED.replace("harbor", session))?;
        // What the sessions ask for.
        post.window_seconds = Some(60.0);
        Ok(Self(post))
    }

    /// The next one; its numbers move a little by `random`, or are a breach.
    pub(super) fn next(&mut self, is_breach: bool, random: f64) -> Result<Vec<u8>> {
        let post = &mut self.0;
        post.sequence += 1;
        let summary = &mut post.summary;
        summary.sequence = post.sequence;
        summary.duration_seconds += 5.0;
        for frames in [&mut summary.frames, &mut summary.recent.frames] {
            frames.sent += FRAMES;
            frames.matched += FRAMES;
        }
        for row in &mut summary.clients {
            row.frames.sent += FRAMES / 2;
            row.frames.matched += FRAMES / 2;
        }
        let loss = if is_breach { BREACH } else { 0.0 };
        let (latency, error) = (20.0 + 5.0 * random, 0.0101 + 0.001 * random);
        summary.recent.loss_percent = Some(loss);
        if let Some(quantiles) = &mut summary.recent.latency_milliseconds {
            quantiles.p95 = latency;
        }
        if let Some(quantiles) = &mut summary.recent.error_pixels {
            quantiles.p95 = error;
        }
        if let Some(all) = &mut post.judged_all {
            all.loss_percent = Some(loss);
            all.latency_p95_milliseconds = Some(latency);
            all.error_p95_pixels = Some(error);
        }
        Ok(serde_json::to_vec(post)?)
    }
}

/// The post of a client that has media.
pub(super) fn client(sequence: u64) -> Result<Vec<u8>> {
    let started = "2026-11-29T09:46:12Z".parse()?;
    let post = ClientPost::new(sequence, started, State::Connected, Vec::new());
    Ok(serde_json::to_vec(&ClientPost { instance: Some("47743bf0bea4b32a".into()), ..post })?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn posts_are_of_the_session_and_their_numbers_move() {
        let mut posts = ServerPosts::of("load-7").unwrap();
        let mut next = |is_breach| -> ServerPost {
            serde_json::from_slice(&posts.next(is_breach, 0.5).unwrap()).unwrap()
        };
        let (first, second) = (next(false), next(true));
        assert_eq!((first.sequence + 1, first.window_seconds), (second.sequence, Some(60.0)));
        assert_eq!(second.summary.clients[0].id, "load-7-client-1");
        assert_eq!(second.judged.unwrap().to_clients()[1].id, "load-7-client-1");
        assert!(second.summary.frames.sent > first.summary.frames.sent);
        assert_eq!(second.judged_all.unwrap().loss_percent, Some(BREACH));
        assert!(client(3).is_ok());
    }
}
