//! Bounded runs: how they end, stay ended, and begin anew.

use crds::BallSession;
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::batch::v1::Job;
use kube::ResourceExt;
use kube::api::{DeleteParams, Patch, PatchParams};
use serde_json::json;

use crate::harness::{Operator, client, condition, eventually, finish_clients};

fn is_ended(job: &Job) -> bool {
    let conditions = job.status.as_ref().and_then(|status| status.conditions.as_ref());
    conditions.into_iter().flatten().any(|condition| {
        ["Complete", "Failed"].contains(&condition.type_.as_str()) && condition.status == "True"
    })
}

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
    finish_clients(&operator, "harbor", 2).await;

    // The Job is over, but the run is not before its last numbers are in.
    let job = operator.wait("harbor-client", "the Job's end", is_ended).await;
    eventually("a question for the last numbers", async || {
        let asked = operator.reports.finished();
        if asked.contains_key(&first_run) { Ok(()) } else { Err(asked) }
    })
    .await;
    let session = operator.api::<BallSession>().get("harbor").await.unwrap();
    assert_eq!(condition(&session, "Complete").0, "Running");
    let server = operator.api::<Deployment>().get("harbor-server").await.unwrap();
    assert_eq!(server.spec.replicas, Some(1));
    operator.reports.hold_back(false);
    let finished = wait_complete(&operator, "Finished").await;
    assert_eq!(condition(&finished, "Ready").0, "Completed");
    operator.wait("harbor-server", "no server", |server: &Deployment| server.spec.replicas == Some(0)).await;

    // Whatever is deleted or changed beside what is measured, the run stays over.
    operator.change("harbor", &json!({"clients": 3})).await;
    operator.wait_for_quiet().await;
    assert_eq!(operator.api::<Job>().get("harbor-client").await.unwrap().uid(), job.uid());
    let (jobs, params) = (operator.api::<Job>(), DeleteParams::background());
    jobs.delete("harbor-client", &params).await.unwrap();
    operator.wait_gone::<Job>("harbor-client", None).await;
    operator.wait_for_quiet().await;
    assert!(jobs.get_opt("harbor-client").await.unwrap().is_none());

    // Another duration is another run.
    operator.change("harbor", &json!({"duration": "6m", "clients": 1})).await;
    let session = wait_complete(&operator, "Running").await;
    assert_ne!(session.status.unwrap().run.unwrap().hash, first_run);
    assert_eq!(operator.reports.begun().len(), 2);
    operator.wait_pods("harbor", "client", 1).await;
    operator.wait_pods("harbor", "server", 1).await;
    operator.finish().await;
}

#[tokio::test]
async fn an_end_is_taken_back_with_its_job() {
    let Some((client, _shared)) = client("an_end_is_taken_back_with_its_job").await else { return };
    let operator = Operator::start(&client).await;
    operator.create("harbor", &json!({"clients": 1, "duration": "5m"})).await;
    let running = wait_complete(&operator, "Running").await;
    let run = running.status.unwrap().run.unwrap().hash;
    operator.reports.hold_back(true);
    operator.play_pods("harbor", 1).await;
    finish_clients(&operator, "harbor", 1).await;
    let first_end = eventually("a question for the last numbers", async || {
        operator.reports.finished().get(&run).copied().ok_or("none")
    })
    .await;

    // Before these are in, somebody deletes the Job: its clients run again, as long as they shall.
    let first = operator.api::<Job>().get("harbor-client").await.unwrap();
    operator.api::<Job>().delete("harbor-client", &DeleteParams::background()).await.unwrap();
    operator.wait("harbor-client", "another Job", |job: &Job| job.uid() != first.uid()).await;
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

    // Its deadline is minutes away; an earlier one makes Kubernetes' Job controller give it up now.
    let earlier = Patch::Merge(json!({"spec": {"activeDeadlineSeconds": 1}}));
    let jobs = operator.api::<Job>();
    eventually("the end of the Job", async || {
        let job = jobs.patch("harbor-client", &PatchParams::default(), &earlier).await;
        let job = job.map_err(|error| error.to_string())?;
        if is_ended(&job) { Ok(()) } else { Err(format!("{:?}", job.status)) }
    })
    .await;
    wait_complete(&operator, "DeadlineExceeded").await;
    operator.wait("harbor-server", "no server", |server: &Deployment| server.spec.replicas == Some(0)).await;
    operator.finish().await;
}

#[tokio::test]
async fn clients_without_an_end_do_not_stay_ended() {
    let Some((client, _shared)) = client("clients_without_an_end_do_not_stay_ended").await else { return };
    let operator = Operator::start(&client).await;
    operator.create("harbor", &json!({"clients": 1})).await;
    let pods = operator.wait_pods("harbor", "client", 1).await;
    let first = operator.api::<Job>().get("harbor-client").await.unwrap();
    operator.set_pod(&pods[0], &json!({"phase": "Succeeded"})).await;
    operator.wait("harbor-client", "another Job", |job: &Job| job.uid() != first.uid()).await;
    let session = operator.api::<BallSession>().get("harbor").await.unwrap();
    assert_eq!(condition(&session, "Complete").0, "Unbounded");
    operator.finish().await;
}
