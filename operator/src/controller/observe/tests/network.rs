//! Where the network lets nothing through, and nobody can report that.

use super::*;
use crate::controller::observe::failed_attempt::tests::ended;

const CAUSE: &str =
    "error: ResolveFailed: cannot resolve harbor-server: no answer; no media and no post taken for 30 s: x";

/// A session whose clients end again and again, with the pods of the attempts after that.
fn unheard() -> Scene {
    let mut scene = Scene::working();
    scene.view = View::default();
    for index in 0..2 {
        scene.set_client(index, &ended("client", 1, CAUSE));
    }
    let time = START.parse::<Timestamp>().unwrap() + Duration::from_secs(60);
    let pods = ObservedPods::of(&scene.pods, &scene.session, None, &scene.finished, &BTreeMap::new(), time);
    scene.failed_attempts.note(&pods, time);
    for index in 0..2 {
        scene.set_client(index, &json!({"phase": "Running"}));
    }
    scene
}

/// O23: for ever WaitingForClients, "has not decoded a frame within the last 2 s".
#[test]
fn the_cause_that_clients_left_behind_is_quoted_with_the_policies_that_select_them() {
    let mut scene = unheard();
    let cause =
        "harbor-client-0-y on node b ended: cannot resolve harbor-server: no answer; 2 of 2 clients affected";
    assert_eq!(scene.ready(), ("SignalingFailed".into(), cause.into()));
    let policies = "NetworkPolicy default-deny selects server and clients (Ingress, Egress)";
    scene.policies = Some(policies.into());
    assert_eq!(scene.ready(), ("SignalingFailed".into(), format!("{cause}; {policies}")));
    scene.set_client(0, &ready(START));
    scene.set_client(1, &ready(START));
    assert_eq!(scene.ready().0, "NoReports", "media flows, and nobody says so");
    assert!(scene.ready().1.ends_with(policies), "{}", scene.ready().1);
}

#[test]
fn policies_are_named_where_the_network_is_to_be_looked_at_and_always_seen() {
    let mut scene = Scene::working();
    let policies = "NetworkPolicy default-deny selects server and clients (Ingress, Egress)";
    scene.policies = Some(policies.into());
    assert_eq!(scene.ready().1, "media flows to 2 of 2 clients");
    scene.set_client(1, &json!({}));
    let blocked = client_posts(State::Connecting, &[(ErrorCode::IceFailed, 1, "")]);
    scene.view.clients = [("harbor-client-1-y".to_owned(), blocked)].into();
    let (reason, message) = scene.ready();
    assert_eq!(reason, "MediaBlocked");
    assert!(message.len() <= crds::MAX_MESSAGE && message.ends_with(policies), "{message}");
    assert!(message.contains("1 of 2 clients affected"), "{message}");
    scene.set_server(&json!({}));
    assert!(!scene.ready().1.contains("NetworkPolicy"), "{}", scene.ready().1);
}

/// O23: with its posts denied a session was Ready for 30 s before anybody had said anything.
#[test]
fn a_session_is_not_ready_before_its_server_has_reported() {
    let mut scene = Scene::working();
    scene.view.server = None;
    scene.set_client(1, &ready("2026-01-01T00:00:50Z"));
    let message = "clients are ready, and the first report of the server has not come yet";
    assert_eq!(scene.ready(), ("ServerNotReady".into(), message.into()));
    assert_eq!(scene.compute().1, Some(Duration::from_secs(20)), "then it says NoReports");
    scene.set_client(1, &ready("2026-01-01T00:00:30Z"));
    assert_eq!(scene.ready().0, "NoReports");
}

#[test]
fn a_server_that_ended_before_says_how() {
    let mut scene = Scene::working();
    let mut status = ended("server", 1, "error: cannot listen on [::]:8080: in use");
    let container = &mut status["containerStatuses"][0];
    container["lastState"] = container["state"].take();
    container["state"] = json!({"running": {}});
    status["phase"] = json!("Running");
    scene.set_server(&status);
    let message = "harbor-server-x on node a is not ready yet; it ended before: exit code 1: error: cannot listen on \
                   [::]:8080: in use";
    assert_eq!(scene.ready(), ("ServerNotReady".into(), message.into()));
}

/// A server that was replaced: its clients are ready by what the one before sent, and the reports are of that one.
#[test]
fn after_a_replacement_media_is_what_the_new_server_reports() {
    let mut scene = Scene::working();
    scene.pods[0] = pod("server", 0, &ready("2026-01-01T00:00:58Z"));
    let first = "clients are ready, and the first report of the server has not come yet";
    // Said of the former one, whose report is old, and so is the readiness of its clients.
    scene.silent = Duration::from_secs(40);
    if let Some(server) = &mut scene.view.server {
        server.pod = "harbor-server-former".into();
    }
    assert_eq!(scene.ready(), ("ServerNotReady".into(), first.into()));
    assert_eq!(scene.compute().1, Some(Duration::from_secs(28)));
    scene.silent = Duration::from_secs(1);
    assert_eq!(scene.ready(), ("ServerNotReady".into(), first.into()), "the former one's last");
    scene.stored = serde_json::from_value(scene.compute().0.patch()["status"].clone()).unwrap();
    scene.stored.conditions[0].status = "True".into();
    let said_at = |scene: &mut Scene, time: &str| {
        scene.stored.conditions[0].last_transition_time.0 = time.parse().unwrap();
    };
    said_at(&mut scene, "2026-01-01T00:00:20Z");
    assert_eq!(scene.ready().0, "ServerNotReady", "that was of the former one");

    let reports = |scene: &mut Scene, clients: &[u32]| {
        let server = scene.view.server.as_mut().unwrap();
        server.pod = "harbor-server-x".into();
        let row = server.rows[0].clone();
        let row = |index: &u32| {
            let mut row = row.clone();
            (row.id, row.state, row.frames.matched) = (format!("harbor-client-{index}"), State::Connected, 1);
            row
        };
        let mut connecting = row(&1);
        connecting.frames.matched = 0;
        server.rows = clients.iter().map(row).chain([connecting]).collect();
    };
    for (clients, reached) in [(&[][..], 0), (&[1], 1)] {
        reports(&mut scene, clients);
        let message = format!(
            "clients became ready before the server did, which has reported media to {reached} of 2 of them so far"
        );
        assert_eq!(scene.ready(), ("WaitingForClients".into(), message));
    }
    reports(&mut scene, &[0, 1]);
    assert_eq!(scene.ready().0, "Ready");

    // Once it was said of this one, other words tell when that is over.
    reports(&mut scene, &[0]);
    said_at(&mut scene, "2026-01-01T00:00:59Z");
    assert_eq!(scene.ready().0, "Ready");
    scene.view.server = None;
    assert_eq!(scene.ready().0, "Ready", "an operator that has just started");
}

/// The server has just become ready: that clients were refused before says nothing, and what they say next is to be seen.
#[test]
fn a_client_that_was_refused_by_a_server_of_before_is_waited_for() {
    let mut scene = Scene::working();
    scene.pods[0] = pod("server", 0, &ready("2026-01-01T00:00:58Z"));
    scene.set_client(1, &json!({}));
    let said = |scene: &mut Scene, time: &str| {
        let second = time.parse::<Timestamp>().unwrap().as_second();
        let refused = client_posts(State::Connecting, &[(ErrorCode::ConnectFailed, second, "refused")]);
        scene.view.clients = [("harbor-client-1-y".to_owned(), refused)].into();
        (scene.ready().0, scene.compute().1)
    };
    let waited_for = ("WaitingForClients".to_owned(), Some(Duration::from_secs(8)));
    assert_eq!(said(&mut scene, "2026-01-01T00:00:57Z"), waited_for);
    assert_eq!(said(&mut scene, "2026-01-01T00:00:59Z").0, "SignalingFailed");
    scene.pods[0] = pod("server", 0, &ready("2026-01-01T00:00:50Z"));
    assert_eq!(said(&mut scene, "2026-01-01T00:00:47Z").0, "SignalingFailed", "it goes on");
}
