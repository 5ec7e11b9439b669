//! Reports of pods, and the status that is made of them.

use std::time::{Duration, Instant};

use crds::BallSession;
use jiff::Timestamp;
use operator::reports::untrusted::{Posts, rewritten};
use serde_json::json;

use crate::operator::schema::Schema;

/// Reports of one session, one after the other, a line each. The API server takes what is made of them.
pub(crate) fn posts(data: &[u8]) {
    let (mut now, wall) = (Instant::now(), Timestamp::UNIX_EPOCH);
    let mut posts = Posts::of(session()).expect("the session makes sense");
    for body in data.split(|byte| *byte == b'\n') {
        match rewritten(body) {
            Ok(again) => same(&again),
            Err(error) => assert!(!error.is_empty()),
        }
        now += Duration::from_secs(5);
        if posts.take(body, now).is_ok_and(|has_effect| has_effect)
            && let Some(status) = posts.status(now, wall)
        {
            let status = serde_json::to_value(status).expect("plain values");
            Schema::of_status().check(&status);
        }
    }
}

/// What was read and written is read and written as the same, but for the last digit of a number.
fn same(body: &[u8]) {
    let again = rewritten(body).expect("what is written can be read");
    let last = rewritten(&again).expect("as before");
    assert_eq!(String::from_utf8_lossy(&last), String::from_utf8_lossy(&again));
}

fn session() -> BallSession {
    let session = json!({
        "apiVersion": "ballsession.dev/v1alpha1", "kind": "BallSession",
        "metadata": {"name": "harbor", "namespace": "lighthouse", "uid": "0b5f", "generation": 3, "resourceVersion": "7"},
        "spec": {}, "status": {}
    });
    serde_json::from_value(session).expect("a session")
}
