//! A session's reports from the first to the last, on virtual time.

mod quiet;
mod reporting;
mod restart;
mod run_end;
mod shown;
mod unresponsive;
mod verdicts;
mod wanted;

use std::time::Duration;

use crds::{BallSession, BallSessionStatus};
use jiff::Timestamp;
use report::post::ServerPost;
use report::{ErrorCode, ErrorEntry, State};
use serde_json::{Value, json};

use super::*;
use crate::reports::moment::Moment;
use crate::reports::status::{Change, condition};
use crate::reports::stores::PodKey;
use crate::reports::testing::{client_post, pod_key, row, run, server_post, stored};
use crate::run::{End, Outcome};

/// One session, its aggregate and its stored status.
struct Scenario {
    aggregate: Aggregate,
    session: BallSession,
    spec: Value,
    start: Instant,
    /// When its operator began.
    begun: Instant,
    second: u64,
}

impl Scenario {
    fn new(spec: &Value) -> Self {
        let session = stored(spec, &json!({}));
        let start = Instant::now();
        Self { aggregate: Aggregate::default(), session, spec: spec.clone(), start, begun: start, second: 0 }
    }

    fn now(&self) -> Instant {
        self.start + Duration::from_secs(self.second)
    }

    /// Does something with the session, `second` seconds after the start.
    fn at<T>(&mut self, second: u64, then: impl FnOnce(&mut Tracked, &StoredSession<'_>, Instant) -> T) -> T {
        self.second = second;
        let (now, session) = (self.now(), StoredSession::of(&self.session));
        let key = SessionKey::of(&self.session).unwrap();
        then(self.aggregate.follow(&key, &session, now), &session, now)
    }

    fn server(&mut self, second: u64, post: ServerPost) -> PostEffect {
        let pod = self.pod("server");
        self.at(second, |tracked, session, now| tracked.take_server(pod, post, session, now))
    }

    fn client(&mut self, second: u64, pod: &str, errors: u64) -> PostEffect {
        let mut post = client_post(second + 1);
        post.errors = error(ErrorCode::IceFailed, errors);
        let pod = self.pod(pod);
        self.at(second, |tracked, session, now| tracked.take_client(pod, post, session, now))
    }

    fn pod(&self, name: &str) -> PodFacts {
        let created = Some(Timestamp::UNIX_EPOCH);
        let index = name.rsplit_once('-').and_then(|(_, index)| index.parse().ok());
        PodFacts {
            key: pod_key(name),
            created,
            node: Some("worker-1".into()),
            run: Some(run(&self.spec)),
            index,
            is_ending: false,
        }
    }

    fn desired(&mut self, second: u64) -> Option<BallSessionStatus> {
        let wall = Timestamp::from_second(1_767_225_600 + i64::try_from(second).unwrap()).unwrap();
        self.at(second, |tracked, session, now| desired_status(tracked, session, Moment { now, wall }))
    }

    /// Writes what is desired, as the writer does, for a controller that has stored the run.
    fn write(&mut self, second: u64) -> Value {
        let desired = self.desired(second).expect("nothing is to be written");
        let mut status = serde_json::to_value(&desired).unwrap();
        status["run"] = json!({"hash": run(&self.spec)});
        self.session = stored(&self.spec, &status);
        let hash = run(&self.spec);
        self.at(second, |tracked, _, _| {
            let is_final = tracked.is_final();
            tracked.written(Some(&hash), is_final)
        });
        status
    }

    /// Another operator, that knows what is stored and nothing else.
    fn restart(&mut self) {
        self.aggregate = Aggregate::default();
        self.begun = self.now();
    }

    /// The run that was over at second `since`, at a later one: whether it has just concluded.
    fn end(&mut self, since: u64, second: u64) -> bool {
        self.end_as(Outcome::Finished, since, second)
    }

    fn end_as(&mut self, outcome: Outcome, since: u64, second: u64) -> bool {
        let end = End { since: self.start + Duration::from_secs(since), outcome };
        let listening_since = self.begun;
        self.at(second, |tracked, session, now| tracked.end(end, session, listening_since, now))
    }

    fn forget(&mut self, gone: &[&str]) -> bool {
        let second = self.second;
        self.at(second, |tracked, _, _| {
            tracked.forget_pods(|pod: &PodKey| !gone.contains(&pod.name.as_str()))
        })
    }
}

fn error(code: ErrorCode, count: u64) -> Vec<ErrorEntry> {
    let last_seen = Timestamp::UNIX_EPOCH;
    if count == 0 { Vec::new() } else { vec![ErrorEntry { code, count, message: "m".into(), last_seen }] }
}

/// A post of the process that started at `start`, with so many frames lost and errors.
fn post(start: i64, sequence: u64, lost: u64) -> ServerPost {
    let mut post = server_post(sequence);
    post.started_at = Timestamp::from_second(1_767_225_600 + start).unwrap();
    post.summary.started_at = post.started_at;
    post.summary.recent.frames.lost = lost;
    post.summary.errors = error(ErrorCode::PeerLost, lost);
    for row in &mut post.summary.clients {
        row.frames.sent = 9_000 + sequence;
    }
    post
}

/// The post of a server of version 1 whose worst client has no media.
fn without_media(mut post: ServerPost) -> ServerPost {
    post.clients_without_media = 1;
    post.summary.clients[0].frames =
        report::Frames { sent: 9000, pending: 90, lost: 8910, ..report::Frames::default() };
    post
}

fn lost(status: &BallSessionStatus) -> i64 {
    status.measurements.as_ref().unwrap().frames.unwrap().lost
}

fn met(status: &BallSessionStatus) -> (String, String) {
    let condition = condition(status).unwrap();
    (condition.status.clone(), condition.reason.clone())
}

fn says(status: &BallSessionStatus, expected: (&str, &str)) -> bool {
    met(status) == (expected.0.into(), expected.1.into())
}
