//! For how long a client that is replaced measures, whichever operator replaces it.

use crds::{BallSession, Run};
use jiff::Timestamp;
use k8s_openapi::api::core::v1::Pod;
use kube::ResourceExt;
use kube::api::{Api, Patch, PatchParams};
use serde_json::json;

use crate::harness::{Operator, client, eventually};

fn run(session: &BallSession) -> Option<&Run> {
    session.status.as_ref()?.run.as_ref()
}

/// The milliseconds that the client in a pod measures.
fn duration(pod: &Pod) -> Option<u64> {
    let args = pod.spec.as_ref()?.containers.first()?.args.as_ref()?;
    let place = args.iter().position(|argument| argument == "--duration")?;
    args.get(place + 1)?.strip_suffix("ms")?.parse().ok()
}

/// Only the process that saw media begin knew how long it had lasted: a replacement made by another measured all of the time again.
#[tokio::test]
async fn another_operator_knows_for_how_long_a_client_has_measured() {
    let Some((client, _shared)) = client("another_operator_knows_for_how_long_a_client_has_measured").await
    else {
        return;
    };
    let operator = Operator::start(&client).await;
    operator.create("harbor", &json!({"clients": 1, "duration": "5m"})).await;
    operator.play_pods("harbor", 1).await;
    let measuring = |session: &BallSession| run(session).is_some_and(|run| run.measured.is_some());
    let session = operator.wait("harbor", "a client that measures", measuring).await;
    let measured = run(&session).unwrap().measured.clone().unwrap();
    let since: i64 = measured.strip_prefix("0:0@").unwrap().parse().unwrap();
    operator.wait_for_quiet().await;
    operator.reconcile_again_without_writes(&session).await;
    let pod = operator.wait_pods("harbor", "client", 1).await.remove(0);

    // The run began 100 s earlier, and its client fails while no operator is there.
    let operator = operator
        .restart_after(async |operator| {
            let sessions: Api<BallSession> = operator.api();
            let mut status = serde_json::to_value(sessions.get("harbor").await.unwrap().status).unwrap();
            let earlier =
                run(&session).unwrap().started_at.as_ref().unwrap().0 - std::time::Duration::from_secs(100);
            status["run"]["startedAt"] = json!(earlier.strftime("%FT%TZ").to_string());
            let patch = json!({"apiVersion": "ballsession.dev/v1alpha1", "kind": "BallSession",
                               "metadata": {"name": "harbor"}, "status": status});
            let params = PatchParams::apply("ballsession-operator").force();
            sessions.patch_status("harbor", &params, &Patch::Apply(&patch)).await.unwrap();
            let failed = json!({"phase": "Failed", "conditions": [], "containerStatuses": [{
                "name": "client", "image": "c:8", "imageID": "", "ready": false, "restartCount": 0,
                "state": {"terminated": {"exitCode": 1, "finishedAt": Timestamp::now()}}
            }]});
            operator.set_pod(&pod, &failed).await;
        })
        .await;
    let left = eventually("its replacement", async || {
        let next = operator.wait_pods("harbor", "client", 1).await.remove(0);
        duration(&next).filter(|_| next.name_any() != pod.name_any()).ok_or(next.name_any())
    })
    .await;
    assert!((150_000..=200_000).contains(&left), "{left} ms of 300 s, after at least 100 s since {since} s");
    let replaced = operator.api::<BallSession>().get("harbor").await.unwrap();
    let measured = run(&replaced).unwrap().measured.clone().unwrap();
    let before: u64 = measured.strip_prefix("0:").unwrap().parse().unwrap();
    assert_eq!(left, 300_000 - before * 1000);
    operator.finish().await;
}
