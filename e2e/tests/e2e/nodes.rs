//! Placements that depend on what nodes there are: a client on each, and clients in another zone. What they change of nodes
//! they change back, whatever becomes of the scenario.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use ballsession_e2e::{Part, Session, node, quick, scenario_alone, with, worker_nodes};
use crds::contract::ZONE_LABEL;
use k8s_openapi::api::core::v1::Node;
use kube::Client;
use kube::api::{Api, Patch, PatchParams};
use serde_json::{Value, json};

/// How long a node that takes no pods any more keeps its client, and what follows from that.
const CORDONED: Duration = Duration::from_secs(90);

async fn change(client: &Client, node: &str, change: &Value) -> Result<()> {
    let nodes = Api::<Node>::all(client.clone());
    nodes.patch(node, &PatchParams::default(), &Patch::Merge(change)).await?;
    Ok(())
}

async fn zone(client: &Client, node: &str) -> Result<Option<String>> {
    let node = Api::<Node>::all(client.clone()).get(node).await?;
    Ok(node.metadata.labels.and_then(|mut labels| labels.remove(ZONE_LABEL)))
}

fn zoned(zone: Option<&str>) -> Value {
    json!({"metadata": {"labels": {ZONE_LABEL: zone}}})
}

/// The nodes of the clients that there are to be now.
async fn client_nodes(session: &Session) -> Result<Vec<String>> {
    let pods = session.pods(Part::Client).await?;
    let pods = pods.into_iter().filter(|pod| pod.metadata.deletion_timestamp.is_none());
    let mut nodes: Vec<_> = pods.map(|pod| node(&pod).to_owned()).collect();
    nodes.sort();
    Ok(nodes)
}

#[tokio::test]
async fn each_node_has_one_client_and_a_cordoned_one_none() {
    scenario_alone("each-node", async |stage| {
        let mut nodes = worker_nodes(&stage.client).await?;
        nodes.sort();
        ensure!(nodes.len() >= 2, "this needs two nodes that take pods, there are {nodes:?}");
        let all = i32::try_from(nodes.len())?;
        // However many are asked for.
        let session = stage
            .session("everywhere", &with(quick(), json!({"clients": 7, "placement": "EachNode"})))
            .await?;
        let works = session.works_with(all).await?;
        ensure!(client_nodes(&session).await? == nodes, "not one on each of {nodes:?}");
        let run = works.status()?.run.clone().context("no run")?;
        ensure!(run.nodes.iter().collect::<BTreeSet<_>>() == nodes.iter().collect(), "{:?}", run.nodes);
        let shown = works.status()?.display.clone().and_then(|display| display.clients);
        ensure!(shown.as_deref() == Some(&format!("{all}/{all}")), "{shown:?}");

        let server = session.ready_pod(Part::Server).await?;
        let cordoned = nodes.iter().find(|name| *name != node(&server)).context("no other node")?;
        change(&stage.client, cordoned, &json!({"spec": {"unschedulable": true}})).await?;
        let gone = session.within(CORDONED, "its client goes", |snapshot| snapshot.works_with(all - 1)).await;
        let rest = client_nodes(&session).await;
        change(&stage.client, cordoned, &json!({"spec": {"unschedulable": null}})).await?;
        gone?;
        let rest = rest?;
        ensure!(rest.len() + 1 == nodes.len() && !rest.contains(cordoned), "{rest:?} without {cordoned}");
        let again = session.works_with(all).await?;
        let nodes_again = again.status()?.run.clone().unwrap_or_default().nodes;
        ensure!(nodes_again == run.nodes, "{nodes_again:?}, before it {:?}", run.nodes);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn clients_are_in_another_zone_than_their_server_and_without_one_that_is_said() {
    scenario_alone("cross-zone", async |stage| {
        let nodes = worker_nodes(&stage.client).await?;
        ensure!(nodes.len() >= 2, "this needs two nodes that take pods, there are {nodes:?}");
        let mut before = Vec::new();
        for name in &nodes {
            before.push(zone(&stage.client, name).await?);
        }
        let played = across_zones(stage, &nodes).await;
        for (name, zone) in nodes.iter().zip(before) {
            change(&stage.client, name, &zoned(zone.as_deref())).await?;
        }
        played
    })
    .await;
}

async fn across_zones(stage: &ballsession_e2e::Stage, nodes: &[String]) -> Result<()> {
    for name in nodes {
        change(&stage.client, name, &zoned(Some("north"))).await?;
    }
    // Where it is decides which of the nodes is to be the other zone.
    let session =
        stage.session("zones", &with(quick(), json!({"clients": 2, "placement": "CrossZone"}))).await?;
    session
        .eventually("there is no other zone", |snapshot| {
            let ready = snapshot.condition("Ready")?;
            ensure!(ready.reason == "Unschedulable", "{}", ready.reason);
            ensure!(ready.message.contains("are in zone north, as the server is"), "{}", ready.message);
            Ok(())
        })
        .await?;
    let server = session.ready_pod(Part::Server).await?;
    let other = nodes.iter().find(|name| *name != node(&server)).context("no other node")?;
    change(&stage.client, other, &zoned(Some("south"))).await?;
    session.works_with(2).await?;
    let clients = client_nodes(&session).await?;
    ensure!(clients.iter().all(|node| node == other), "{clients:?} are not all on {other}");

    // Its node takes no pods for as long as it needs to come to the zone of its clients.
    let home = node(&server).to_owned();
    change(&stage.client, &home, &json!({"spec": {"unschedulable": true}})).await?;
    let moved = async {
        session.evict(&server).await?;
        session.ready_pod_but(Part::Server, ballsession_e2e::uid(&server)).await
    }
    .await;
    change(&stage.client, &home, &json!({"spec": {"unschedulable": null}})).await?;
    let server = moved?;
    session.works_with(2).await?;
    let clients = client_nodes(&session).await?;
    for name in &clients {
        let (of_client, of_server) =
            (zone(&stage.client, name).await?, zone(&stage.client, node(&server)).await?);
        ensure!(of_client.is_some() && of_client != of_server, "{name} is in {of_client:?}, as the server");
    }
    Ok(())
}
