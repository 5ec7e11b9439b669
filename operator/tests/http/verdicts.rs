//! A pipeline that waits at the gate, with the right to see its session.

use ballsession_operator::http::HttpAccess;
use serde_json::json;

use crate::requests::get;
use crate::world::{NAME, Operator, World, eventually};

#[tokio::test]
async fn a_gate_opens_for_the_stored_spec_alone() {
    let Some(client) = cluster::client("a_gate_opens_for_the_stored_spec_alone").await else { return };
    let world = World::create(&client).await;
    let token = world.accounts.create("pipeline").await;
    world.accounts.grant_in(&world.namespace.name, "pipeline", "get").await;
    let operator = Operator::start(&world, HttpAccess::Token).await;
    let session = |namespace: &str, name: &str| format!("/v1/namespaces/{namespace}/ballsessions/{name}");
    let own = session(&world.namespace.name, NAME);
    let at = async |path: &str| get(operator.address, path, Some(&token)).await;
    let gate = async || at(&format!("{own}/gate")).await;

    eventually("the pipeline's right", async || gate().await.code == 425).await;
    let waiting = gate().await;
    assert!(waiting.head.contains("retry-after: 5"), "{waiting:?}");
    assert_eq!(waiting.json()["reason"], "NotObserved");
    world.judge("True").await;
    eventually("the gate is open", async || gate().await.code == 200).await;
    let verdict = at(&format!("{own}/verdict")).await.json();
    assert_eq!(
        (&verdict["verdict"], &verdict["generation"], &verdict["observedGeneration"]),
        (&json!("Met"), &json!(1), &json!(1))
    );
    assert_eq!(verdict["objectives"]["lossPercent"], json!(1.0));

    // Whatever the watch has seen by then, the former verdict opens nothing once another spec is stored.
    for generation in 2..=20 {
        world.change(&json!({"objectives": {"lossPercent": format!("0.{generation}")}})).await;
        let changed = gate().await;
        assert_eq!((changed.code, &changed.json()["reason"]), (425, &json!("NotObserved")), "{changed:?}");
        assert_eq!(changed.json()["generation"], generation);
        world.judge("True").await;
        eventually("the gate is open again", async || gate().await.code == 200).await;
    }
    world.judge("False").await;
    eventually("the gate is closed", async || gate().await.code == 412).await;
    assert_eq!(at(&format!("{own}/gate?run=1.4.2")).await.code, 425);
    assert_eq!(at(&format!("{own}/gate?newerThan=soon")).await.code, 400);

    let elsewhere = at(&format!("{}/gate", session(&world.other.name, NAME))).await;
    let said = format!(
        "has no right to get ballsessions.ballsession.dev harbor in the namespace {}",
        world.other.name
    );
    assert!(elsewhere.code == 403 && elsewhere.body.contains(&said), "{elsewhere:?}");
    assert_eq!(at(&format!("{}/gate", session(&world.namespace.name, "quay"))).await.code, 404);
    let absent = at(&format!("{}/gate", session(&world.other.name, "quay"))).await;
    assert_eq!(absent.code, 403, "whether there is one is for who may see it");
    world.delete().await;
}
