//! The whole of the controller's part of the status.

use super::*;

/// O5: what is refused is said, and all else is observed on.
#[test]
fn a_refused_child_hides_nothing_else() {
    let mut scene = Scene::working();
    scene.refused = Some(Reason::ApplyFailed.with_message("webhook away"));
    let owned = scene.compute().0;
    assert_eq!((owned.clients.as_deref(), owned.server_node.as_deref()), (Some("2/2"), Some("a")));
    assert_eq!((owned.ready_clients, owned.reason.as_deref()), (Some(2), Some("ApplyFailed")));
}

#[test]
fn the_servers_zone_is_that_of_its_node() {
    let mut scene = Scene::working();
    assert_eq!(scene.compute().0.server_zone, None, "its node has none");
    scene.zones = [("a".to_owned(), "north".to_owned()), ("b".to_owned(), "south".to_owned())].into();
    assert_eq!(scene.compute().0.server_zone.as_deref(), Some("north"));
}

/// The limits that stand in the spec now may have come after the end.
#[test]
fn a_run_that_is_over_is_explained_by_the_objectives_that_it_was_judged_by() {
    let mut scene = Scene::new(&json!({"clients": 2, "duration": "5m"}));
    scene.finish();
    scene.stored.conditions = serde_json::from_value(json!([{
        "type": "ObjectivesMet", "status": "False", "reason": "LossTooHigh", "message": "loss 8.1 % of all clients",
        "lastTransitionTime": START
    }]))
    .unwrap();
    let said = |scene: &mut Scene| scene.compute().0.message.unwrap();
    assert_eq!(said(&mut scene), "loss 8.1 % of all clients", "it is not known by which");
    scene.run.judged_by = Some(scene.session.judged_by());
    assert_eq!(said(&mut scene), "loss above the 1 % that are allowed");
    scene.session.objectives.loss_percent = Some(9.0);
    assert_eq!(said(&mut scene), "loss 8.1 % of all clients");
}

#[test]
fn the_whole_status() {
    let mut scene = Scene::new(&json!({"clients": 2, "duration": "5m"}));
    scene.set_client(1, &json!({}));
    let hash = scene.session.run_hash.clone();
    let message =
        "1 of 2 clients are ready: harbor-client-1-y on node b has not decoded a frame within the last 2 s";
    assert_eq!(
        scene.compute().0.patch()["status"],
        json!({
            "observedGeneration": 3,
            "conditions": [
                {"type": "Ready", "status": "False", "reason": "WaitingForClients", "message": message,
                 "observedGeneration": 3, "lastTransitionTime": "2026-01-01T00:01:00Z"},
                {"type": "Complete", "status": "False", "reason": "Running", "message": "each client measures for 5m",
                 "observedGeneration": 3, "lastTransitionTime": "2026-01-01T00:01:00Z"}
            ],
            "display": {"clients": "1/2", "serverNode": "a", "path": "PodIP", "reason": "WaitingForClients",
                        "message": message},
            "readyClients": 1,
            "selector": "app.kubernetes.io/component=client,app.kubernetes.io/instance=harbor,app.kubernetes.io/name=ballsession",
            "run": {"hash": hash}
        })
    );
}

#[test]
fn the_run_is_named_only_when_the_old_numbers_are_gone() {
    let mut scene = Scene::working();
    scene.begun = false;
    assert_eq!(scene.compute().0.run, None);
    let old = Run { hash: "old".into(), ..Run::default() };
    scene.stored.run = Some(old.clone());
    let owned = scene.compute().0;
    assert_eq!((owned.run, owned.history.len()), (Some(old), 1), "which go to the history first");
    scene.stored.history = owned.history;
    scene.begun = true;
    let owned = scene.compute().0;
    assert_eq!((owned.run.unwrap().hash, owned.history.len()), (scene.session.run_hash.clone(), 1));
}

/// O24: what is shown explains the conditions of the same object, whichever writer was the last.
#[test]
fn the_reason_shown_is_why_not_ready_else_why_not_met() {
    let met = |status: &str, reason: &str| {
        serde_json::from_value(json!([{
            "type": "ObjectivesMet", "status": status, "reason": reason, "message": "9 % of 1 %", "lastTransitionTime": START
        }]))
        .unwrap()
    };
    let mut scene = Scene::working();
    let shown = |scene: &mut Scene| {
        let owned = scene.compute().0;
        (owned.reason.unwrap_or_default(), owned.message.unwrap_or_default())
    };
    scene.stored.conditions = met("True", "Met");
    assert_eq!(shown(&mut scene), (String::new(), String::new()));
    scene.stored.conditions = met("False", "LossTooHigh");
    assert_eq!(shown(&mut scene), ("LossTooHigh".into(), "loss above the 1 % that are allowed".into()));

    // That a run is over says nothing about how it went.
    scene.phase = Phase::Over(Outcome::Finished);
    assert_eq!(shown(&mut scene).0, "LossTooHigh");
    scene.stored.conditions = met("True", "Met");
    assert_eq!(shown(&mut scene).0, "Completed");

    // What was shown is emptied: left out, the other writer's would stay.
    let mut scene = Scene::working();
    scene.stored.conditions = met("True", "Met");
    scene.stored.display =
        Some(crds::Display { reason: Some("NoReports".into()), ..crds::Display::default() });
    assert_eq!(scene.compute().0.patch()["status"]["display"]["reason"], "");
}

/// Whatever is asked for once a run is over changes nothing of it.
#[test]
fn a_run_that_is_over_stays_as_it_is() {
    let mut scene = Scene::new(&json!({"clients": 2, "duration": "5m"}));
    scene.exceed_deadline();
    scene.run.cause = Some("Unschedulable: 0/3 nodes".into());
    let ended = scene.compute().0;
    let complete = ended.complete.clone().unwrap();
    assert_eq!(
        (complete.status.as_str(), complete.reason.as_str(), complete.message.as_str()),
        ("True", "StartDeadlineExceeded", "not every client had media within 10m; Unschedulable: 0/3 nodes")
    );
    let why = "the run was given up: not every client had media within 10m; Unschedulable: 0/3 nodes";
    assert_eq!(ended.ready.clone().unwrap().message, why);

    let mut later =
        Scene::new(&json!({"clients": 9, "duration": "5m", "startDeadline": "30s", "suspend": true}));
    later.session.stage = RunStage::Finished;
    later.exceed_deadline();
    later.run = ended.run.clone().unwrap();
    later.stored = serde_json::from_value(ended.patch()["status"].clone()).unwrap();
    later.pods.clear();
    let owned = later.compute().0;
    let frozen = Owned { ready_clients: owned.ready_clients, ..ended };
    assert_eq!(owned, frozen);
}

/// Versions before counted the time before the first frame as well.
#[test]
fn a_run_of_a_version_before_ended_as_it_said() {
    let mut scene = Scene::new(&json!({"clients": 2, "duration": "5m"}));
    scene.session.stage = RunStage::Finished;
    let said = "not every client measured for 5m within 2 more minutes";
    scene.stored = serde_json::from_value(json!({
        "run": {"hash": scene.session.run_hash}, "display": {"clients": "1/2"},
        "conditions": [{"type": "Complete", "status": "True", "reason": "DeadlineExceeded", "message": said,
                        "lastTransitionTime": START}]
    }))
    .unwrap();
    scene.phase = crate::run::over(&scene.stored.conditions);
    let owned = scene.compute().0;
    let complete = owned.complete.unwrap();
    assert_eq!((complete.reason.as_str(), complete.message.as_str()), ("DeadlineExceeded", said));
    assert_eq!((owned.ready.unwrap().reason.as_str(), owned.clients.as_deref()), ("Failed", Some("1/2")));
}

#[test]
fn a_refused_session_keeps_what_was_known() {
    let mut scene = Scene::new(&json!({"clients": 2, "duration": "5m"}));
    scene.phase = Phase::Over(Outcome::Finished);
    let finished = scene.compute().0;
    scene.stored = serde_json::from_value(finished.patch()["status"].clone()).unwrap();
    let explanation = Reason::InvalidSpec.with_message("spec.clients is 101");
    let time = START.parse().unwrap();
    let refusal = |generation| unrunnable(&explanation, &scene.stored, true, Some(generation), time);
    let same = refusal(3);
    assert_eq!((same.run.as_ref(), same.clients.as_deref()), (finished.run.as_ref(), Some("2/2")));
    let (ready, complete) = (same.ready.unwrap(), same.complete.unwrap());
    assert_eq!((ready.reason.as_str(), ready.observed_generation), ("InvalidSpec", Some(3)));
    assert_eq!((complete.status.as_str(), complete.reason.as_str()), ("True", "Finished"));
    assert_eq!(same.reason.as_deref(), Some("InvalidSpec"));

    // O21: a gate that waits for what it has just applied must not pass on the run before.
    let complete = refusal(4).complete.unwrap();
    assert_eq!((complete.status.as_str(), complete.reason.as_str()), ("False", "Running"));
    assert_eq!(complete.observed_generation, Some(4));

    let first = unrunnable(&explanation, &BallSessionStatus::default(), false, Some(1), time);
    assert_eq!(first.complete.unwrap().reason, "Unbounded");
}
