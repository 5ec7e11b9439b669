//! Somebody else owns fields of the status as well, so that they stay when the operator leaves them out.

use std::time::Duration;

use crds::{BallSession, BallSessionStatus};
use kube::api::{Api, Patch, PatchParams};
use serde_json::{Value, json};

use crate::harness::{Operator, client, condition};

/// Nothing is written again and again.
async fn comes_to_rest(operator: &Operator) {
    let rest = tokio::time::timeout(Duration::from_secs(60), operator.wait_for_quiet()).await;
    assert!(rest.is_ok(), "{} writes", operator.writes().len());
}

async fn wait_status(
    operator: &Operator,
    what: &str,
    is_so: impl Fn(&BallSessionStatus) -> bool,
) -> BallSession {
    operator.wait("harbor", what, |session: &BallSession| session.status.as_ref().is_some_and(&is_so)).await
}

fn suspended_since(status: &BallSessionStatus) -> bool {
    status.run.as_ref().is_some_and(|run| run.suspended_since.is_some())
}

/// As with `kubectl get --output json | kubectl apply --server-side --subresource=status --filename -`.
#[tokio::test]
async fn a_status_that_somebody_applies_is_taken_over_once() {
    let Some((client, _shared)) = client("a_status_that_somebody_applies_is_taken_over_once").await else {
        return;
    };
    let operator = Operator::start(&client).await;
    operator.create("harbor", &json!({"clients": 1, "duration": "5m", "suspend": true})).await;
    let suspended = wait_status(&operator, "a suspended run", suspended_since).await;
    let sessions: Api<BallSession> = operator.api();
    let patch = json!({"apiVersion": "ballsession.dev/v1alpha1", "kind": "BallSession",
                       "metadata": {"name": "harbor"}, "status": suspended.status});
    let params = PatchParams::apply("somebody").force();
    sessions.patch_status("harbor", &params, &Patch::Apply(&patch)).await.unwrap();

    operator.change("harbor", &json!({"suspend": false})).await;
    operator.play_pods("harbor", 1).await;
    let session = operator.wait_ready("harbor", "Ready").await;
    comes_to_rest(&operator).await;
    operator.reconcile_again_without_writes(&session).await;
    let status = sessions.get("harbor").await.unwrap().status.unwrap();
    assert!(!suspended_since(&status), "{:?}", status.run);
    let seconds = status.run.unwrap().suspended_seconds.unwrap_or(0);
    assert!(seconds < 60, "{seconds}");
    operator.finish().await;
}

/// What the operator merges into a session that cannot be read, no apply of its own takes away.
#[tokio::test]
async fn what_was_merged_goes_when_it_is_over() {
    let Some((client, _shared)) = client("what_was_merged_goes_when_it_is_over").await else { return };
    let operator = Operator::start(&client).await;
    operator.create("harbor", &json!({"clients": 1})).await;
    operator.play_pods("harbor", 1).await;
    let ready = operator.wait_ready("harbor", "Ready").await;
    operator.wait_for_quiet().await;
    let sessions: Api<BallSession> = operator.api();
    let condition_of = |kind: &str| {
        json!({"type": kind, "status": "True", "reason": "InvalidSpec", "message": "m",
                                           "lastTransitionTime": "2026-01-01T00:00:00Z"})
    };
    let mut status = serde_json::to_value(ready.status).unwrap();
    let conditions = status["conditions"].as_array_mut().unwrap();
    conditions.extend([condition_of("Stalled"), condition_of("Audited")]);
    let merged: Value = json!({"status": {"conditions": conditions}});
    let params = PatchParams { field_manager: Some("ballsession-operator".into()), ..PatchParams::default() };
    sessions.patch_status("harbor", &params, &Patch::Merge(&merged)).await.unwrap();
    let is_stalled =
        |status: &BallSessionStatus| status.conditions.iter().any(|known| known.type_ == "Stalled");
    let session = wait_status(&operator, "no Stalled", |status| !is_stalled(status)).await;
    assert_eq!(condition(&session, "Audited").0, "InvalidSpec", "it is somebody else's");
    comes_to_rest(&operator).await;
    operator.reconcile_again_without_writes(&session).await;
    operator.finish().await;
}
