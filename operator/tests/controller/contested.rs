//! Somebody else who wants something else of a child.

use std::time::{Duration, Instant};

use ballsession_operator::settings::Settings;
use k8s_openapi::api::apps::v1::Deployment;
use kube::ResourceExt;
use kube::api::{Patch, PatchParams};
use serde_json::json;

use crate::harness::{Operator, client, condition, settings};

/// How long the other one insists.
const TIME: Duration = Duration::from_secs(20);

#[tokio::test]
async fn a_child_that_somebody_changes_back_each_time_is_left_alone_and_that_is_said() {
    let test = "a_child_that_somebody_changes_back_each_time_is_left_alone_and_that_is_said";
    let Some((client, _shared)) = client(test).await else { return };
    let operator = Operator::start(&client).await;
    operator.create("harbor", &json!({"clients": 1})).await;
    operator.wait_ready("harbor", "ServerNotReady").await;
    let deployments = operator.api::<Deployment>();
    let params = PatchParams { field_manager: Some("flux".to_owned()), ..PatchParams::default() };
    let before = deployments.get("harbor-server").await.unwrap().metadata.generation.unwrap();
    let insisting = async {
        let end = Instant::now() + TIME;
        while Instant::now() < end {
            let stored = deployments.get("harbor-server").await.unwrap();
            if stored.spec.replicas != Some(3) {
                let patch = Patch::Merge(json!({"spec": {"replicas": 3}}));
                deployments.patch(&stored.name_any(), &params, &patch).await.unwrap();
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let said = async {
        let session = operator.wait_ready("harbor", "ApplyFailed").await;
        condition(&session, "Ready").1
    };
    let ((), message) = tokio::join!(insisting, said);
    assert_eq!(
        message,
        "flux changes Deployment harbor-server back each time: it is tried again with growing pauses, up to a minute"
    );
    let generations = deployments.get("harbor-server").await.unwrap().metadata.generation.unwrap() - before;
    // Both of them wrote each time.
    assert!((6..=16).contains(&generations), "{generations} generations in {TIME:?}");
    operator.finish().await;
}

/// O9: 435 generations in a minute, and not a word of it.
#[tokio::test]
async fn two_operators_of_the_same_sessions_say_so_and_do_not_write_without_end() {
    let test = "two_operators_of_the_same_sessions_say_so_and_do_not_write_without_end";
    let Some((client, _shared)) = client(test).await else { return };
    let operator = Operator::start(&client).await;
    operator.create("harbor", &json!({"clients": 1})).await;
    operator.wait_ready("harbor", "ServerNotReady").await;
    operator.wait_pods("harbor", "client", 1).await;
    let _another = operator
        .another(Settings {
            report_url: "https://ballsession-operator.steeple:8443/v1/reports".into(),
            operator_namespace: "steeple".into(),
            ..settings()
        })
        .await;
    let session = operator.wait_ready("harbor", "ApplyFailed").await;
    assert_eq!(
        condition(&session, "Ready").1,
        "another operator of BallSession, which must not watch the same namespace, changes Deployment \
         harbor-server back each time: it is tried again with growing pauses, up to a minute"
    );
    let deployments = operator.api::<Deployment>();
    let generation = async || deployments.get("harbor-server").await.unwrap().metadata.generation.unwrap();
    let (before, writes) = (generation().await, operator.writes().len());
    tokio::time::sleep(TIME).await;
    let (after, written) = (generation().await - before, operator.writes().len() - writes);
    assert!(after <= 10 && written <= 40, "{after} generations and {written} writes in {TIME:?}");
    operator.finish().await;
}
