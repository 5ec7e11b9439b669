//! A placement that depends on what nodes there are: a client on each. What is changed of a node is changed back, whatever becomes
//! of the scenario.
//!
//! Zones are tried beside an API server alone (`operator/tests/controller`): kube-proxy 1.36 in nftables mode loses Services when
//! the label of a running node's zone changes.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use ballsession_e2e::{Part, Session, node, quick, scenario_alone, with, worker_nodes};
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
