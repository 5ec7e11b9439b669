//! An upgrade from the version before, which ran clients by Jobs: what runs goes on until its session moves.

use std::collections::BTreeMap;
use std::time::Duration;

use crds::{BallSession, Run};
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::Pod;
use kube::ResourceExt;
use kube::api::{Patch, PatchParams};
use serde_json::{Value, json};

use crate::former::{self, CLIENT_IMAGE, SERVER_IMAGE, condition as said, finish, pods_of_job};
use crate::harness::{Operator, client, condition, eventually, up};

fn run(session: &BallSession) -> Run {
    session.status.clone().and_then(|status| status.run).unwrap_or_default()
}

async fn get(operator: &Operator, name: &str) -> BallSession {
    operator.api::<BallSession>().get(name).await.unwrap()
}

async fn is_there(operator: &Operator, job: &str) -> bool {
    let job = operator.api::<Job>().get_opt(job).await.unwrap();
    job.is_some_and(|job| job.metadata.deletion_timestamp.is_none())
}

fn uids(pods: &[Pod]) -> Vec<Option<String>> {
    pods.iter().map(ResourceExt::uid).collect()
}

/// An operator that finds this session of the version before, whose server reports.
async fn adopting(operator: Operator, spec: &Value, job: impl FnOnce(&mut Value)) -> (Operator, Vec<Pod>) {
    let mut pods = Vec::new();
    let operator = operator
        .restart_after(async |operator| pods = former::session(operator, "harbor", spec, job).await.1)
        .await;
    operator.server_reports(&get(&operator, "harbor").await).await;
    (operator, pods)
}

#[tokio::test]
async fn sessions_move_a_few_at_a_time_and_what_waits_goes_on() {
    let Some((client, _shared)) = client("sessions_move_a_few_at_a_time_and_what_waits_goes_on").await else {
        return;
    };
    let operator = Operator::start(&client).await;
    let names: Vec<_> = (0..7).map(|number| format!("harbor-{number}")).collect();
    let mut pods = BTreeMap::new();
    let operator = operator
        .restart_after(async |operator| {
            for name in &names {
                pods.insert(name, former::session(operator, name, &json!({"clients": 1}), |_| ()).await.1);
            }
        })
        .await;
    let waiting = async |operator: &Operator| {
        let mut waiting = Vec::new();
        for name in &names {
            if is_there(operator, &format!("{name}-client")).await {
                waiting.push(name.clone());
            }
        }
        waiting
    };
    eventually("five that move", async || match waiting(&operator).await {
        left if left.len() == 2 => Ok(()),
        left => Err(left),
    })
    .await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    let left = waiting(&operator).await;
    assert_eq!(left.len(), 2, "others wait until these are ready again: {left:?}");
    for name in &left {
        let session = get(&operator, name).await;
        operator.server_reports(&session).await;
        operator.wait_ready(name, "Ready").await;
        assert_eq!(uids(&pods_of_job(&operator, name).await), uids(&pods[name]), "{name}");
        let server = operator.api::<Deployment>().get(&format!("{name}-server")).await.unwrap();
        assert_eq!(server.metadata.generation, Some(1), "{name}");
        let images = run(&session).images.unwrap();
        assert_eq!(
            (images.server.as_deref(), images.client.as_deref()),
            (Some(SERVER_IMAGE), Some(CLIENT_IMAGE))
        );
    }
    for name in names.iter().filter(|name| !left.contains(name)) {
        eventually("pods of its own", async || {
            let pods = operator.wait_pods(name, "client", 1).await;
            if pods[0].owner_references()[0].kind == "BallSession" { Ok(()) } else { Err(pods[0].name_any()) }
        })
        .await;
        operator.play_pods(name, 1).await;
        operator.wait_ready(name, "Ready").await;
    }
    eventually("the others", async || match waiting(&operator).await {
        left if left.is_empty() => Ok(()),
        left => Err(left),
    })
    .await;
    operator.finish().await;
}

#[tokio::test]
async fn a_bounded_run_ends_with_the_clients_that_it_began_with() {
    let Some((client, _shared)) = client("a_bounded_run_ends_with_the_clients_that_it_began_with").await
    else {
        return;
    };
    let spec = json!({"clients": 2, "duration": "5m"});
    let (operator, pods) = adopting(Operator::start(&client).await, &spec, |_| ()).await;
    operator
        .wait("harbor", "a run that is adopted", |session: &BallSession| run(session).adopted.is_some())
        .await;
    let session = operator.wait_ready("harbor", "Ready").await;
    assert_eq!(session.status.as_ref().unwrap().ready_clients, Some(2));
    operator.wait_for_quiet().await;
    operator.reconcile_again_without_writes(&session).await;

    finish(&operator, &pods[1], "1").await;
    operator
        .wait("harbor", "one is done", |session: &BallSession| run(session).finished.as_deref() == Some("1"))
        .await;
    let uid = session.uid().unwrap();
    eventually("a server that does not await it", async || {
        let expected = operator.reports.expected(&uid).unwrap();
        if expected.finished == [1].into() { Ok(()) } else { Err(expected) }
    })
    .await;
    let operator = operator.restart().await;
    operator.server_reports(&session).await;
    operator.wait_for_quiet().await;
    finish(&operator, &pods[0], "0,1").await;
    let over = operator
        .wait("harbor", "its end", |session: &BallSession| condition(session, "Complete").0 == "Finished")
        .await;
    assert_eq!(run(&over).attempts, None, "no client was made anew");
    operator.wait("harbor-server", "no server", |server: &Deployment| server.spec.replicas == Some(0)).await;
    operator.wait_for_quiet().await;
    assert_eq!(uids(&pods_of_job(&operator, "harbor").await), uids(&pods), "their logs stay");
    operator.finish().await;
}

/// Who was done in a Job that failed stays done; the others begin anew, with the server that there is.
#[tokio::test]
async fn a_run_whose_job_failed_goes_on_with_the_clients_that_are_left() {
    let Some((client, _shared)) =
        client("a_run_whose_job_failed_goes_on_with_the_clients_that_are_left").await
    else {
        return;
    };
    let spec = json!({"clients": 2, "duration": "5m"});
    let deadline = |job: &mut Value| job["spec"]["activeDeadlineSeconds"] = json!(8);
    let (operator, pods) = adopting(Operator::start(&client).await, &spec, deadline).await;
    finish(&operator, &pods[1], "1").await;
    operator.wait_gone::<Job>("harbor-client", None).await;
    let left = eventually("a pod of its own", async || {
        let pods = operator.wait_pods("harbor", "client", 1).await;
        if pods[0].owner_references()[0].kind == "BallSession" { Ok(pods) } else { Err(pods) }
    })
    .await;
    assert_eq!(left[0].labels()["ballsession.dev/client-index"], "0");
    let image = left[0].spec.as_ref().unwrap().containers[0].image.clone();
    assert_eq!(image.as_deref(), Some(CLIENT_IMAGE), "a run keeps its images");
    let run = run(&get(&operator, "harbor").await);
    assert_eq!((run.finished.as_deref(), run.attempts.as_deref()), (Some("1"), Some("0:1")));
    let server = operator.api::<Deployment>().get("harbor-server").await.unwrap();
    assert_eq!(server.metadata.generation, Some(1), "the server has the numbers of the whole run");
    operator.finish().await;
}

#[tokio::test]
async fn an_adopted_session_moves_as_soon_as_something_else_is_asked_for() {
    let Some((client, _shared)) =
        client("an_adopted_session_moves_as_soon_as_something_else_is_asked_for").await
    else {
        return;
    };
    let spec = json!({"clients": 1, "duration": "5m"});
    let (operator, pods) = adopting(Operator::start(&client).await, &spec, |_| ()).await;
    operator
        .wait("harbor", "a run that is adopted", |session: &BallSession| run(session).adopted.is_some())
        .await;
    // Not by what pods do not follow from.
    operator.change("harbor", &json!({"objectives": {"lossPercent": "9"}, "startDeadline": "20m"})).await;
    operator
        .wait("harbor", "the second generation", |session: &BallSession| {
            session.status.as_ref().is_some_and(|status| status.observed_generation == Some(2))
        })
        .await;
    assert_eq!(uids(&pods_of_job(&operator, "harbor").await), uids(&pods));
    operator.change("harbor", &json!({"clients": 2})).await;
    operator.wait_gone::<Job>("harbor-client", None).await;
    eventually("pods of its own", async || {
        let pods = operator.wait_pods("harbor", "client", 2).await;
        let are_own = pods.iter().all(|pod| pod.owner_references()[0].kind == "BallSession");
        if are_own { Ok(()) } else { Err(pods) }
    })
    .await;
    assert_eq!(run(&get(&operator, "harbor").await).adopted, None);
    operator.finish().await;
}

#[tokio::test]
async fn a_run_that_was_over_keeps_its_numbers_word_by_word() {
    let Some((client, _shared)) = client("a_run_that_was_over_keeps_its_numbers_word_by_word").await else {
        return;
    };
    let numbers = json!({
        "measurements": {"startedAt": "2026-01-01T00:00:00Z", "lossPercent": "0.17",
                         "frames": {"sent": 300, "pending": 0, "matched": 299, "estimated": 0, "lost": 1, "late": 0, "undecodable": 0, "undetected": 0},
                         "errorPixels": {"mean": "0.006", "p50": "0.005", "p95": "0.012", "max": "0.031"},
                         "latencyMilliseconds": {"mean": "5.1", "p50": "5", "p95": "7.5", "max": "20"},
                         "setupMilliseconds": {"p95": "100"}, "freezes": {"count": 1, "longestMilliseconds": "166"}},
        "clients": [{"id": "harbor-client-0", "node": "a", "state": "Ended", "reconnects": 0, "lossPercent": "0.17",
                     "errorPixelsP95": "0.012", "latencyMillisecondsP95": "7.5", "longestFreezeMilliseconds": "166", "setupMilliseconds": "100"}],
        "errorCount": 2, "errors": [{"code": "IceFailed", "count": 2, "message": "once", "lastSeen": "2026-01-01T00:00:00Z"}],
        "serverRestarts": 0
    });
    let shown = json!({"clients": "0/1", "serverNode": "a", "errorP95": "0.012px", "errorMean": "0.006px", "latencyP95": "7.5ms", "loss": "0.17%"});
    let conditions = json!([
        said("Ready", "True", "Completed"),
        said("ObjectivesMet", "False", "LossTooHigh"),
        said("Complete", "True", "DeadlineExceeded")
    ]);
    let operator = Operator::start(&client).await;
    let mut pods = Vec::new();
    let operator = operator
        .restart_after(async |operator| {
            pods =
                former::session(operator, "harbor", &json!({"clients": 1, "duration": "5m"}), |_| ()).await.1;
            operator.set_pod(&pods[0], &json!({"phase": "Succeeded"})).await;
            let mut status = numbers.clone();
            (status["conditions"], status["display"]) = (conditions.clone(), shown.clone());
            let over = Patch::Merge(json!({"status": status}));
            operator
                .api::<BallSession>()
                .patch_status("harbor", &PatchParams::default(), &over)
                .await
                .unwrap();
        })
        .await;
    operator.wait("harbor-server", "no server", |server: &Deployment| server.spec.replicas == Some(0)).await;
    operator.wait_for_quiet().await;
    let stored = serde_json::to_value(get(&operator, "harbor").await.status).unwrap();
    for (field, number) in numbers.as_object().unwrap() {
        assert_eq!(stored[field], *number, "{field}");
    }
    for (field, text) in shown.as_object().unwrap() {
        assert_eq!(stored["display"][field], *text, "{field}");
    }
    for kept in &conditions.as_array().unwrap()[1..] {
        assert!(
            stored["conditions"].as_array().unwrap().contains(kept),
            "{kept} is not in {}",
            stored["conditions"]
        );
    }
    assert_eq!(uids(&pods_of_job(&operator, "harbor").await), uids(&pods), "their logs stay");
    operator.finish().await;
}

/// Kubernetes makes the pods of a Job anew when their node is back, if ever.
#[tokio::test]
async fn a_client_on_a_node_that_is_lost_is_not_left_to_the_job() {
    let Some((client, _shared)) = client("a_client_on_a_node_that_is_lost_is_not_left_to_the_job").await
    else {
        return;
    };
    let operator = Operator::start(&client).await;
    let lost = crate::node::PlayedNode::start(
        &client,
        &format!("{}-lost", operator.namespace.name),
        &operator.namespace.name,
        false,
    )
    .await;
    let spec = json!({"clients": 1, "duration": "5m", "placement": "Any"});
    let (operator, pods) = adopting(operator, &spec, |_| ()).await;
    operator
        .wait("harbor", "a run that is adopted", |session: &BallSession| run(session).adopted.is_some())
        .await;
    lost.take(&pods[0]).await;
    operator.set_pod(&pods[0], &up()).await;
    lost.hold(&pods[0]);
    operator.wait_ready("harbor", "Ready").await;
    lost.set_ready(false).await;
    operator.wait_gone::<Job>("harbor-client", None).await;
    eventually("a pod of its own", async || {
        let pods = operator.wait_pods("harbor", "client", 1).await;
        if pods[0].owner_references()[0].kind == "BallSession" { Ok(()) } else { Err(pods[0].name_any()) }
    })
    .await;
    operator.finish().await;
    lost.finish().await;
}
