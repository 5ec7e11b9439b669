//! Placements that depend on what nodes there are: a client on each, and clients in another zone. How many nodes there are, and
//! with which labels, all tests share.

use std::time::Duration;

use crds::BallSession;
use k8s_openapi::api::core::v1::Pod;
use kube::{Client, ResourceExt};
use serde_json::{Value, json};

use crate::harness::{
    Operator, asked_for_last_numbers, client_alone, condition, eventually, finish_clients, up,
};
use crate::node::PlayedNode;

const ZONE: &str = "topology.kubernetes.io/zone";

/// A session that no nodes fit but those of its test.
pub(crate) fn each_node(operator: &Operator) -> Value {
    json!({"placement": "EachNode", "clients": 9, "client": {
        "nodeSelector": {"tested": operator.namespace.name},
        "tolerations": [{"key": "ballsession.dev/played", "operator": "Exists"}]
    }})
}

/// A node that fits it.
pub(crate) async fn fitting(client: &Client, operator: &Operator, name: &str) -> PlayedNode {
    let namespace = &operator.namespace.name;
    let node = PlayedNode::start(client, &format!("{namespace}-{name}"), namespace, false).await;
    node.change(&json!({"metadata": {"labels": {"tested": namespace, "kubernetes.io/os": "linux"}}})).await;
    node
}

fn pinned(pod: &Pod) -> String {
    let pod = serde_json::to_value(pod).unwrap();
    let required = "/spec/affinity/nodeAffinity/requiredDuringSchedulingIgnoredDuringExecution";
    let field = "/nodeSelectorTerms/0/matchFields/0";
    let pin = pod.pointer(&format!("{required}{field}")).unwrap();
    assert_eq!((&pin["key"], &pin["operator"]), (&json!("metadata.name"), &json!("In")));
    pin["values"][0].as_str().unwrap().to_owned()
}

/// Waits until the clients are on these nodes, by their numbers.
pub(crate) async fn wait_nodes(operator: &Operator, nodes: &[&str]) -> BallSession {
    let what = format!("clients on {nodes:?}");
    operator
        .wait("harbor", &what, |session: &BallSession| {
            let run = session.status.as_ref().and_then(|status| status.run.as_ref());
            run.is_some_and(|run| run.nodes == nodes)
        })
        .await
}

pub(crate) async fn wait_clients(operator: &Operator, nodes: &[&str]) -> Vec<Pod> {
    eventually(&format!("a client on each of {nodes:?}"), async || {
        let pods = operator.wait_pods("harbor", "client", nodes.len()).await;
        let mut on: Vec<_> = pods.iter().map(pinned).collect();
        on.sort();
        if on == nodes { Ok(pods) } else { Err(on) }
    })
    .await
}

#[tokio::test]
async fn each_node_that_fits_has_a_client_and_keeps_it() {
    let Some((client, _alone)) = client_alone("each_node_that_fits_has_a_client_and_keeps_it").await else {
        return;
    };
    let operator = Operator::start(&client).await;
    operator.create("harbor", &each_node(&operator)).await;
    let none = operator.wait_ready("harbor", "Unschedulable").await;
    let message = condition(&none, "Ready").1;
    assert!(
        message.starts_with("placement EachNode: none of ") && message.contains("not selected"),
        "{message}"
    );

    let (a, b) = (fitting(&client, &operator, "a").await, fitting(&client, &operator, "b").await);
    wait_nodes(&operator, &[&a.name, &b.name]).await;
    let pods = wait_clients(&operator, &[&a.name, &b.name]).await;
    for (pod, node) in pods.iter().zip([&a, &b]) {
        assert_eq!(pinned(pod), node.name);
        node.take(pod).await;
        operator.set_pod(pod, &up()).await;
    }
    let server = operator.wait_pods("harbor", "server", 1).await.remove(0);
    operator.set_pod(&server, &up()).await;
    operator.server_reports(&operator.api::<BallSession>().get("harbor").await.unwrap()).await;
    let ready = operator.wait_ready("harbor", "Ready").await;
    assert_eq!(condition(&ready, "Ready").1, "media flows to 2 of 2 clients");
    let shown = ready.status.unwrap().display.unwrap().clients;
    assert_eq!(shown.as_deref(), Some("2/2"), "of nine that are asked for");

    // Another process finds all as it is; and one more node.
    let operator = operator.restart().await;
    operator.wait_for_quiet().await;
    let c = fitting(&client, &operator, "c").await;
    wait_nodes(&operator, &[&a.name, &b.name, &c.name]).await;
    let kept = wait_clients(&operator, &[&a.name, &b.name, &c.name]).await;
    assert_eq!([kept[0].uid(), kept[1].uid()], [pods[0].uid(), pods[1].uid()]);

    // One that is not ready keeps its client; of one that is gone nothing is left, and the next gets its number.
    b.set_ready(false).await;
    a.remove().await;
    wait_nodes(&operator, &["", &b.name, &c.name]).await;
    wait_clients(&operator, &[&b.name, &c.name]).await;
    operator.wait_gone::<Pod>(&pods[0].name_any(), None).await;
    let d = fitting(&client, &operator, "d").await;
    wait_nodes(&operator, &[&d.name, &b.name, &c.name]).await;
    let now = wait_clients(&operator, &[&b.name, &c.name, &d.name]).await;
    assert_eq!(now.iter().find(|pod| pinned(pod) == b.name).unwrap().uid(), pods[1].uid());
    operator.wait_for_quiet().await;
    assert_eq!(operator.wait_pods("harbor", "client", 3).await.len(), 3);

    // Drained.
    c.change(&json!({"spec": {"unschedulable": true}})).await;
    wait_nodes(&operator, &[&d.name, &b.name]).await;
    wait_clients(&operator, &[&b.name, &d.name]).await;
    for node in [b, c, d] {
        node.finish().await;
    }
    operator.finish().await;
}

#[tokio::test]
async fn a_node_that_comes_after_the_end_of_a_run_changes_nothing() {
    let Some((client, _alone)) =
        client_alone("a_node_that_comes_after_the_end_of_a_run_changes_nothing").await
    else {
        return;
    };
    let operator = Operator::start(&client).await;
    let a = fitting(&client, &operator, "a").await;
    let mut spec = each_node(&operator);
    spec["duration"] = json!("5m");
    operator.create("harbor", &spec).await;
    let pods = wait_clients(&operator, &[&a.name]).await;
    operator.play_pods("harbor", 1).await;
    operator.reports.hold_back(true);
    finish_clients(&operator, "harbor", 1).await;
    let run = operator.api::<BallSession>().get("harbor").await.unwrap().status.unwrap().run.unwrap();
    asked_for_last_numbers(&operator, &run.hash).await;
    let b = fitting(&client, &operator, "b").await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    operator.reports.hold_back(false);
    let finished = operator.wait_ready("harbor", "Completed").await;
    operator.wait_for_quiet().await;
    let c = fitting(&client, &operator, "c").await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    let after = operator.api::<BallSession>().get("harbor").await.unwrap();
    assert_eq!(
        after.status,
        finished.status.clone().map(|status| {
            // What goes with the server's pod.
            crds::BallSessionStatus {
                ready_clients: after.status.as_ref().and_then(|now| now.ready_clients),
                ..status
            }
        })
    );
    assert_eq!(after.status.unwrap().run.unwrap().nodes, std::slice::from_ref(&a.name));
    operator.api::<Pod>().get(&pods[0].name_any()).await.unwrap();
    operator.wait_pods("harbor", "client", 0).await;

    // The next run is of all of them, and nobody is done in it.
    operator.change("harbor", &json!({"run": "again"})).await;
    wait_nodes(&operator, &[&a.name, &b.name, &c.name]).await;
    wait_clients(&operator, &[&a.name, &b.name, &c.name]).await;
    for node in [a, b, c] {
        node.finish().await;
    }
    operator.finish().await;
}

#[tokio::test]
async fn clients_of_another_zone_follow_their_server_and_no_zone_is_said() {
    let Some((client, _alone)) =
        client_alone("clients_of_another_zone_follow_their_server_and_no_zone_is_said").await
    else {
        return;
    };
    let operator = Operator::start(&client).await;
    let namespace = operator.namespace.name.clone();
    let far = PlayedNode::start(&client, &format!("{namespace}-far"), &namespace, false).await;
    let zone = |name: &str| json!({"metadata": {"labels": {ZONE: name}}});
    operator.create("harbor", &json!({"clients": 1, "placement": "CrossZone"})).await;
    let wait_message = async |part: &str| {
        operator
            .wait("harbor", part, |session: &BallSession| {
                let (reason, message) = condition(session, "Ready");
                reason == "Unschedulable" && message.contains(part)
            })
            .await
    };
    wait_message("no node has the label topology.kubernetes.io/zone").await;
    operator.wait_pods("harbor", "client", 0).await;
    far.change(&zone("north")).await;
    wait_message("where the server is, has no label").await;
    operator.wait_pods("harbor", "client", 0).await;
    operator.node.change(&zone("north")).await;
    wait_message("are in zone north, as the server is").await;
    // A node may be made for it.
    let first = operator.wait_pods("harbor", "client", 1).await.remove(0);
    assert_eq!(first.annotations()["ballsession.dev/server-node"], operator.node.name);
    far.change(&zone("south")).await;
    far.take(&first).await;
    operator.wait_ready("harbor", "ServerNotReady").await;
    operator.wait_for_quiet().await;
    assert_eq!(operator.wait_pods("harbor", "client", 1).await[0].uid(), first.uid());

    // As if the server had come to its zone.
    far.change(&zone("north")).await;
    eventually("another pod", async || {
        let pod = operator.wait_pods("harbor", "client", 1).await.remove(0);
        if pod.uid() == first.uid() { Err(pod.name_any()) } else { Ok(()) }
    })
    .await;
    far.finish().await;
    operator.finish().await;
}

/// As the operator of one namespace.
#[tokio::test]
async fn without_a_right_to_nodes_that_is_said_and_zones_are_the_schedulers() {
    let Some((client, _alone)) =
        client_alone("without_a_right_to_nodes_that_is_said_and_zones_are_the_schedulers").await
    else {
        return;
    };
    let operator = Operator::start_confined(&client).await;
    operator.create("harbor", &each_node(&operator)).await;
    let said = operator.wait_ready("harbor", "Unschedulable").await;
    let message = condition(&said, "Ready").1;
    assert!(message.starts_with("placement EachNode: the operator cannot read nodes"), "{message}");
    assert!(message.contains("forbidden"), "{message}");
    operator.wait_pods("harbor", "client", 0).await;

    operator.change("harbor", &json!({"placement": "CrossZone", "clients": 1})).await;
    let first = operator.wait_pods("harbor", "client", 1).await.remove(0);
    operator.node.take(&first).await;
    operator.play_pods("harbor", 1).await;
    let ready = operator.wait_ready("harbor", "Ready").await;
    let message = condition(&ready, "Ready").1;
    assert!(
        message.ends_with("nodes cannot be read: their zones are known to the scheduler alone"),
        "{message}"
    );
    operator.wait_for_quiet().await;
    assert_eq!(operator.wait_pods("harbor", "client", 1).await[0].uid(), first.uid());
    operator.finish().await;
}
