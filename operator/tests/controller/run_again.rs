//! Runs one after the other: begun again, given up, kept in the history, and gone when their time is over.

use std::time::Duration;

use ballsession_operator::run::Outcome;
use crds::BallSession;
use k8s_openapi::api::apps::v1::Deployment;
use kube::ResourceExt;
use kube::api::{Api, Patch, PatchParams};
use serde_json::{Value, json};

use crate::harness::{Operator, client, condition, finish_clients};

async fn wait_complete(operator: &Operator, reason: &str) -> BallSession {
    operator.wait("harbor", reason, |session: &BallSession| condition(session, "Complete").0 == reason).await
}

/// What the reports' writer would have stored of the run.
async fn store_verdict(operator: &Operator, status: &str, reason: &str) {
    let sessions: Api<BallSession> = operator.api();
    let live = sessions.get("harbor").await.unwrap();
    let patch = json!({
        "apiVersion": "ballsession.dev/v1alpha1", "kind": "BallSession",
        "metadata": {"name": "harbor", "uid": live.uid()},
        "status": {
            "conditions": [{"type": "ObjectivesMet", "status": status, "reason": reason, "message": "m",
                            "lastTransitionTime": "2026-01-01T00:00:00Z"}],
            "display": {"loss": "3.10%", "errorP95": "0.012px"}
        }
    });
    let params = PatchParams::apply("ballsession-reports").force();
    sessions.patch_status("harbor", &params, &Patch::Apply(&patch)).await.unwrap();
}

/// A time so many seconds ago, as the API has it.
fn ago(seconds: u64) -> String {
    (jiff::Timestamp::now() - Duration::from_secs(seconds)).strftime("%FT%TZ").to_string()
}

/// Changes what is stored of the run, as the operator does: what it leaves out later is gone.
async fn set_run(operator: &Operator, run: &Value) {
    let sessions: Api<BallSession> = operator.api();
    let live = sessions.get("harbor").await.unwrap();
    let mut status = serde_json::to_value(live.status).unwrap();
    for (field, value) in run.as_object().unwrap() {
        status["run"][field] = value.clone();
    }
    let patch = json!({
        "apiVersion": "ballsession.dev/v1alpha1", "kind": "BallSession", "metadata": {"name": "harbor"}, "status": status
    });
    let params = PatchParams::apply("ballsession-operator").force();
    sessions.patch_status("harbor", &params, &Patch::Apply(&patch)).await.unwrap();
}

/// The server's image cannot be pulled, and the operator says so.
async fn lose_image(operator: &Operator) {
    for pod in operator.wait_pods("harbor", "server", 1).await {
        let waiting = json!({"phase": "Pending", "containerStatuses": [{
            "name": "server", "image": "registry.example/s:7", "imageID": "", "ready": false, "restartCount": 0,
            "state": {"waiting": {"reason": "ImagePullBackOff", "message": "denied"}}
        }]});
        operator.set_pod(&pod, &waiting).await;
    }
    operator.wait_ready("harbor", "ImagePullFailed").await;
}

#[tokio::test]
async fn the_same_is_run_again_and_the_runs_before_are_kept() {
    let Some((client, _shared)) = client("the_same_is_run_again_and_the_runs_before_are_kept").await else {
        return;
    };
    let operator = Operator::start(&client).await;
    operator.create("harbor", &json!({"clients": 1, "duration": "5m", "run": "monday"})).await;
    operator.play_pods("harbor", 1).await;
    store_verdict(&operator, "False", "LossTooHigh").await;
    finish_clients(&operator, "harbor", 1).await;
    let finished = wait_complete(&operator, "Finished").await.status.unwrap();
    let first = finished.run.unwrap();
    assert_eq!(first.name.as_deref(), Some("monday"));
    let words = "640x480 at 30 fps and 1000 kbps, a ball of 20 px at 270 px/s, for 5m";
    assert_eq!(first.spec.as_deref(), Some(words));
    assert!(first.started_at.is_some() && first.ended_at >= first.started_at);
    let images = first.images.clone().unwrap();
    assert_eq!(images.server.as_deref(), Some("registry.example/s:7"));
    assert_eq!(finished.history, []);
    let server = operator.api::<Deployment>().get("harbor-server").await.unwrap();

    // What was measured is measured again, by another server.
    operator.change("harbor", &json!({"run": "tuesday"})).await;
    let again = operator
        .wait("harbor", "another run", |session: &BallSession| {
            let run = session.status.as_ref().and_then(|status| status.run.as_ref());
            run.is_some_and(|run| run.name.as_deref() == Some("tuesday"))
        })
        .await;
    assert_eq!(condition(&again, "Complete").0, "Running");
    let status = again.status.unwrap();
    assert_ne!(status.run.unwrap().hash, first.hash);
    let [past] = &status.history[..] else { panic!("{:?}", status.history) };
    assert_eq!((past.run.as_deref(), past.hash.as_str()), (Some("monday"), first.hash.as_str()));
    assert_eq!((past.verdict.as_str(), past.reason.as_str()), ("False", "LossTooHigh"));
    assert_eq!((past.loss.as_deref(), &past.ended_at), (Some("3.10%"), &first.ended_at));
    operator
        .wait("harbor-server", "another server", |live: &Deployment| {
            live.spec.template != server.spec.template && live.spec.replicas == Some(1)
        })
        .await;

    // One that is not at its end is cut short.
    operator.change("harbor", &json!({"run": null, "duration": "6m"})).await;
    let cut = operator
        .wait("harbor", "a second run in the history", |session: &BallSession| {
            session.status.as_ref().is_some_and(|status| status.history.len() == 2)
        })
        .await;
    let past = &cut.status.unwrap().history[0];
    assert_eq!((past.run.as_deref(), past.reason.as_str()), (Some("tuesday"), "Cut"));
    operator.finish().await;
}

/// O3: the cause was gone with the deadline.
#[tokio::test]
async fn a_run_whose_clients_get_no_media_is_given_up_with_its_cause() {
    let Some((client, _shared)) = client("a_run_whose_clients_get_no_media_is_given_up_with_its_cause").await
    else {
        return;
    };
    let operator = Operator::start(&client).await;
    operator.create("harbor", &json!({"clients": 1, "duration": "5m", "startDeadline": "1h"})).await;
    lose_image(&operator).await;

    // A suspended session has no pods that could have media, and that is no fault of theirs.
    operator.change("harbor", &json!({"suspend": true})).await;
    operator
        .wait("harbor", "a stopped clock", |session: &BallSession| {
            let run = session.status.as_ref().and_then(|status| status.run.as_ref());
            run.is_some_and(|run| run.suspended_since.is_some())
        })
        .await;
    let operator = operator
        .restart_after(async |operator| {
            set_run(operator, &json!({"startedAt": ago(7200), "suspendedSince": ago(7000)})).await;
        })
        .await;
    operator.change("harbor", &json!({"suspend": false})).await;
    lose_image(&operator).await;
    let resumed = operator.wait_ready("harbor", "ImagePullFailed").await;
    assert_eq!(condition(&resumed, "Complete").0, "Running");
    let run = resumed.status.unwrap().run.unwrap();
    assert!(run.suspended_seconds.is_some_and(|seconds| seconds >= 7000), "{run:?}");

    // As if it had begun two hours earlier.
    let started = ago(14_400);
    set_run(&operator, &json!({"startedAt": started})).await;
    let given_up = wait_complete(&operator, Outcome::StartDeadlineExceeded.as_str()).await;
    let (_, message) = condition(&given_up, "Complete");
    assert!(message.starts_with("not every client had media within 1h; ImagePullFailed: "), "{message}");
    assert!(message.contains("denied"), "{message}");
    let (reason, why) = condition(&given_up, "Ready");
    assert_eq!((reason.as_str(), why), ("Failed", format!("the run was given up: {message}")));
    let run = given_up.status.clone().unwrap().run.unwrap();
    assert_eq!(serde_json::to_value(run.started_at).unwrap(), started);
    operator.wait("harbor-server", "no server", |server: &Deployment| server.spec.replicas == Some(0)).await;
    operator.wait_pods("harbor", "client", 0).await;

    // Whatever is asked for then, of this run nothing changes.
    operator.wait_for_quiet().await;
    let before = operator.api::<BallSession>().get("harbor").await.unwrap().status.unwrap();
    let changed =
        operator.change("harbor", &json!({"clients": 4, "suspend": true, "startDeadline": "168h"})).await;
    operator
        .wait("harbor", "the new spec is observed", |session: &BallSession| {
            session.status.as_ref().and_then(|status| status.observed_generation)
                == changed.metadata.generation
        })
        .await;
    operator.wait_for_quiet().await;
    let after = operator.api::<BallSession>().get("harbor").await.unwrap().status.unwrap();
    assert_eq!((&after.run, &after.display, &after.history), (&before.run, &before.display, &before.history));
    operator.finish().await;
}

#[tokio::test]
async fn a_session_goes_when_its_time_after_its_run_is_over() {
    let Some((client, _shared)) = client("a_session_goes_when_its_time_after_its_run_is_over").await else {
        return;
    };
    let operator = Operator::start(&client).await;
    operator.create("harbor", &json!({"clients": 1, "duration": "5m"})).await;
    operator.play_pods("harbor", 1).await;
    finish_clients(&operator, "harbor", 1).await;
    let finished = wait_complete(&operator, "Finished").await;
    operator.change("harbor", &json!({"ttlAfterFinished": "1h"})).await;
    operator.wait_for_quiet().await;
    assert!(operator.api::<BallSession>().get_opt("harbor").await.unwrap().is_some());
    operator.change("harbor", &json!({"ttlAfterFinished": "3s"})).await;
    operator.wait_gone::<BallSession>("harbor", finished.uid().as_deref()).await;
    operator.wait_gone::<Deployment>("harbor-server", None).await;
    operator.finish().await;
}
