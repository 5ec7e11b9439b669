//! A day of sessions that come and go, and of pods that do: how much is kept of them. On virtual time.

use std::time::{Duration, Instant};

use crds::BallSession;
use serde_json::json;

use crate::reports::ledger::pending_write::WriteResult;
use crate::reports::ledger::restart_load::labelled;
use crate::reports::moment::Moment;
use crate::reports::post::Post;
use crate::reports::stores::SessionKey;
use crate::reports::testing::{World, client_post, pod_key, run, server_post, stored, uid};
use crate::session::labels::Component;

const SESSIONS: usize = 8;
/// Sessions are others after so many minutes, and their pods.
const SESSION_MINUTES: u64 = 60;
const POD_MINUTES: u64 = 10;
/// What their pods post in this time.
const STEP_MINUTES: u64 = 2;
const DAY_MINUTES: u64 = 24 * 60;

fn session(name: &str) -> BallSession {
    let mut session = stored(&json!({}), &json!({"run": {"hash": run(&json!({}))}}));
    (session.metadata.name, session.metadata.uid) = (Some(name.to_owned()), Some(uid(name)));
    session
}

#[tokio::test]
async fn a_day_of_sessions_that_come_and_go_leaves_nothing_behind() {
    let mut world = World::new();
    let ledger = std::sync::Arc::clone(&world.reports.ledger);
    let (start, began) = (Instant::now(), "2026-01-01T00:00:00Z".parse::<jiff::Timestamp>().unwrap());
    let at = |minute: u64| {
        let passed = Duration::from_secs(minute * 60);
        Moment { now: start + passed, wall: began + passed }
    };
    let (mut pods, mut writes) = (Vec::<String>::new(), 0);
    for minute in (0..DAY_MINUTES).step_by(usize::try_from(STEP_MINUTES).unwrap()) {
        let names = || (0..SESSIONS).map(|number| format!("s{}-{number}", minute / SESSION_MINUTES));
        if minute.is_multiple_of(SESSION_MINUTES) {
            world.unwatch_sessions();
            names().for_each(|name| world.watch_session(&session(&name)));
        }
        if minute.is_multiple_of(POD_MINUTES) {
            pods.drain(..).for_each(|pod| world.unwatch_pod(&pod));
        }
        for name in names() {
            let key = SessionKey::of(&session(&name)).unwrap();
            for (part, component) in [("server", Component::Server), ("client", Component::Client)] {
                let pod = format!("{name}-{part}-{}", minute / POD_MINUTES);
                if minute.is_multiple_of(POD_MINUTES) {
                    world.watch(&labelled(&pod, &name, component));
                    pods.push(pod.clone());
                }
                let post = match component {
                    Component::Server => Post::Server(Box::new(server_post(minute + 1))),
                    _ => Post::Client(client_post(minute + 1)),
                };
                assert!(ledger.accept(&key, &pod_key(&pod), post, at(minute)).is_ok(), "{pod}");
            }
        }
        while let Some(write) = ledger.next_write(at(minute)) {
            let results =
                [WriteResult::Stored, WriteResult::Failed, WriteResult::Stale, WriteResult::Refused];
            ledger.write_done(&write, results[writes % results.len()], at(minute));
            writes += 1;
        }
        ledger.resync(at(minute)).await;
        let planner = ledger.planner.lock().unwrap();
        let ([sessions, writes, judged], pods) = (planner.kept(), planner.kept_pods());
        assert!(
            sessions <= SESSIONS && writes <= 2 * SESSIONS && judged <= SESSIONS && pods <= SESSIONS,
            "after {minute} minutes: {sessions} sessions, {writes} writes, {judged} times, {pods} pods"
        );
    }
    assert!(writes > 1000, "{writes}");
    world.unwatch_sessions();
    ledger.resync(at(DAY_MINUTES)).await;
    let planner = ledger.planner.lock().unwrap();
    assert_eq!((planner.kept(), planner.kept_pods()), ([0; 3], 0));
}
