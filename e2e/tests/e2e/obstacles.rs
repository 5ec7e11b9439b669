//! What keeps media from flowing is told by its name.

use anyhow::{Context, Result, ensure};
use ballsession_e2e::{
    Blockade, PATIENCE, Part, Session, Snapshot, addresses, eventually, node, quick, scenario, with,
    worker_nodes,
};
use k8s_openapi::api::core::v1::{Pod, ResourceQuota};
use kube::api::{Api, PostParams};
use serde_json::json;

#[tokio::test]
async fn an_image_that_does_not_exist() {
    scenario("image", async |stage| {
        // Nobody listens there: refused at once, by any network.
        let image = "localhost:1/ballsession/none:1";
        let session = stage.session("phantom", &with(quick(), json!({"server": {"image": image}}))).await?;
        session
            .eventually("the image is told", |now| {
                let message = now.because("Ready", "False", "ImagePullFailed")?;
                ensure!(message.contains(image), "the message does not name it: {message}");
                Ok(())
            })
            .await?;
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn no_node_fits() {
    scenario("node", async |stage| {
        let spec = with(quick(), json!({"client": {"nodeSelector": {"example.com/no-node-has": "this"}}}));
        let session = stage.session("nowhere", &spec).await?;
        session
            .eventually("the scheduler's refusal is told", |now| {
                now.because("Ready", "False", "Unschedulable").map(drop)
            })
            .await?;

        // The obstacle gone, so is the condition.
        session.change(&json!({"client": {"nodeSelector": {"example.com/no-node-has": null}}})).await?;
        session.works_with(1).await?;
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_quota_forbids_pods() {
    scenario("quota", async |stage| {
        let quotas: Api<ResourceQuota> = Api::namespaced(stage.client.clone(), &stage.namespace);
        let none =
            serde_json::from_value(json!({"metadata": {"name": "none"}, "spec": {"hard": {"pods": "0"}}}))?;
        quotas.create(&PostParams::default(), &none).await?;
        eventually(PATIENCE, "the quota holds", async || {
            let status = quotas.get("none").await?.status.unwrap_or_default();
            ensure!(status.hard.is_some(), "its controller has not seen it");
            Ok(())
        })
        .await?;
        let session = stage.session("pauper", &quick()).await?;
        session
            .eventually("the quota is told", |now| {
                let message = now.because("Ready", "False", "PodsForbidden")?;
                ensure!(message.contains("quota"), "{message}");
                Ok(())
            })
            .await?;
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_network_that_carries_tcp_but_no_udp() {
    scenario("udp-blocked", async |stage| {
        let nodes = worker_nodes(&stage.client).await?;
        ensure!(nodes.len() >= 2, "this needs two nodes that take pods, there are {nodes:?}");
        // The server alone first: the rules need its address, and must hold before media flows.
        let spec = with(quick(), json!({"clients": 0, "placement": "CrossNode"}));
        let session = stage.session("wall", &spec).await?;
        let server = session.ready_pod(Part::Server).await?;
        let addresses = addresses(&server);
        let address = addresses.first().context("the server's pod has no address")?;
        let table = format!("ballsession_e2e_{}", std::process::id());
        let blockade = Blockade::of(&stage.client, &table, &addresses).await?;
        let outcome = told_to_be_blocked(&session, &server, address).await;
        blockade.lift().await?;
        outcome?;
        session.works_with(1).await?;
        Ok(())
    })
    .await;
}

/// Lets clients into a session whose server's UDP is blocked.
async fn told_to_be_blocked(session: &Session, server: &Pod, address: &str) -> Result<Snapshot> {
    session.change(&json!({"clients": 1})).await?;
    let expected = [
        "signalling ok in ".to_owned(),
        format!("no UDP between {}-client-0 (node ", session.name),
        format!("and the server (node {}, {address}), neither way", node(server)),
        "check NetworkPolicy and CNI".to_owned(),
        "1 of 1 clients affected".to_owned(),
    ];
    session
        .eventually("the blocked media is told", |now| {
            let message = now.because("Ready", "False", "MediaBlocked")?;
            for part in &expected {
                ensure!(message.contains(part), "{part:?} is not in the message");
            }
            now.because("ObjectivesMet", "False", "NoMedia").map(drop)
        })
        .await
}
