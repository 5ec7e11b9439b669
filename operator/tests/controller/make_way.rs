//! A server that finds no node because each that is left has one of its own clients.

use k8s_openapi::api::core::v1::Pod;
use kube::ResourceExt;
use kube::api::DeleteParams;
use serde_json::json;

use crate::harness::{Operator, client, condition, eventually};
use crate::node::PlayedNode;

/// The node of a server was lost, and each other one had a client: the server came to none, for ever.
#[tokio::test]
async fn clients_make_way_for_a_server_that_they_keep_from_every_node() {
    let test = "clients_make_way_for_a_server_that_they_keep_from_every_node";
    let Some((client, _shared)) = client(test).await else { return };
    let operator = Operator::start(&client).await;
    let namespace = operator.namespace.name.clone();
    let other = PlayedNode::start(&client, &format!("{namespace}-other"), &namespace, false).await;
    operator.create("harbor", &json!({"clients": 2, "placement": "CrossNode"})).await;
    let first = operator.wait_pods("harbor", "client", 2).await;
    for pod in &first {
        other.take(pod).await;
    }
    operator.play_pods("harbor", 2).await;
    operator.wait_ready("harbor", "Ready").await;

    operator.node.take_no_servers();
    let server = operator.wait_pods("harbor", "server", 1).await.remove(0);
    operator.api::<Pod>().delete(&server.name_any(), &DeleteParams::default()).await.unwrap();
    let server = eventually("another server", async || {
        let pod = operator.wait_pods("harbor", "server", 1).await.remove(0);
        if pod.uid() == server.uid() { Err(pod.name_any()) } else { Ok(pod) }
    })
    .await;
    let why = "0/2 nodes are available: 1 node(s) didn't satisfy existing pods anti-affinity rules, 1 node(s) had untolerated \
               taint(s).";
    let nowhere = json!({"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": why,
                         "lastTransitionTime": jiff::Timestamp::now()});
    operator.set_pod(&server, &json!({"conditions": [nowhere]})).await;
    let said = operator.wait_ready("harbor", "Unschedulable").await;
    let words = format!(
        "placement CrossNode: clients keep {} from their nodes, and make way for it after 10 s: {why}",
        server.name_any()
    );
    assert_eq!(condition(&said, "Ready").1, words);
    assert_eq!(operator.wait_pods("harbor", "client", 2).await.len(), 2, "it may pass");
    operator.wait_pods("harbor", "client", 0).await;
    for pod in &first {
        operator.wait_gone::<Pod>(&pod.name_any(), None).await;
    }
    operator.wait_for_quiet().await;
    operator.wait_pods("harbor", "client", 0).await;

    other.take(&server).await;
    let pods = operator.wait_pods("harbor", "client", 2).await;
    for pod in &pods {
        operator.node.take(pod).await;
    }
    operator.play_pods("harbor", 2).await;
    operator.wait_ready("harbor", "Ready").await;
    other.finish().await;
    operator.finish().await;
}
