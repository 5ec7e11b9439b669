//! The condition Ready goes through its reasons as pods and reports say so.

use k8s_openapi::api::core::v1::ResourceQuota;
use k8s_openapi::api::events::v1::Event;
use kube::ResourceExt;
use kube::api::{DeleteParams, ListParams, PostParams};
use report::ErrorCode;
use serde_json::{Value, json};

use crate::harness::{Operator, client, condition, eventually, up};

fn waiting(reason: &str, message: &str) -> Value {
    json!({"phase": "Pending", "conditions": [], "containerStatuses": [{
        "name": "server", "image": "registry.example/s:7", "imageID": "", "ready": false, "restartCount": 1,
        "state": {"waiting": {"reason": reason, "message": message}},
        "lastState": {"terminated": {"exitCode": 1, "reason": "Error", "message": "cannot listen", "containerID": "c",
                                     "startedAt": "2026-01-01T00:00:00Z", "finishedAt": "2026-01-01T00:00:00Z"}}
    }]})
}

#[tokio::test]
async fn a_session_says_at_each_moment_what_it_lacks() {
    let Some((client, _shared)) = client("a_session_says_at_each_moment_what_it_lacks").await else { return };
    let operator = Operator::start(&client).await;
    let session = operator.create("harbor", &json!({"clients": 2})).await;
    let first = operator.wait_ready("harbor", "ServerNotReady").await;
    assert_eq!(condition(&first, "Complete").0, "Unbounded");
    let status = first.status.unwrap();
    assert_eq!((status.observed_generation, status.ready_clients), (Some(1), Some(0)));
    assert_eq!(operator.reports.begun(), [status.run.unwrap().hash].into());

    let server = operator.wait_pods("harbor", "server", 1).await.remove(0);
    let clients = operator.wait_pods("harbor", "client", 2).await;
    let unschedulable = json!({"conditions": [
        {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/3 nodes are available"}
    ]});
    operator.set_pod(&server, &unschedulable).await;
    operator.wait_ready("harbor", "Unschedulable").await;
    operator.set_pod(&server, &waiting("ImagePullBackOff", "not found")).await;
    operator.wait_ready("harbor", "ImagePullFailed").await;
    operator.set_pod(&server, &waiting("CrashLoopBackOff", "back-off")).await;
    let crashing = operator.wait_ready("harbor", "CrashLooping").await;
    assert_eq!(condition(&crashing, "Ready").1, format!("{}: exit code 1: cannot listen", server.name_any()));
    let mut works = up();
    works["containerStatuses"] = json!(null);
    operator.set_pod(&server, &works).await;
    operator.wait_ready("harbor", "WaitingForClients").await;

    operator.set_pod(&clients[0], &up()).await;
    let stuck = clients[1].name_any();
    operator.reports.client_reports(&session, &stuck, ErrorCode::ConnectFailed).await;
    operator.wait_ready("harbor", "SignalingFailed").await;
    operator.reports.client_reports(&session, &stuck, ErrorCode::IceFailed).await;
    let blocked = operator.wait_ready("harbor", "MediaBlocked").await;
    let message = condition(&blocked, "Ready").1;
    assert!(
        message.starts_with("signalling ok, no UDP from harbor-client-1 (node unknown) to the server"),
        "{message}"
    );
    let status = blocked.status.unwrap();
    assert_eq!(status.display.unwrap().clients.as_deref(), Some("1/2"));

    operator.set_pod(&clients[1], &up()).await;
    operator.server_reports(&session).await;
    let ready = operator.wait_ready("harbor", "Ready").await;
    let status = ready.status.unwrap();
    let display = status.display.unwrap();
    assert_eq!(
        (display.clients.as_deref(), display.reason.as_deref(), status.ready_clients),
        (Some("2/2"), Some(""), Some(2))
    );

    // Each transition was published once.
    let published = eventually("the events", async || {
        let events = operator.api::<Event>().list(&ListParams::default()).await.unwrap();
        let of_session = events.items.into_iter().filter(|event| {
            event.regarding.as_ref().is_some_and(|regarding| regarding.kind.as_deref() == Some("BallSession"))
        });
        let published: Vec<_> = of_session.filter_map(|event| event.reason).collect();
        if published.iter().any(|reason| reason == "Ready") { Ok(published) } else { Err(published) }
    })
    .await;
    for reason in
        ["Unschedulable", "ImagePullFailed", "CrashLooping", "SignalingFailed", "MediaBlocked", "Ready"]
    {
        assert_eq!(
            published.iter().filter(|published| *published == reason).count(),
            1,
            "{reason} in {published:?}"
        );
    }
    operator.finish().await;
}

#[tokio::test]
async fn a_quota_is_named_for_the_server_and_for_clients() {
    let Some((client, _shared)) = client("a_quota_is_named_for_the_server_and_for_clients").await else {
        return;
    };
    let operator = Operator::start(&client).await;
    let quotas = operator.api::<ResourceQuota>();
    let quota = |pods: u32| -> ResourceQuota {
        serde_json::from_value(
            json!({"metadata": {"name": "tight"}, "spec": {"hard": {"pods": pods.to_string()}}}),
        )
        .unwrap()
    };
    let set = |pods: u32| {
        let (quotas, quota) = (quotas.clone(), quota(pods));
        async move {
            let _ = quotas.delete("tight", &DeleteParams::default()).await;
            eventually("a quota", async || quotas.create(&PostParams::default(), &quota).await).await;
            // Before its use is counted everything is refused, or nothing.
            eventually("its count", async || {
                let stored = quotas.get("tight").await.map_err(|error| error.to_string())?;
                let counted = stored.status.as_ref().and_then(|status| status.hard.clone());
                counted.ok_or_else(|| format!("{stored:?}"))
            })
            .await;
        }
    };
    set(0).await;
    let session = operator.create("harbor", &json!({"clients": 1})).await;
    let forbidden = operator.wait_ready("harbor", "PodsForbidden").await;
    assert!(condition(&forbidden, "Ready").1.contains("exceeded quota: tight"), "{forbidden:?}");

    // Room for the server alone.
    operator.change("harbor", &json!({"clients": 0})).await;
    set(1).await;
    let server = operator.wait_pods("harbor", "server", 1).await.remove(0);
    operator.set_pod(&server, &up()).await;
    operator.server_reports(&session).await;
    operator.wait_ready("harbor", "Ready").await;
    eventually("the server's pod in the count", async || {
        let stored = quotas.get("tight").await.map_err(|error| error.to_string())?;
        let used = stored.status.as_ref().and_then(|status| status.used.as_ref()?.get("pods").cloned());
        used.filter(|used| used.0 == "1").ok_or_else(|| format!("{stored:?}"))
    })
    .await;
    operator.change("harbor", &json!({"clients": 1})).await;
    let forbidden = operator.wait_ready("harbor", "PodsForbidden").await;
    assert!(condition(&forbidden, "Ready").1.contains("exceeded quota: tight"), "{forbidden:?}");
    operator.finish().await;
}
