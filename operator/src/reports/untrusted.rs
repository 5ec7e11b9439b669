//! What reads the bytes that pods send, part by part: the door for tests that try each part with anything that there may be. Nothing
//! here does anything but what the endpoint does with the same bytes, once it is known whose they are.

use std::time::Instant;

use crds::{BallSession, BallSessionStatus};
use jiff::Timestamp;

use crate::reports::aggregate::{Aggregate, PodFacts, PostEffect, StoredSession, desired_status};
use crate::reports::auth;
use crate::reports::moment::Moment;
use crate::reports::post::Post;
use crate::reports::stores::{PodKey, SessionKey};
use crate::session::validate;

/// Namespace, name and UID of the pod that a token claims to be of, and its account, whoever signed it.
///
/// # Errors
/// Where it is no token of a pod, or of another time.
pub fn claimed(token: &str, now: Timestamp) -> Result<[String; 4], String> {
    auth::claimed(token, now)
}

/// Reads the body of a report, and writes it again.
///
/// # Errors
/// Where it is none, in words for its sender.
pub fn rewritten(body: &[u8]) -> Result<Vec<u8>, String> {
    let json = match Post::parse(body)? {
        Post::Server(post) => serde_json::to_vec(&post),
        Post::Client(post) => serde_json::to_vec(&post),
    };
    json.map_err(|error| error.to_string())
}

/// The reports of one session, from a server and one client.
pub struct Posts {
    aggregate: Aggregate,
    session: BallSession,
    key: SessionKey,
}

impl Posts {
    /// Of a session that is stored so; `None` where it is not stored, or makes no sense.
    pub fn of(session: BallSession) -> Option<Self> {
        validate(&session).ok()?;
        Some(Self { aggregate: Aggregate::default(), key: SessionKey::of(&session)?, session })
    }

    /// Takes in a report, as from the pod that may post such. Whether it had any effect.
    ///
    /// # Errors
    /// Where it is none.
    pub fn take(&mut self, body: &[u8], now: Instant) -> Result<bool, String> {
        let session = StoredSession::of(&self.session);
        let tracked = self.aggregate.follow(&self.key, &session, now);
        let effect = match Post::parse(body)? {
            Post::Server(post) => tracked.take_server(pod("server", None, &session), *post, &session, now),
            Post::Client(post) => {
                tracked.take_client(pod("client-0", Some(0), &session), post, &session, now)
            }
        };
        Ok(effect != PostEffect::Ignored)
    }

    /// The part of the status that is made of them; `None` where it stays as it is.
    pub fn status(&mut self, now: Instant, wall: Timestamp) -> Option<BallSessionStatus> {
        let session = StoredSession::of(&self.session);
        let tracked = self.aggregate.follow(&self.key, &session, now);
        desired_status(tracked, &session, Moment { now, wall })
    }
}

fn pod(name: &str, index: Option<u32>, session: &StoredSession<'_>) -> PodFacts {
    let key = PodKey { namespace: "any".into(), name: name.into(), uid: name.into() };
    let run = session.run().map(str::to_owned);
    let (created, node) = (Some(Timestamp::UNIX_EPOCH), Some("node".into()));
    PodFacts { key, created, node, run, index, is_ending: false }
}
