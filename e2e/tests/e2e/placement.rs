//! Where pods run, and that sessions work under the policies made for them.

use anyhow::ensure;
use ballsession_e2e::{Part, node, quick, scenario, with, worker_nodes};
use serde_json::json;

#[tokio::test]
async fn clients_run_on_other_nodes_than_their_server() {
    scenario("spread", async |stage| {
        let nodes = worker_nodes(&stage.client).await?;
        ensure!(nodes.len() >= 2, "this needs two nodes that take pods, there are {nodes:?}");
        // Spread prefers what CrossNode insists on.
        for placement in ["Spread", "CrossNode"] {
            let name = placement.to_lowercase();
            let spec = with(quick(), json!({"clients": 2, "placement": placement}));
            let session = stage.session(&name, &spec).await?;
            let works = session.works_with(2).await?;
            let server = session.ready_pod(Part::Server).await?;
            for client in session.pods(Part::Client).await? {
                ensure!(node(&client) != node(&server), "{placement}: all on {}", node(&server));
            }
            for row in &works.status()?.clients {
                ensure!(row.node.as_ref().is_some_and(|node| nodes.contains(node)), "{row:?}");
            }
            session.delete().await?;
        }
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn clients_run_on_the_node_of_their_server() {
    scenario("same-node", async |stage| {
        let spec = with(quick(), json!({"clients": 2, "placement": "SameNode", "networkPolicy": "Isolated"}));
        let session = stage.session("together", &spec).await?;
        session.works_with(2).await?;
        let server = session.ready_pod(Part::Server).await?;
        for client in session.pods(Part::Client).await? {
            ensure!(node(&client) == node(&server), "{} and {}", node(&client), node(&server));
        }
        Ok(())
    })
    .await;
}
