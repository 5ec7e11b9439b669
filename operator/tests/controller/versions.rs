//! Sessions that an earlier version of the operator ran, with a Job.

use crds::BallSession;
use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::Pod;
use kube::api::{ListParams, Patch, PatchParams, PostParams};
use kube::{Client, ResourceExt};
use serde_json::{Value, json};

use crate::harness::{Operator, client, eventually};

/// The Job of a session of two clients, as that version made it; and its pods.
async fn with_job(operator: &Operator, session: &BallSession) -> Vec<Pod> {
    let labels = json!({
        "app.kubernetes.io/component": "client", "app.kubernetes.io/instance": "harbor",
        "app.kubernetes.io/name": "ballsession", "app.kubernetes.io/managed-by": "ballsession-operator",
        "app.kubernetes.io/part-of": "ballsession"
    });
    let run = session.status.as_ref().and_then(|status| status.run.as_ref()).map(|run| run.hash.clone());
    let job: Job = serde_json::from_value(json!({
        "metadata": {"name": "harbor-client", "labels": labels, "ownerReferences": [{
            "apiVersion": "ballsession.dev/v1alpha1", "kind": "BallSession", "name": "harbor", "uid": session.uid(),
            "controller": true
        }]},
        "spec": {
            "completionMode": "Indexed", "parallelism": 2, "completions": 2, "backoffLimit": 2_147_483_647,
            "podReplacementPolicy": "Failed",
            "template": {"metadata": {"labels": labels, "annotations": {"ballsession.dev/run": run}}, "spec": {
                "restartPolicy": "OnFailure", "containers": [{"name": "client", "image": "c:1"}]
            }}
        }
    }))
    .unwrap();
    operator.api::<Job>().create(&PostParams::default(), &job).await.unwrap();
    let params = ListParams::default().labels("batch.kubernetes.io/job-name=harbor-client");
    eventually("the pods of the Job", async || {
        let pods = operator.api::<Pod>().list(&params).await.unwrap().items;
        if pods.len() == 2 { Ok(pods) } else { Err(pods.len()) }
    })
    .await
}

/// An operator that finds the session that the Job is of, after something `happens` to it and to the pods of the Job.
async fn after_that_version(
    client: &Client,
    spec: &Value,
    happens: impl AsyncFnOnce(&Operator, BallSession, Vec<Pod>),
) -> Operator {
    let operator = Operator::start(client).await;
    operator.create("harbor", spec).await;
    operator.wait_for_quiet().await;
    operator
        .restart_after(async |operator| {
            let session = operator.change("harbor", &json!({"clients": 2})).await;
            let pods = with_job(operator, &session).await;
            happens(operator, session, pods).await;
        })
        .await
}

#[tokio::test]
async fn a_job_of_an_earlier_version_makes_way() {
    let Some((client, _shared)) = client("a_job_of_an_earlier_version_makes_way").await else { return };
    let operator = after_that_version(&client, &json!({"clients": 0}), async |_, _, _| ()).await;
    operator.wait_gone::<Job>("harbor-client", None).await;
    let pods = eventually("pods of its own", async || {
        let pods = operator.wait_pods("harbor", "client", 2).await;
        let are_owned = pods.iter().all(|pod| pod.owner_references()[0].kind == "BallSession");
        if are_owned { Ok(pods) } else { Err(pods) }
    })
    .await;
    assert_eq!(pods.len(), 2);
    operator.wait_for_quiet().await;
    let session = operator.api::<BallSession>().get("harbor").await.unwrap();
    operator.reconcile_again_without_writes(&session).await;
    operator.finish().await;
}

/// A client that was done when its Job made way does not measure again.
#[tokio::test]
async fn who_was_done_in_the_job_stays_done() {
    let Some((client, _shared)) = client("who_was_done_in_the_job_stays_done").await else { return };
    let spec = json!({"clients": 0, "duration": "5m"});
    let operator = after_that_version(&client, &spec, async |operator, _, pods| {
        let index = "batch.kubernetes.io/job-completion-index";
        let second = pods.iter().find(|pod| pod.annotations()[index] == "1").unwrap();
        operator.set_pod(second, &json!({"phase": "Succeeded"})).await;
        operator
            .wait("harbor-client", "its end", |job: &Job| {
                let status = job.status.as_ref();
                status.and_then(|status| status.completed_indexes.as_deref()) == Some("1")
            })
            .await;
    })
    .await;
    operator.wait_gone::<Job>("harbor-client", None).await;
    let session = operator
        .wait("harbor", "who is done", |session: &BallSession| {
            let run = session.status.as_ref().and_then(|status| status.run.as_ref());
            run.is_some_and(|run| run.finished.as_deref() == Some("1") && run.attempts.is_some())
        })
        .await;
    assert_eq!(session.status.unwrap().run.unwrap().attempts.as_deref(), Some("0:1"));
    operator.wait_for_quiet().await;
    operator.finish().await;
}

#[tokio::test]
async fn the_logs_of_a_run_that_was_over_stay_with_their_job() {
    let Some((client, _shared)) = client("the_logs_of_a_run_that_was_over_stay_with_their_job").await else {
        return;
    };
    let spec = json!({"clients": 0, "duration": "5m"});
    let operator = after_that_version(&client, &spec, async |operator, session, pods| {
        for pod in &pods {
            operator.set_pod(pod, &json!({"phase": "Succeeded"})).await;
        }
        let mut conditions = serde_json::to_value(session.status.unwrap().conditions).unwrap();
        for condition in conditions.as_array_mut().unwrap() {
            if condition["type"] == "Complete" {
                (condition["status"], condition["reason"]) = (json!("True"), json!("Finished"));
            }
        }
        let over = Patch::Merge(json!({"status": {"conditions": conditions}}));
        operator.api::<BallSession>().patch_status("harbor", &PatchParams::default(), &over).await.unwrap();
    })
    .await;
    operator.wait_ready("harbor", "Completed").await;
    operator.wait_for_quiet().await;
    operator.api::<Job>().get("harbor-client").await.unwrap();
    let params = ListParams::default().labels("batch.kubernetes.io/job-name=harbor-client");
    assert_eq!(operator.api::<Pod>().list(&params).await.unwrap().items.len(), 2);
    operator.finish().await;
}
