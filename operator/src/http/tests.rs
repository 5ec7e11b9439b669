//! What is shown of some sessions.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use kube::runtime::{reflector, watcher};
use process::{Readiness, StatusSource};
use prometheus_client::registry::Registry;
use serde_json::{Value, json};

use crate::http::parts::MAX_SESSIONS;
use crate::http::{LastReport, Need, Overview, Standby};

/// The operator that leads watching `objects`, as they are stored.
fn status(needs: Vec<Need>, objects: &[Value]) -> Overview {
    replica(needs, Box::new(|| None), objects)
}

/// One of several.
fn replica(needs: Vec<Need>, standby: Standby, objects: &[Value]) -> Overview {
    let (sessions, mut writer) = reflector::store();
    for object in objects {
        writer.apply_watcher_event(&watcher::Event::Apply(serde_json::from_value(object.clone()).unwrap()));
    }
    // What the tests call UIDs are seconds.
    let last_report: LastReport = Box::new(|uid| uid.parse().ok().map(Duration::from_secs));
    Overview::new(needs, standby, sessions, last_report, Registry::with_prefix("ballsession_operator"))
}

fn session(namespace: &str, name: &str, ready: Option<&str>) -> Value {
    let ready = ready.map(|status| {
        json!([{"type": "Ready", "status": status, "reason": "R", "message": "", "lastTransitionTime": "2026-01-01T00:00:00Z"}])
    });
    json!({
        "apiVersion": "ballsession.dev/v1alpha1", "kind": "BallSession",
        "metadata": {"namespace": namespace, "name": name, "creationTimestamp": "2026-01-01T00:00:00Z"}, "spec": {},
        "status": {"conditions": ready.unwrap_or(json!([])), "display": {"clients": "2/2", "errorP95": "0.012px"}, "errorCount": 3}
    })
}

fn shown(status: &Overview) -> Value {
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
                "namespace": "a", "name": "pier", "created": "2026-01-01T00:00:00Z", "clients": "2/2", "errorP95": "0.012px", "errors": 3,
                "conditions": [{"type": "Ready", "status": "False", "reason": "R"}]
            },
            {
                "namespace": "b", "name": "harbor", "created": "2026-01-01T00:00:00Z", "clients": "2/2", "errorP95": "0.012px", "errors": 3,
                "conditions": [{"type": "Ready", "status": "True", "reason": "R"}]
            }
        ])
    );
    let undecodable = &shown["undecodable"][0];
    assert_eq!((&undecodable["namespace"], &undecodable["name"]), (&json!("b"), &json!("broken")));
    assert!(undecodable["error"].as_str().unwrap().contains("many"), "{undecodable}");
}

#[test]
fn clients_are_shown_with_their_nodes_and_how_they_stand() {
    let mut harbor = session("b", "harbor", None);
    harbor["metadata"]["uid"] = json!("7");
    harbor["status"]["conditions"] = json!([{
        "type": "ObjectivesMet", "status": "False", "reason": "LossTooHigh", "lastTransitionTime": "2026-01-01T00:00:00Z",
        "message": "8.1 % lost, 1 % allowed (harbor-client-1 on worker-2; cause Network)"
    }]);
    let client = |id: &str, node: &str, loss: &str| json!({"id": id, "node": node, "state": "Connected", "reconnects": 3, "lossPercent": loss, "latencyMillisecondsP95": "6.4"});
    harbor["status"]["clients"] =
        json!([client("harbor-client-1", "worker-2", "8.1"), client("harbor-client-0", "worker-1", "0")]);
    let shown = shown(&status(vec![], &[harbor]));
    let harbor = &shown["sessions"][0];
    assert_eq!(harbor["decidedBy"], json!("harbor-client-1 on worker-2; cause Network"));
    assert_eq!(
        harbor["clientRows"],
        json!([
            {
                "id": "harbor-client-1", "node": "worker-2", "state": "Connected", "outcome": "Missed",
                "lossPercent": "8.1", "latencyMillisecondsP95": "6.4"
            },
            {
                "id": "harbor-client-0", "node": "worker-1", "state": "Connected", "outcome": "Met",
                "lossPercent": "0", "latencyMillisecondsP95": "6.4"
            }
        ])
    );
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
    let series = series(&status);
    let counted = format!("sessions{{ready=\"True\"}} {}.0", MAX_SESSIONS + 7);
    assert!(series.contains(&counted) && series.contains(&"sessions_omitted 7.0".to_owned()));
    let named = series.iter().filter(|line| line.starts_with("session_ready{")).count();
    assert_eq!(named, MAX_SESSIONS);
}

/// The lines of the metrics without those about them.
fn series(status: &Overview) -> Vec<String> {
    let text = status.metrics().unwrap();
    assert!(text.ends_with("# EOF\n"), "{text}");
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines.map(|line| line.strip_prefix("ballsession_operator_").unwrap().to_owned()).collect()
}

/// What each replica says of itself.
const BUILD: &str = concat!("build_info{version=\"", env!("CARGO_PKG_VERSION"), "\"} 1.0");

#[test]
fn metrics_count_sessions_by_readiness() {
    let mut broken = session("b", "broken", None);
    broken["spec"] = json!({"clients": "many"});
    let needs: Vec<Need> = vec![Box::new(|| Some("the first list of pods".into()))];
    let mut other = session("a", "x", Some("False"));
    other["spec"] = json!({"path": "NodePort"});
    let series = series(&status(needs, &[broken, session("a", "new", None), other]));
    let of_all = [
        BUILD,
        "ready 0.0",
        "sessions{ready=\"True\"} 0.0",
        "sessions{ready=\"False\"} 1.0",
        "sessions{ready=\"Unknown\"} 1.0",
        "sessions{ready=\"Undecodable\"} 1.0",
        "sessions_by_path{path=\"PodIP\"} 1.0",
        "sessions_by_path{path=\"ClusterIP\"} 0.0",
        "sessions_by_path{path=\"NodePort\"} 1.0",
        "sessions_by_path{path=\"LoadBalancer\"} 0.0",
        "sessions_by_path{path=\"Relay\"} 0.0",
        "sessions_omitted 0.0",
    ];
    assert_eq!(series[..of_all.len()], of_all);
}

#[test]
fn metrics_say_how_each_session_stands() {
    let condition = |kind: &str, status: &str| json!({"type": kind, "status": status, "reason": "R", "message": "", "lastTransitionTime": "2026-01-01T00:00:00Z"});
    let mut good = session("a", "good", Some("True"));
    good["metadata"]["uid"] = json!("7");
    good["spec"] = json!({"clients": 3});
    good["status"]["readyClients"] = json!(2);
    good["status"]["conditions"] = json!([condition("Ready", "True"), condition("ObjectivesMet", "True")]);
    good["status"]["measurements"] = json!({"recoveryMilliseconds": "2340"});
    good["status"]["display"]["serverZone"] = json!("north");
    let mut complete = session("b", "complete", None);
    complete["status"]["conditions"] =
        json!([condition("ObjectivesMet", "False"), condition("Complete", "True")]);
    let mut suspended = session("c", "suspended", None);
    suspended["spec"] = json!({"suspend": true});
    suspended["status"]["conditions"] = json!([condition("ObjectivesMet", "Unknown")]);
    let mut bypassed = session("d", "bypassed", Some("False"));
    bypassed["status"]["conditions"][0]["reason"] = json!("PathBypassed");
    let series = series(&status(vec![], &[good, complete, suspended, bypassed]));
    let by_name: Vec<_> =
        series.iter().filter(|line| line.starts_with("session_")).map(String::as_str).collect();
    assert_eq!(
        by_name,
        [
            "session_ready{namespace=\"a\",session=\"good\"} 1.0",
            "session_ready{namespace=\"b\",session=\"complete\"} 0.0",
            "session_ready{namespace=\"c\",session=\"suspended\"} 0.0",
            "session_ready{namespace=\"d\",session=\"bypassed\"} 0.0",
            "session_objectives_met{namespace=\"a\",session=\"good\"} 1.0",
            "session_objectives_met{namespace=\"b\",session=\"complete\"} 0.0",
            "session_wanted_clients{namespace=\"a\",session=\"good\"} 3.0",
            "session_wanted_clients{namespace=\"b\",session=\"complete\"} 0.0",
            "session_wanted_clients{namespace=\"c\",session=\"suspended\"} 0.0",
            "session_wanted_clients{namespace=\"d\",session=\"bypassed\"} 1.0",
            "session_ready_clients{namespace=\"a\",session=\"good\"} 2.0",
            "session_recovery_seconds{namespace=\"a\",session=\"good\"} 2.34",
            "session_last_report_age_seconds{namespace=\"a\",session=\"good\"} 7.0",
            "session_ready_reason{namespace=\"a\",session=\"good\",reason=\"R\"} 1.0",
            "session_ready_reason{namespace=\"d\",session=\"bypassed\",reason=\"PathBypassed\"} 1.0",
            "session_server_zone{namespace=\"a\",session=\"good\",zone=\"north\"} 1.0",
        ]
    );
}

#[test]
fn a_replica_that_stands_by_is_ready_and_counts_no_session_a_second_time() {
    let standby = || Some("the lease tower/operator: held by b".to_owned());
    let replica = replica(vec![], Box::new(standby), &[session("a", "pier", Some("True"))]);
    assert_eq!(replica.readiness(), Readiness::Ready);
    assert_eq!(series(&replica), [BUILD, "ready 1.0"]);
    let shown = shown(&replica);
    assert_eq!(shown["standby"], json!("the lease tower/operator: held by b"));
    assert_eq!((&shown["ready"], &shown["watched"]), (&json!(true), &json!(1)), "its caches are warm");
    assert_eq!(self::shown(&status(vec![], &[]))["standby"], json!(null));
}
