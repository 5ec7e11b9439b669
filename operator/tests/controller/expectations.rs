//! What the reports are told to expect of a session.

use ballsession_operator::report_source::Expectation;
use crds::BallSession;
use k8s_openapi::api::apps::v1::Deployment;
use kube::ResourceExt;
use serde_json::json;

use crate::harness::{Operator, client, eventually};

/// Waits until what is expected is as it should be.
async fn expected(
    operator: &Operator,
    uid: &str,
    what: &str,
    is_so: impl Fn(&Expectation) -> bool,
) -> Expectation {
    eventually(what, async || match operator.reports.expected(uid) {
        Some(expectation) if is_so(&expectation) => Ok(expectation),
        other => Err(other),
    })
    .await
}

#[tokio::test]
async fn an_epoch_begins_with_other_pods_and_with_nothing_else() {
    let Some((client, _shared)) = client("an_epoch_begins_with_other_pods_and_with_nothing_else").await
    else {
        return;
    };
    let operator = Operator::start(&client).await;
    let session = operator.create("harbor", &json!({"clients": 1})).await;
    let uid = session.uid().unwrap();
    operator.play_pods("harbor", 1).await;
    operator.wait_for_quiet().await;
    let first = expected(&operator, &uid, "an expectation", |_| true).await;
    assert!(!first.is_disturbed && first.finished.is_empty());
    let generation =
        async || operator.api::<Deployment>().get("harbor-server").await.unwrap().metadata.generation;
    let before = generation().await;

    // Another window is told to the running server: its pod stays as it is.
    let objectives = json!({"objectives": {"window": "30s", "deliveredPercent": "90"}});
    let changed = operator.change("harbor", &objectives).await;
    operator
        .wait("harbor", "the new spec is observed", |session: &BallSession| {
            let observed = session.status.as_ref().and_then(|status| status.observed_generation);
            observed == changed.metadata.generation
        })
        .await;
    operator.wait_for_quiet().await;
    operator.reconcile_again_without_writes(&changed).await;
    assert_eq!(expected(&operator, &uid, "the same epoch", |_| true).await.epoch, first.epoch);
    assert_eq!(generation().await, before);

    operator.change("harbor", &json!({"video": {"bitrateKbps": 900}})).await;
    expected(&operator, &uid, "another epoch", |expected| expected.epoch != first.epoch).await;
    operator.finish().await;
}

#[tokio::test]
async fn clients_of_a_bounded_run_are_done_when_their_pods_are() {
    let Some((client, _shared)) = client("clients_of_a_bounded_run_are_done_when_their_pods_are").await
    else {
        return;
    };
    let operator = Operator::start(&client).await;
    let session = operator.create("harbor", &json!({"clients": 2, "duration": "5m"})).await;
    let uid = session.uid().unwrap();
    let pods = operator.wait_pods("harbor", "client", 2).await;
    let index = pods[0].labels()["ballsession.dev/client-index"].parse().unwrap();
    operator.set_pod(&pods[0], &json!({"phase": "Succeeded"})).await;
    expected(&operator, &uid, "one is done", |expected| expected.finished == [index].into()).await;
    operator.finish().await;
}
