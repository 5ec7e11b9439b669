//! What is shown of some sessions.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use kube::runtime::{reflector, watcher};
use serde_json::{Value, json};

use super::*;

/// The operator watching `objects`, as they are stored.
fn status(needs: Vec<Need>, objects: &[Value]) -> Status {
    let (sessions, mut writer) = reflector::store();
    for object in objects {
        writer.apply_watcher_event(&watcher::Event::Apply(serde_json::from_value(object.clone()).unwrap()));
    }
    Status::new(needs, sessions, Registry::with_prefix("ballsession_operator"))
}

fn session(namespace: &str, name: &str, ready: Option<&str>) -> Value {
    let ready = ready.map(|status| {
        json!([{"type": "Ready", "status": status, "reason": "R", "message": "", "lastTransitionTime": "2026-01-01T00:00:00Z"}])
    });
    json!({
        "apiVersion": "ballsession.dev/v1alpha1", "kind": "BallSession",
        "metadata": {"namespace": namespace, "name": name}, "spec": {},
        "status": {"conditions": ready.unwrap_or(json!([])), "display": {"clients": "2/2", "errorP95": "0.012px"}, "errorCount": 3}
    })
}

fn shown(status: &Status) -> Value {
    serde_json::from_str(&status.status().unwrap()).unwrap()
}

#[test]
fn it_waits_until_nothing_is_missing() {
    let held = Arc::new(AtomicBool::new(false));
    let lease = {
        let held = Arc::clone(&held);
        move || (!held.load(Ordering::Relaxed)).then(|| "the lease tower/operator: held by b".to_owned())
    };
    let listed = Arc::new(AtomicBool::new(false));
    let list = {
        let listed = Arc::clone(&listed);
        move || (!listed.load(Ordering::Relaxed)).then(|| "the first list of pods".to_owned())
    };
    let status = status(vec![Box::new(lease), Box::new(list)], &[]);

    let both = "waiting for the lease tower/operator: held by b; for the first list of pods";
    assert_eq!(status.readiness(), Readiness::Waiting(both.into()));
    held.store(true, Ordering::Relaxed);
    assert_eq!(status.readiness(), Readiness::Waiting("waiting for the first list of pods".into()));
    assert_eq!(
        (&shown(&status)["ready"], &shown(&status)["waitingFor"]),
        (&json!(false), &json!(["the first list of pods"]))
    );
    listed.store(true, Ordering::Relaxed);
    assert_eq!(status.readiness(), Readiness::Ready);
    assert_eq!(shown(&status)["ready"], json!(true));
}

#[test]
fn the_sessions_have_the_numbers_of_kubectl_get() {
    let mut broken = session("b", "broken", None);
    broken["spec"] = json!({"clients": "many"});
    let status =
        status(vec![], &[session("b", "harbor", Some("True")), broken, session("a", "pier", Some("False"))]);
    let shown = shown(&status);
    assert_eq!((&shown["watched"], &shown["omitted"]), (&json!(3), &json!(0)));
    assert_eq!(
        shown["sessions"],
        json!([
            {
                "namespace": "a", "name": "pier", "clients": "2/2", "errorP95": "0.012px", "errors": 3,
                "conditions": [{"type": "Ready", "status": "False", "reason": "R"}]
            },
            {
                "namespace": "b", "name": "harbor", "clients": "2/2", "errorP95": "0.012px", "errors": 3,
                "conditions": [{"type": "Ready", "status": "True", "reason": "R"}]
            }
        ])
    );
    let undecodable = &shown["undecodable"][0];
    assert_eq!((&undecodable["namespace"], &undecodable["name"]), (&json!("b"), &json!("broken")));
    assert!(undecodable["error"].as_str().unwrap().contains("many"), "{undecodable}");
}

#[test]
fn of_very_many_sessions_the_first_are_shown_and_all_are_counted() {
    let objects: Vec<_> =
        (0..MAX_SESSIONS + 7).rev().map(|n| session("a", &format!("s{n:04}"), Some("True"))).collect();
    let status = status(vec![], &objects);
    let shown = shown(&status);
    assert_eq!((&shown["watched"], &shown["omitted"]), (&json!(MAX_SESSIONS + 7), &json!(7)));
    let rows = shown["sessions"].as_array().unwrap();
    assert_eq!((rows.len(), &rows[0]["name"]), (MAX_SESSIONS, &json!("s0000")));
    let counted = format!("ballsession_operator_sessions{{ready=\"True\"}} {}", MAX_SESSIONS + 7);
    assert!(status.metrics().unwrap().lines().any(|line| line == counted));
}

#[test]
fn metrics_count_sessions_by_readiness_and_have_what_others_register() {
    let mut broken = session("b", "broken", None);
    broken["spec"] = json!({"clients": "many"});
    let (sessions, mut writer) = reflector::store();
    for object in [broken, session("a", "new", None), session("a", "x", Some("False"))] {
        writer.apply_watcher_event(&watcher::Event::Apply(serde_json::from_value(object).unwrap()));
    }
    let mut registry = Registry::with_prefix("ballsession_operator");
    crate::lease::Metrics::register(&mut registry);
    let text = Status::new(vec![], sessions, registry).metrics().unwrap();
    for line in [
        "ballsession_operator_sessions{ready=\"True\"} 0",
        "ballsession_operator_sessions{ready=\"False\"} 1",
        "ballsession_operator_sessions{ready=\"Unknown\"} 1",
        "ballsession_operator_sessions{ready=\"Undecodable\"} 1",
        "ballsession_operator_lease_held 0",
        "# EOF",
    ] {
        assert!(text.lines().any(|found| found == line), "{line} in\n{text}");
    }
}
