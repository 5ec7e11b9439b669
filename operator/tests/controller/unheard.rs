//! What the status says where nobody can report: from ends of containers, events and policies, which need no network of the
//! pods.

use jiff::Timestamp;
use k8s_openapi::api::core::v1::{Event, Pod};
use k8s_openapi::api::networking::v1::NetworkPolicy;
use kube::ResourceExt;
use kube::api::PostParams;
use serde_json::{Value, json};

use crate::harness::{Operator, client, condition, up};

/// The status of a pod whose client ended because nobody heard it.
fn unheard() -> Value {
    let message = "error: ResolveFailed: cannot resolve harbor-server: no answer; no media and no post taken for 30 s: x";
    json!({"phase": "Failed", "containerStatuses": [{
        "name": "client", "image": "c:8", "imageID": "", "ready": false, "restartCount": 0,
        "state": {"terminated": {"exitCode": 1, "reason": "Error", "message": message, "finishedAt": Timestamp::now()}}
    }]})
}

/// O23: for ever WaitingForClients, while the logs of the clients knew.
#[tokio::test]
async fn the_end_of_a_client_is_quoted_with_the_policies_that_select_it() {
    let test = "the_end_of_a_client_is_quoted_with_the_policies_that_select_it";
    let Some((client, _shared)) = client(test).await else { return };
    let operator = Operator::start(&client).await;
    let policy = json!({
        "metadata": {"name": "default-deny"}, "spec": {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    });
    let policy: NetworkPolicy = serde_json::from_value(policy).unwrap();
    operator.api::<NetworkPolicy>().create(&PostParams::default(), &policy).await.unwrap();
    operator.create("harbor", &json!({"clients": 1})).await;
    let server = operator.wait_pods("harbor", "server", 1).await.remove(0);
    operator.set_pod(&server, &up()).await;
    let pod = operator.wait_pods("harbor", "client", 1).await.remove(0);
    operator.set_pod(&pod, &unheard()).await;
    let quoted = operator
        .wait("harbor", "the cause", |session: &crds::BallSession| {
            let (reason, message) = condition(session, "Ready");
            reason == "SignalingFailed" && message.contains("; NetworkPolicy ")
        })
        .await;
    let message = condition(&quoted, "Ready").1;
    let expected = format!(
        "{} ended: cannot resolve harbor-server: no answer; 1 of 1 clients affected; NetworkPolicy default-deny selects \
         server and clients (Ingress, Egress)",
        pod.name_any()
    );
    assert_eq!(message, expected);
    let status = quoted.status.unwrap();
    assert_eq!(status.display.unwrap().reason.as_deref(), Some("SignalingFailed"));
    operator.finish().await;
}

/// O6: it was "is not ready yet" for ever.
#[tokio::test]
async fn the_event_of_a_pod_that_does_not_start_is_quoted() {
    let Some((client, _shared)) = client("the_event_of_a_pod_that_does_not_start_is_quoted").await else {
        return;
    };
    let operator = Operator::start(&client).await;
    operator.create("harbor", &json!({"clients": 0})).await;
    let pod: Pod = operator.wait_pods("harbor", "server", 1).await.remove(0);
    let event = |reason: &str, kind: &str, message: &str| -> Event {
        serde_json::from_value(json!({
            "metadata": {"generateName": "harbor-"}, "reason": reason, "type": kind, "message": message, "count": 1,
            "lastTimestamp": Timestamp::from_second(Timestamp::now().as_second()).unwrap(),
            "involvedObject": {"kind": "Pod", "apiVersion": "v1", "name": pod.name_any(), "uid": pod.uid(),
                               "namespace": operator.namespace.name}
        }))
        .unwrap()
    };
    let events = operator.api::<Event>();
    for event in [
        event("Scheduled", "Normal", "assigned"),
        event("FailedCreatePodSandBox", "Warning", "the CNI plugin is away"),
    ] {
        events.create(&PostParams::default(), &event).await.unwrap();
    }
    let since = Timestamp::now().checked_sub(jiff::Span::new().seconds(16)).unwrap();
    let status = json!({"phase": "Pending", "conditions": [
        {"type": "PodScheduled", "status": "True", "lastTransitionTime": since},
        {"type": "PodReadyToStartContainers", "status": "False", "lastTransitionTime": since}
    ]});
    operator.set_pod(&pod, &status).await;
    let stuck = operator.wait_ready("harbor", "PodStuck").await;
    assert_eq!(
        condition(&stuck, "Ready").1,
        format!(
            "{} waits for its network and volumes: FailedCreatePodSandBox: the CNI plugin is away",
            pod.name_any()
        )
    );
    operator.finish().await;
}
