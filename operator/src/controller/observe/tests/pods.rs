//! Pods that are missing, on their way, stuck, gone or done.

use super::*;
use crate::run::WantedClients;

#[test]
fn a_deployment_says_why_it_cannot_make_the_servers_pod() {
    let mut scene = Scene::working();
    scene.pods.clear();
    scene.applied.server_deployment.as_mut().unwrap().status = serde_json::from_value(json!({
        "conditions": [{"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "message": "exceeded quota: tight"}]
    }))
    .unwrap();
    assert_eq!(scene.ready(), ("PodsForbidden".into(), "exceeded quota: tight".into()));
}

#[test]
fn the_message_says_what_is_waited_for() {
    let mut scene = Scene::working();
    scene.pods.truncate(1);
    assert_eq!(scene.ready().1, "0 of 2 clients are ready: pods do not exist yet");
    scene.pods.clear();
    assert_eq!(scene.ready(), ("ServerNotReady".into(), "the server's pod does not exist yet".into()));
}

/// O8: pods that failed and are kept were counted as clients, and could say that media is blocked.
#[test]
fn a_pod_that_was_evicted_is_no_client() {
    let mut scene = Scene::working();
    let evicted = json!({"phase": "Failed", "reason": "Evicted", "message": "low on memory", "conditions": [
        {"type": "Ready", "status": "True", "lastTransitionTime": START}
    ]});
    scene.set_client(1, &evicted);
    let blocked = client_posts(State::Connecting, &[(ErrorCode::IceFailed, 1, "")]);
    scene.view.clients = [("harbor-client-1-y".to_owned(), blocked)].into();
    assert_eq!(scene.compute().0.clients.as_deref(), Some("1/2"));
    assert_eq!(
        scene.ready(),
        (
            "WaitingForClients".into(),
            "1 of 2 clients are ready: harbor-client-1-y is gone (Evicted: low on memory), and its replacement does not \
             exist yet"
                .into()
        )
    );
}

/// O8: a client that was done, and whose pod went with its node, was one that does not exist yet.
#[test]
fn a_client_that_is_done_needs_no_pod() {
    let mut scene = Scene::new(&json!({"clients": 2, "duration": "5m"}));
    scene.pods.truncate(2);
    assert_eq!(scene.ready().1, "1 of 2 clients are ready: pods do not exist yet");
    scene.finished = [1].into();
    assert_eq!(scene.ready().0, "Ready");
}

/// Its probe fails before its kubelet says that it is done. It was one of those that are lost, or waited for.
#[test]
fn a_client_whose_time_is_over_is_not_lost() {
    let of = |since: u32| {
        let mut scene = Scene::new(&json!({"clients": 2, "duration": "50s"}));
        scene.run.started_at = Some(serde_json::from_value(json!(START)).unwrap());
        scene.run.measured = Some(format!("0:0@59,1:20@{since}"));
        scene.set_client(1, &no_longer_ready());
        (scene.ready(), scene.compute().1)
    };
    // It is the second 60: 53 s and 43 s.
    let (ready, recheck) = of(27);
    assert_eq!(
        ready,
        (
            "Ready".into(),
            "media flows to 1 of 2 clients, and has flowed to the others for as long as it was to".into()
        )
    );
    assert_eq!(recheck, Some(Duration::from_secs(7)), "then it should have ended");
    assert_eq!(of(37).0.0, "ClientsLost");
    assert_eq!(of(20).0.0, "ClientsLost", "it does not end");
}

/// There are as many as nodes, whatever is asked for, and their indexes have gaps.
#[test]
fn clients_of_each_node_are_counted_by_their_nodes() {
    let mut scene = Scene::new(&json!({"clients": 0, "placement": "EachNode", "duration": "50s"}));
    scene.session.clients = WantedClients::of_nodes(&[String::new(), "b".into(), "c".into()]);
    scene.pods.remove(1);
    assert_eq!(scene.ready().1, "1 of 2 clients are ready: pods do not exist yet");
    let owned = scene.compute().0;
    assert_eq!(owned.clients.as_deref(), Some("1/2"));
    assert_eq!(owned.complete().unwrap().message, "each client measures for 50s");
    scene.finished = [0].into();
    assert_eq!(scene.ready().1, "1 of 2 clients are ready: pods do not exist yet", "that is none of them");
    // It is the second 60 of the run.
    scene.run.started_at = Some(serde_json::from_value(json!(START)).unwrap());
    scene.run.measured = Some("2:20@27".into());
    scene.pods.push(pod("client", 2, &no_longer_ready()));
    assert_eq!(scene.ready().0, "Ready", "the time of the other one is over");
    scene.finished.clear();
    scene.pods.pop();
    scene.pods.push(pod("client", 2, &ready(START)));
    assert_eq!(scene.ready().1, "media flows to 2 of 2 clients");
}

#[test]
fn a_run_that_is_given_up_waits_for_nobody() {
    let mut scene = Scene::new(&json!({"clients": 2, "duration": "50s"}));
    scene.pods.truncate(1);
    scene.run.cause = Some("Unschedulable: 0/3 nodes".into());
    scene.phase = Phase::Ending(Outcome::StartDeadlineExceeded);
    assert_eq!(
        scene.ready(),
        (
            "Failed".into(),
            "the run is given up, its last numbers are awaited: not every client had media within 10m; Unschedulable: 0/3 nodes"
                .into()
        )
    );
    scene.phase = Phase::Ending(Outcome::Finished);
    scene.finished = [0, 1].into();
    assert_eq!(
        scene.ready(),
        ("Ready".into(), "media has flowed to 2 of 2 clients for as long as it was to".into())
    );
}

/// Of five two were done; then there were to be two, of which one is.
#[test]
fn what_was_done_before_there_were_to_be_fewer_serves_nobody() {
    let mut scene = Scene::new(&json!({"clients": 2, "duration": "5m"}));
    scene.pods.truncate(2);
    scene.finished = [3, 4].into();
    assert_eq!(scene.ready().1, "1 of 2 clients are ready: pods do not exist yet");
}

/// Its node's runtime hangs: nothing said so.
#[test]
fn a_client_that_does_not_go_is_named() {
    let mut scene = Scene::working();
    let mut going = std::sync::Arc::unwrap_or_clone(scene.pods[2].clone());
    going.metadata.deletion_timestamp = serde_json::from_value(json!("2026-01-01T00:00:30Z")).unwrap();
    scene.pods[2] = std::sync::Arc::new(going.clone());
    let (reason, message) = scene.ready();
    assert_eq!(reason, "PodStuck");
    assert!(message.starts_with("harbor-client-1-y on node b was to end and does not"), "{message}");
    going.metadata.deletion_timestamp = serde_json::from_value(json!("2026-01-01T00:00:50Z")).unwrap();
    scene.pods[2] = std::sync::Arc::new(going);
    assert_eq!(scene.ready().0, "WaitingForClients");
    assert_eq!(scene.compute().1, Some(Duration::from_secs(10)));
}

#[test]
fn what_a_pod_waits_for_is_named_and_becomes_a_problem() {
    let mut scene = Scene::working();
    let since = |second: u32| {
        json!({"phase": "Pending", "conditions": [
            {"type": "PodReadyToStartContainers", "status": "False", "lastTransitionTime": format!("2026-01-01T00:00:{second}Z")}
        ]})
    };
    scene.set_client(1, &since(50));
    assert_eq!(
        scene.ready(),
        (
            "WaitingForClients".into(),
            "1 of 2 clients are ready: harbor-client-1-y on node b waits for its network and volumes".into()
        )
    );
    assert_eq!(scene.compute().1, Some(Duration::from_secs(10)));
    scene.set_client(1, &since(30));
    assert_eq!(scene.ready().0, "PodStuck");
    scene.set_server(&since(50));
    assert_eq!(scene.ready().0, "PodStuck", "a problem comes before what may still come");
}

#[test]
fn clients_that_are_done_are_not_waited_for() {
    let mut scene = Scene::new(&json!({"clients": 2, "duration": "5m"}));
    scene.set_client(0, &json!({"phase": "Succeeded"}));
    assert_eq!(scene.ready().0, "Ready");
    assert_eq!(scene.compute().0.clients.as_deref(), Some("1/2"));
    scene.set_client(1, &json!({"phase": "Succeeded"}));
    scene.silent = Duration::from_secs(90);
    assert_eq!(scene.ready().0, "Ready");
}

/// O6: what runs on beside a client that is done keeps its pod, and no run, from its end.
#[test]
fn a_client_is_done_whatever_runs_on_in_its_pod() {
    let container = |name: &str, state: Value| json!({"name": name, "image": "", "imageID": "", "ready": false, "restartCount": 0, "state": state});
    let status = json!({"phase": "Running", "containerStatuses": [
        container("client", json!({"terminated": {"exitCode": 0}})), container("mesh", json!({"running": {}}))
    ]});
    let mut scene = Scene::new(&json!({"clients": 2, "duration": "5m"}));
    scene.set_client(1, &status);
    assert_eq!(scene.ready().0, "Ready");
}

/// Somebody deleted the pod of a client whose node is lost: its kubelet, which was to be checked, is what cannot answer.
#[test]
fn a_pod_that_does_not_go_because_its_node_is_lost_is_no_stuck_one() {
    let mut scene = Scene::new(&json!({"clients": 1}));
    let mut going = (*pod("client", 0, &ready(START))).clone();
    going.metadata.deletion_timestamp = serde_json::from_value(json!("2026-01-01T00:00:30Z")).unwrap();
    scene.pods = vec![pod("server", 0, &ready(START)), Arc::new(going)];
    assert_eq!(scene.ready().0, "PodStuck");
    scene.lose_node();
    let lost = "node b is not Ready (Kubelet stopped posting node status.), with harbor-client-0-y";
    assert_eq!(scene.ready(), ("NodeLost".into(), lost.into()));

    let without_network = json!({"phase": "Pending", "conditions": [
        {"type": "PodReadyToStartContainers", "status": "False", "lastTransitionTime": START}
    ]});
    let mut scene = Scene::working();
    scene.set_client(1, &without_network);
    assert_eq!(scene.ready().0, "PodStuck");
    scene.lose_node();
    assert_eq!(scene.ready().0, "NodeLost");
}
