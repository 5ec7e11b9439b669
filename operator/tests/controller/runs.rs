//! Bounded runs: how they end, stay ended, and begin anew.

use crds::BallSession;
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::Pod;
use kube::ResourceExt;
use kube::api::{DeleteParams, Patch, PatchParams};
use serde_json::json;

use crate::harness::{Operator, asked_for_last_numbers, client, condition, eventually, finish_clients};

async fn wait_complete(operator: &Operator, reason: &str) -> BallSession {
    operator.wait("harbor", reason, |session: &BallSession| condition(session, "Complete").0 == reason).await
}

#[tokio::test]
async fn a_run_ends_with_its_last_numbers_stays_ended_and_begins_anew() {
    let Some((client, _shared)) =
        client("a_run_ends_with_its_last_numbers_stays_ended_and_begins_anew").await
    else {
        return;
    };
    let operator = Operator::start(&client).await;
    operator.create("harbor", &json!({"clients": 2, "duration": "5m"})).await;
    let running = wait_complete(&operator, "Running").await;
    let first_run = running.status.unwrap().run.unwrap().hash;
    operator.reports.hold_back(true);
    operator.play_pods("harbor", 2).await;
    let pods = finish_clients(&operator, "harbor", 2).await;

    // All clients are done, but the run is not before its last numbers are in.
    asked_for_last_numbers(&operator, &first_run).await;
    let session = operator.api::<BallSession>().get("harbor").await.unwrap();
    assert_eq!(condition(&session, "Complete").0, "Running");
    let server = operator.api::<Deployment>().get("harbor-server").await.unwrap();
    assert_eq!(server.spec.replicas, Some(1));
    operator.reports.hold_back(false);
    let finished = wait_complete(&operator, "Finished").await;
    assert_eq!(condition(&finished, "Ready").0, "Completed");
    operator.wait("harbor-server", "no server", |server: &Deployment| server.spec.replicas == Some(0)).await;

    // Whatever is deleted or changed beside what is measured, the run stays over, and its logs stay.
    operator.change("harbor", &json!({"clients": 3})).await;
    operator.wait_for_quiet().await;
    for pod in &pods {
        assert_eq!(operator.api::<Pod>().get(&pod.name_any()).await.unwrap().uid(), pod.uid());
    }
    operator.api::<Pod>().delete(&pods[0].name_any(), &DeleteParams::default()).await.unwrap();
    operator.wait_gone::<Pod>(&pods[0].name_any(), None).await;
    operator.wait_for_quiet().await;
    operator.wait_pods("harbor", "client", 0).await;

    // Another duration is another run.
    operator.change("harbor", &json!({"duration": "6m", "clients": 1})).await;
    let session = operator
        .wait("harbor", "another run", |session: &BallSession| {
            let run = session.status.as_ref().and_then(|status| status.run.as_ref());
            run.is_some_and(|run| run.hash != first_run)
        })
        .await;
    assert_eq!(condition(&session, "Complete").0, "Running");
    let run = session.status.unwrap().run.unwrap();
    assert_eq!(run.finished, None, "of this one nobody is done");
    assert_eq!(operator.reports.begun().len(), 2);
    operator.wait_pods("harbor", "client", 1).await;
    operator.wait_pods("harbor", "server", 1).await;
    operator.finish().await;
}

#[tokio::test]
async fn an_end_is_taken_back_by_more_clients() {
    let Some((client, _shared)) = client("an_end_is_taken_back_by_more_clients").await else { return };
    let operator = Operator::start(&client).await;
    operator.create("harbor", &json!({"clients": 1, "duration": "5m"})).await;
    let running = wait_complete(&operator, "Running").await;
    let run = running.status.unwrap().run.unwrap().hash;
    operator.reports.hold_back(true);
    operator.play_pods("harbor", 1).await;
    finish_clients(&operator, "harbor", 1).await;
    let first_end = asked_for_last_numbers(&operator, &run).await;

    // Before these are in, another client is asked for.
    operator.change("harbor", &json!({"clients": 2})).await;
    eventually("the end of the end", async || {
        let continued = operator.reports.continued();
        if continued.contains(&run) { Ok(()) } else { Err(continued) }
    })
    .await;
    operator.reports.hold_back(false);
    finish_clients(&operator, "harbor", 1).await;
    wait_complete(&operator, "Finished").await;
    assert!(operator.reports.finished()[&run] > first_end);
    operator.finish().await;
}

#[tokio::test]
async fn a_run_that_takes_too_long_is_given_up() {
    let Some((client, _shared)) = client("a_run_that_takes_too_long_is_given_up").await else { return };
    let operator = Operator::start(&client).await;
    operator.create("harbor", &json!({"clients": 1, "duration": "5s"})).await;
    operator.play_pods("harbor", 1).await;
    operator.wait_ready("harbor", "Ready").await;
    let pod = operator.wait_pods("harbor", "client", 1).await.remove(0);

    // Its hard end is 10 minutes and 10 seconds away, unless it began earlier.
    operator
        .wait("harbor", "a run that measures", |session: &BallSession| {
            let run = session.status.as_ref().and_then(|status| status.run.as_ref());
            run.is_some_and(|run| run.measuring_since.is_some())
        })
        .await;
    let earlier = jiff::Timestamp::now() - std::time::Duration::from_secs(615);
    let earlier =
        Patch::Merge(json!({"status": {"run": {"startedAt": earlier.strftime("%FT%TZ").to_string()}}}));
    let sessions = operator.api::<BallSession>();
    sessions.patch_status("harbor", &PatchParams::default(), &earlier).await.unwrap();
    let failed = wait_complete(&operator, "Failed").await;
    let (_, message) = condition(&failed, "Complete");
    assert!(message.starts_with("not every client measured for 5s within 10m and twice that"), "{message}");
    assert_eq!(condition(&failed, "Ready").0, "Failed");
    operator.wait_gone::<Pod>(&pod.name_any(), pod.uid().as_deref()).await;
    operator.wait("harbor-server", "no server", |server: &Deployment| server.spec.replicas == Some(0)).await;
    operator.finish().await;
}

/// O8: a client that was done, and whose pod went with its node, began anew.
#[tokio::test]
async fn who_is_done_stays_done_without_a_pod_and_after_a_restart() {
    let Some((client, _shared)) = client("who_is_done_stays_done_without_a_pod_and_after_a_restart").await
    else {
        return;
    };
    let operator = Operator::start(&client).await;
    operator.create("harbor", &json!({"clients": 2, "duration": "5m"})).await;
    let pods = operator.wait_pods("harbor", "client", 2).await;
    // O6: a sidecar goes on.
    let done = json!({"phase": "Running", "containerStatuses": [
        {"name": "client", "image": "c", "imageID": "", "ready": false, "restartCount": 0,
         "state": {"terminated": {"exitCode": 0, "containerID": "c", "startedAt": "2026-01-01T00:00:00Z",
                                  "finishedAt": "2026-01-01T00:00:00Z"}}},
        {"name": "mesh", "image": "m", "imageID": "", "ready": true, "restartCount": 0, "state": {"running": {}}}
    ]});
    operator.set_pod(&pods[1], &done).await;
    operator
        .wait("harbor", "one is done", |session: &BallSession| {
            let run = session.status.as_ref().and_then(|status| status.run.as_ref());
            run.and_then(|run| run.finished.as_deref()) == Some("1")
        })
        .await;
    operator.api::<Pod>().delete(&pods[1].name_any(), &DeleteParams::default()).await.unwrap();
    operator.wait_gone::<Pod>(&pods[1].name_any(), None).await;
    operator.wait_for_quiet().await;
    let operator = operator.restart().await;
    operator.wait_for_quiet().await;
    let left = operator.wait_pods("harbor", "client", 1).await;
    assert_eq!(left[0].uid(), pods[0].uid());
    operator.set_pod(&pods[0], &json!({"phase": "Succeeded"})).await;
    wait_complete(&operator, "Finished").await;
    operator.finish().await;
}

#[tokio::test]
async fn clients_without_an_end_do_not_stay_ended() {
    let Some((client, _shared)) = client("clients_without_an_end_do_not_stay_ended").await else { return };
    let operator = Operator::start(&client).await;
    operator.create("harbor", &json!({"clients": 1})).await;
    let pods = operator.wait_pods("harbor", "client", 1).await;
    operator.set_pod(&pods[0], &json!({"phase": "Succeeded"})).await;
    eventually("another pod", async || {
        let pod = operator.wait_pods("harbor", "client", 1).await.remove(0);
        if pod.uid() == pods[0].uid() { Err(pod.name_any()) } else { Ok(()) }
    })
    .await;
    let session = operator.api::<BallSession>().get("harbor").await.unwrap();
    assert_eq!(condition(&session, "Complete").0, "Unbounded");
    operator.finish().await;
}
