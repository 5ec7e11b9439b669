//! The operator's replicas: one works, another one is ready to.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use ballsession_e2e::{
    Endpoint, OPERATOR_NAMESPACE, PATIENCE, Part, eventually, is_ready, kubectl, leading_pod, leads,
    operator_pods, quick, report_token, scenario, scenario_alone, uid,
};
use k8s_openapi::api::core::v1::Pod;
use kube::Client;
use serde_json::json;

/// Within this time another replica leads. The rest is for a busy machine.
const TAKEOVER: Duration = Duration::from_secs(10);
/// More than the operator takes to write numbers that moved.
const SEVERAL_WRITES: Duration = Duration::from_secs(75);

#[tokio::test]
async fn all_replicas_are_ready_and_one_takes_reports() {
    scenario("replicas", async |stage| {
        let session = stage.session("choir", &quick()).await?;
        session.works_with(1).await?;
        eventually(PATIENCE, "two replicas that are ready", async || two_ready(&stage.client).await).await?;
        let pods = operator_pods(&stage.client).await?;
        let standby = pods.iter().find(|pod| !leads(pod)).context("all lead")?;

        let server = session.ready_pod(Part::Server).await?;
        let token = report_token(&stage.client, &server).await?;
        // Not even the right sender: nothing would come of it.
        let status = Endpoint::open_at_pod(name(standby)?).await?.post(&token, &json!({})).await?;
        ensure!(status == 503, "the replica that stands by answers {status}");
        let status = Endpoint::open().await?.post(&token, &json!({})).await?;
        ensure!(status == 400, "the one that leads answers {status}");
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn sessions_go_on_when_the_leader_is_deleted() {
    scenario_alone("takeover", async |stage| {
        let session = stage.session("relief", &quick()).await?;
        let before = session.works_with(1).await?;
        eventually(PATIENCE, "two replicas that are ready", async || two_ready(&stage.client).await).await?;
        let leader = leading_pod(&stage.client).await?;
        let deleted = Instant::now();
        kubectl(&["--namespace", OPERATOR_NAMESPACE, "delete", "pod", name(&leader)?, "--wait=false"])
            .await?;
        eventually(PATIENCE, "another replica leads", async || {
            ensure!(uid(&leading_pod(&stage.client).await?) != uid(&leader), "it still is the old one");
            Ok(())
        })
        .await?;
        let took = deleted.elapsed();
        ensure!(took <= TAKEOVER, "that took {took:?}");

        // Nobody notices, and nothing of what was measured is lost.
        session
            .stays(SEVERAL_WRITES, "it goes on", |now| {
                now.goes_on_from(&before)?;
                now.is("Ready", "True")?;
                now.is("ObjectivesMet", "True")
            })
            .await?;
        session.change(&json!({"clients": 2})).await?;
        session.works_with(2).await?;
        eventually(PATIENCE, "two replicas that are ready", async || two_ready(&stage.client).await).await
    })
    .await;
}

async fn two_ready(client: &Client) -> Result<()> {
    let ready = operator_pods(client).await?.iter().filter(|pod| is_ready(pod)).count();
    ensure!(ready == 2, "{ready} replicas are ready");
    leading_pod(client).await?;
    Ok(())
}

fn name(pod: &Pod) -> Result<&str> {
    pod.metadata.name.as_deref().context("a pod without a name")
}
