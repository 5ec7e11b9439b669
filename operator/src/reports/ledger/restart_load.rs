//! Hundreds of sessions whose operator has just been started again: all of their pods report at once. On virtual time.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crds::contract::RUN_ANNOTATION;
use k8s_openapi::api::core::v1::Pod;
use serde_json::json;

use crate::reports::aggregate::StoredSession;
use crate::reports::api_server::Kind;
use crate::reports::auth::Role;
use crate::reports::ledger::pending_write::WriteResult;
use crate::reports::moment::Moment;
use crate::reports::post::Post;
use crate::reports::status::condition;
use crate::reports::stores::SessionKey;
use crate::reports::testing::{NAMESPACE, World, client_post, run, server_post, stored, uid};
use crate::session::labels::{self, Component};

const SESSIONS: usize = 500;
/// Each has so many clients.
const CLIENTS: usize = 2;
/// How long it is watched.
const SPAN: Duration = Duration::from_secs(120);
const STEP: Duration = Duration::from_millis(100);

/// A pod that posts as the workloads do: a server every 5 s, a client every 60 s, and after a failure at some moment within
/// a time that doubles up to 5 s.
struct Poster {
    token: String,
    role: Role,
    sequence: u64,
    next: Duration,
    failures: u32,
}

impl Poster {
    async fn post(&mut self, world: &World, at: Moment) -> bool {
        self.sequence += 1;
        let taken = match world.reports.authenticator.authenticate(&self.token, at).await {
            Ok(reporter) => {
                let post = match self.role {
                    Role::Server => Post::Server(Box::new(server_post(self.sequence))),
                    Role::Client => Post::Client(client_post(self.sequence)),
                };
                world.reports.ledger.accept(&reporter.session, &reporter.pod, post, at).map(drop)
            }
            Err(refusal) => Err(refusal),
        };
        taken.is_ok()
    }

    fn answered(&mut self, is_taken: bool, now: Duration, random: f64) {
        let pace = match self.role {
            Role::Server => Duration::from_secs(5),
            Role::Client => Duration::from_secs(60),
        };
        self.next = if is_taken {
            self.failures = 0;
            now + pace.mul_f64(0.9 + 0.2 * random)
        } else {
            let longest = Duration::from_millis(100).saturating_mul(1 << self.failures.min(16));
            self.failures += 1;
            let asked_for = Duration::from_secs(1).mul_f64(1.0 + 0.2 * random);
            now + longest.min(Duration::from_secs(5)).mul_f64(random).max(asked_for)
        };
    }
}

/// Adds a session with the children and pods that it needs to report.
fn session(world: &mut World, number: usize, status: &serde_json::Value, posters: &mut Vec<Poster>) {
    let name = format!("s{number}");
    let mut session = stored(&json!({}), status);
    (session.metadata.name, session.metadata.uid) = (Some(name.clone()), Some(uid(&name)));
    world.watch_session(&session);
    let owner = |kind: &'static str, name: &str| match kind {
        "BallSession" => ("ballsession.dev/v1alpha1", kind, name.to_owned()),
        _ => ("apps/v1", kind, name.to_owned()),
    };
    let add = |kind: Kind, child: &str, (version, of, parent): (&str, &str, String)| {
        world.api_server.add(kind, child, Some((version, of, &parent)));
    };
    let (server, client, set) =
        (format!("{name}-server"), format!("{name}-client"), format!("{name}-server-5d"));
    add(Kind::Deployment, &server, owner("BallSession", &name));
    add(Kind::ReplicaSet, &set, owner("Deployment", &server));
    let mut pods = vec![(format!("{set}-x"), Role::Server, Component::Server)];
    add(Kind::Pod, &pods[0].0, owner("ReplicaSet", &set));
    for index in 0..CLIENTS {
        let pod = format!("{client}-{index}");
        add(Kind::Pod, &pod, owner("BallSession", &name));
        pods.push((pod, Role::Client, Component::Client));
    }
    world.api_server.add(Kind::BallSession, &name, None);
    world.watch_owner(Kind::Deployment, &server);
    world.watch_owner(Kind::ReplicaSet, &set);
    for (pod, role, component) in pods {
        world.watch(&labelled(&pod, &name, component));
        let token = world.api_server.issue(&pod, &format!("{name}-workload"), NAMESPACE);
        posters.push(Poster { token, role, sequence: 0, next: Duration::ZERO, failures: 0 });
    }
}

/// A pod of a part of a session, of its run.
pub(super) fn labelled(name: &str, session: &str, component: Component) -> Pod {
    serde_json::from_value(json!({
        "metadata": {"name": name, "namespace": NAMESPACE, "uid": uid(name), "labels": labels::of(session, component),
                     "creationTimestamp": "2026-01-01T00:00:00Z", "annotations": {RUN_ANNOTATION: run(&json!({}))}},
        "spec": {"containers": []}
    }))
    .unwrap()
}

/// How many sessions would be shown without reports.
fn without_reports(world: &World, at: Moment) -> usize {
    let ledger = &world.reports.ledger;
    let planner = ledger.planner.lock().unwrap();
    let is_unresponsive = |session: &crds::BallSession| {
        let key = SessionKey::of(session)?;
        let write = planner.pending_write(&key, &StoredSession::of(session), at)?;
        Some(condition(&write.desired)?.reason == "NoReports")
    };
    let stored = ledger.stores.watched.sessions.state();
    stored.iter().filter(|stored| stored.0.as_ref().ok().and_then(is_unresponsive) == Some(true)).count()
}

/// Has all pods report from a restart on, and no session shown without reports. How long it took until the last server was
/// taken a report of.
async fn restart(mut world: World) -> (World, Duration) {
    let mut posters = Vec::new();
    let status = json!({
        "run": {"hash": run(&json!({}))},
        "conditions": [{"type": "ObjectivesMet", "status": "True", "reason": "Met", "message": "",
                        "lastTransitionTime": "2026-01-01T00:00:00Z"}]
    });
    world.watch_session(&stored(&json!({"suspend": true}), &status));
    for number in 0..SESSIONS {
        session(&mut world, number, &status, &mut posters);
    }
    let mut random = fastrand::Rng::with_seed(7);
    for poster in &mut posters {
        let pace = if poster.role == Role::Server { 5.0 } else { 60.0 };
        poster.next = Duration::from_secs_f64(pace * random.f64());
    }

    let start = Instant::now();
    let mut waiting: HashSet<_> =
        (0..posters.len()).filter(|poster| posters[*poster].role == Role::Server).collect();
    let mut last_server = Duration::ZERO;
    let mut now = Duration::ZERO;
    while now < SPAN {
        let wall = "2026-01-01T00:05:00Z".parse().unwrap();
        let at = Moment { now: start + now, wall };
        world.fetch_keys(at.now);
        if now.as_millis().is_multiple_of(5000) {
            world.reports.ledger.resync(at).await;
            assert_eq!(without_reports(&world, at), 0, "after {now:?}");
        }
        for (number, poster) in posters.iter_mut().enumerate().filter(|(_, poster)| poster.next <= now) {
            let is_taken = poster.post(&world, at).await;
            poster.answered(is_taken, now, random.f64());
            if is_taken && waiting.remove(&number) {
                last_server = now;
            }
        }
        now += STEP;
    }
    assert!(waiting.is_empty(), "{waiting:?}");
    (world, last_server)
}

#[tokio::test]
async fn a_restart_makes_no_session_unknown_and_asks_about_nobody() {
    let (mut world, last_server) = restart(World::new()).await;
    assert!(last_server <= Duration::from_secs(5), "{last_server:?}");
    let [keys, reviews, look_ups] = world.api_server.calls();
    assert_eq!((keys, reviews, look_ups), (1, 0, 0));

    // Some of their writes are under way, and the rest wait.
    let at = Moment { now: Instant::now() + SPAN, wall: "2026-01-01T00:07:00Z".parse().unwrap() };
    let ledger = Arc::clone(&world.reports.ledger);
    let writes: Vec<_> = (0..5).filter_map(|_| ledger.next_write(at)).collect();
    let [tracked, scheduled, _] = ledger.planner.lock().unwrap().kept();
    assert!(tracked > SESSIONS && scheduled > SESSIONS && writes.len() == 5, "{tracked} {scheduled}");
    world.unwatch_sessions();
    ledger.resync(at).await;
    for write in &writes {
        ledger.write_done(write, WriteResult::Failed, at);
    }
    assert_eq!(ledger.planner.lock().unwrap().kept(), [0; 3], "nothing is kept of sessions that are gone");
}

#[tokio::test]
async fn a_restart_makes_no_session_unknown_where_each_token_is_reviewed() {
    let (world, last_server) = restart(World::with_reviews()).await;
    assert!(last_server < Duration::from_secs(25), "{last_server:?}");
    let [_, reviews, look_ups] = world.api_server.calls();
    assert_eq!((reviews, look_ups), (SESSIONS * (1 + CLIENTS), 0), "each token once");
}
