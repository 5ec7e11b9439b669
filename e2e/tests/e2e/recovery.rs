//! What fails or is taken away comes back.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use ballsession_e2e::{
    INSTALL, OPERATOR_NAMESPACE, PATIENCE, Part, Session, Snapshot, Stage, eventually, is_ready, kubectl,
    leading_pod, quick, scenario, scenario_alone, uid, with,
};
use serde_json::json;

/// A client that was evicted has media again within this time: it drains for up to 10 s, and the longest pause before the next
/// attempt is 15 s.
const REPLACED: Duration = Duration::from_secs(30);

/// More than the operator takes to write numbers that moved.
const SEVERAL_WRITES: Duration = Duration::from_secs(75);

#[tokio::test]
async fn a_child_that_is_deleted_comes_back() {
    scenario("children", async |stage| {
        let session = stage.session("hydra", &with(quick(), json!({"networkPolicy": "Isolated"}))).await?;
        session.works_with(1).await?;
        for child in [
            // Before the pods: a token dies with its ServiceAccount, and a running pod is given another one only when
            // most of its hour is over.
            "serviceaccount/hydra-workload",
            "deployment/hydra-server",
            "service/hydra-server",
            "networkpolicy/hydra-server",
            "networkpolicy/hydra-client",
        ] {
            let uid = async || stage.kubectl(&["get", child, "-o", "jsonpath={.metadata.uid}"]).await;
            let before = uid().await?;
            stage.kubectl(&["delete", child]).await?;
            eventually(PATIENCE, &format!("{child} is back"), async || {
                ensure!(uid().await? != before, "it still is the old one");
                Ok(())
            })
            .await?;
        }
        let client = session.ready_pod(Part::Client).await?;
        stage.kubectl(&["delete", "pod", client.metadata.name.as_deref().context("no name")?]).await?;
        session.ready_pod_but(Part::Client, uid(&client)).await?;
        // Its pods were told to end and are replaced: only now it is about the new ones.
        session.ready_pod(Part::Server).await?;
        session.ready_pod(Part::Client).await?;
        session.works_with(1).await?;
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_drained_client_is_replaced() {
    scenario("drain", async |stage| {
        let session = stage.session("relay", &quick()).await?;
        session.works_with(1).await?;
        let drained = session.ready_pod(Part::Client).await?;
        session.evict(&drained).await?;
        session.ready_pod_but(Part::Client, uid(&drained)).await?;
        let after = session.works_with(1).await?;
        // One client in place of another, not a second one beside it.
        ensure!(after.status()?.clients.len() == 1, "{:?}", after.status()?.clients);
        Ok(())
    })
    .await;
}

/// A Job's own pauses would grow to ten minutes by then.
#[tokio::test]
async fn a_client_that_is_evicted_seven_times_is_back_each_time_within_half_a_minute() {
    scenario("evictions", async |stage| {
        let session = stage.session("stubborn", &quick()).await?;
        session.works_with(1).await?;
        let mut client = session.ready_pod(Part::Client).await?;
        for eviction in 1..=7 {
            session.evict(&client).await?;
            let gone = uid(&client).to_owned();
            client = eventually(REPLACED, &format!("a ready client after eviction {eviction}"), async || {
                let pods = session.pods(Part::Client).await?;
                let next = pods.into_iter().find(|pod| uid(pod) != gone && is_ready(pod));
                next.context("there is none")
            })
            .await?;
        }
        let after = session.works_with(1).await?;
        ensure!(after.status()?.clients.len() == 1, "{:?}", after.status()?.clients);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn clients_stream_again_after_their_server_was_killed() {
    scenario("server-killed", async |stage| {
        let session = stage.session("phoenix", &with(quick(), json!({"clients": 2}))).await?;
        let before = session.works_with(2).await?;
        let clients = session.client_uids().await?;
        let server = session.ready_pod(Part::Server).await?;
        let ready_since = before.condition("Ready")?.last_transition_time.clone();
        session.kill(&server).await?;

        let after = session
            .eventually("it works with another server", |now| {
                now.works_with(2)?;
                let other = now.measurements()?.started_at != before.measurements()?.started_at;
                ensure!(other, "the numbers still are of the old server");
                Ok(())
            })
            .await?;
        // True again after it was not: a condition keeps this time while its status stays.
        ensure!(
            after.condition("Ready")?.last_transition_time != ready_since,
            "it was Ready without a server"
        );
        ensure!(after.status()?.server_restarts == Some(1), "{:?}", after.status()?.server_restarts);
        ensure!(session.client_uids().await? == clients, "clients were replaced instead of connecting again");
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn numbers_do_not_go_back_when_the_operator_is_killed() {
    scenario_alone("operator-killed", async |stage| {
        let session = stage.session("amnesia", &quick()).await?;
        let before = session.works_with(1).await?;
        let killed = leading_pod(&stage.client).await?;
        let name = killed.metadata.name.as_deref().context("no name")?;
        kubectl(&["--namespace", OPERATOR_NAMESPACE, "delete", "pod", name, "--grace-period=0", "--force"])
            .await?;

        let unharmed = |now: &Snapshot| {
            now.goes_on_from(&before)?;
            now.is("ObjectivesMet", "True")
        };
        eventually(PATIENCE, "another operator", async || {
            unharmed(&session.snapshot().await?)?;
            let pod = leading_pod(&stage.client).await?;
            ensure!(uid(&pod) != uid(&killed), "it still is the old one");
            Ok(())
        })
        .await?;
        session.stays(SEVERAL_WRITES, "its numbers go on", unharmed).await?;

        // And the new one works.
        session.change(&json!({"clients": 2})).await?;
        session.works_with(2).await?;
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn installing_again_leaves_sessions_running() {
    scenario_alone("reinstall", async |stage| {
        let session = stage.session("steady", &quick()).await?;
        let before = session.works_with(1).await?;
        let pods = running(&session).await?;
        kubectl(&["apply", "--server-side", "-f", INSTALL]).await?;
        // What the API server makes of the resource anew must not look like a change.
        annotate(stage).await?;
        session.stays(SEVERAL_WRITES, "it goes on", |now| now.goes_on_from(&before)).await?;
        session.works_with(1).await?;
        ensure!(running(&session).await? == pods, "pods were replaced");
        Ok(())
    })
    .await;
}

async fn annotate(stage: &Stage) -> Result<String> {
    stage.kubectl(&["annotate", "ballsession/steady", "example.com/touched=yes"]).await
}

async fn running(session: &Session) -> Result<[String; 2]> {
    let server = session.ready_pod(Part::Server).await?;
    let client = session.ready_pod(Part::Client).await?;
    Ok([uid(&server).to_owned(), uid(&client).to_owned()])
}
