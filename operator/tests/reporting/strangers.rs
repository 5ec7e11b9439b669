//! Tokens that are real, and reports that are not taken all the same.

use ballsession_operator::report_source::ReportSource;
use cluster::{Scratch, client};
use k8s_openapi::api::core::v1::{Pod, ServiceAccount};
use kube::ResourceExt;
use kube::api::{Api, DeleteParams, PostParams};
use serde_json::json;

use crate::post::{self, post};
use crate::world::{AUDIENCE, NAME, Operator, World, eventually};

#[tokio::test]
async fn pods_that_belong_to_no_session_are_refused() {
    let Some(client) = client("pods_that_belong_to_no_session_are_refused").await else { return };
    let world = World::create(&client).await;
    let operator = Operator::start(&world).await;
    let report = post::server(0, 1, 900, 0);

    let server = world.pod("server").await;
    let elsewhere = world.token(&server, "https://kubernetes.default.svc").await;
    assert_eq!(post(&operator.endpoint, &elsewhere, &report).await, 401, "another audience");

    let puppet = world.hand_made("puppet").await;
    let token = world.token(&puppet, AUDIENCE).await;
    assert_eq!(post(&operator.endpoint, &token, &report).await, 403, "our labels and account, no owner");

    let from_client = world.token(&world.pod("client").await, AUDIENCE).await;
    assert_eq!(post(&operator.endpoint, &from_client, &report).await, 403, "a client that measures");

    // The name of the account alone, in another namespace.
    let other = Scratch::create(&client).await;
    let account = json!({"metadata": {"name": format!("{NAME}-workload")}});
    Api::<ServiceAccount>::namespaced(client.clone(), &other.name)
        .create(&PostParams::default(), &serde_json::from_value(account).unwrap())
        .await
        .unwrap();
    let pod = json!({
        "metadata": {"name": "beacon-server", "labels": server.labels()},
        "spec": {"serviceAccountName": format!("{NAME}-workload"), "containers": [{"name": "a", "image": "a:1"}]}
    });
    let pods = Api::<Pod>::namespaced(client.clone(), &other.name);
    let pod = pods.create(&PostParams::default(), &serde_json::from_value(pod).unwrap()).await.unwrap();
    let token = world.token(&pod, AUDIENCE).await;
    assert_eq!(post(&operator.endpoint, &token, &report).await, 403, "the same account elsewhere");

    let session = world.sessions.get(NAME).await.unwrap();
    assert_eq!(operator.reports.view(&session.uid().unwrap()).server, None);
    other.delete().await;
    world.namespace.delete().await;
}

#[tokio::test]
async fn the_token_of_a_pod_ends_with_it() {
    let Some(client) = client("the_token_of_a_pod_ends_with_it").await else { return };
    let world = World::create(&client).await;
    let operator = Operator::start(&world).await;
    let report = post::server(0, 1, 900, 0);

    // A pod that is recreated under the same name: its predecessor's token is worth nothing.
    let token = world.token(&world.hand_made("puppet").await, AUDIENCE).await;
    let now = DeleteParams { grace_period_seconds: Some(0), ..DeleteParams::default() };
    world.pods.delete("puppet", &now).await.unwrap();
    eventually("the end of the pod", async || world.pods.get_opt("puppet").await.unwrap().is_none()).await;
    world.hand_made("puppet").await;
    assert_eq!(post(&operator.endpoint, &token, &report).await, 401);

    // A pod of the session: accepted while it is there, refused when it is gone.
    let server = world.pod("server").await;
    let token = world.token(&server, AUDIENCE).await;
    assert_eq!(post(&operator.endpoint, &token, &report).await, 202);
    let name = server.name_any();
    world.pods.delete(&name, &now).await.unwrap();
    eventually("the end of the pod", async || world.pods.get_opt(&name).await.unwrap().is_none()).await;
    eventually("a refusal", async || post(&operator.endpoint, &token, &report).await == 401).await;

    // The successor that the API server's controllers made speaks for the session now.
    let mut successor = world.pod("server").await;
    eventually("a successor", async || {
        successor = world.pod("server").await;
        successor.name_any() != name
    })
    .await;
    let token = world.token(&successor, AUDIENCE).await;
    assert_eq!(post(&operator.endpoint, &token, &post::server(1, 1, 500, 0)).await, 202);
    world
        .wait("the successor's numbers", |session| {
            session.status.as_ref().is_some_and(|status| status.server_restarts == Some(1))
        })
        .await;
    world.namespace.delete().await;
}
