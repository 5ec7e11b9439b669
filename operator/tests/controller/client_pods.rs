//! The pods of clients: made once their server is somewhere, replaced when they fail, are deleted or lose their node, and
//! never two of one client.

use std::time::Duration;

use crds::BallSession;
use k8s_openapi::api::core::v1::{Pod, ResourceQuota};
use kube::ResourceExt;
use kube::api::{DeleteParams, ListParams, Patch, PatchParams, PostParams};
use serde_json::{Value, json};

use crate::harness::{Operator, client, client_alone, condition, eventually, up};
use crate::node::PlayedNode;

fn attempt(pod: &Pod) -> u32 {
    pod.annotations()["ballsession.dev/attempt"].parse().unwrap()
}

/// Waits for the one client pod that is to be there, of another attempt than `old`.
async fn successor(operator: &Operator, old: &Pod) -> Pod {
    eventually("a successor", async || {
        let pod = operator.wait_pods("harbor", "client", 1).await.remove(0);
        if pod.uid() == old.uid() { Err(pod.name_any()) } else { Ok(pod) }
    })
    .await
}

async fn delete(operator: &Operator, pod: &Pod) {
    operator.api::<Pod>().delete(&pod.name_any(), &DeleteParams::default()).await.unwrap();
}

async fn attempts(operator: &Operator) -> Option<String> {
    operator.api::<BallSession>().get("harbor").await.unwrap().status?.run?.attempts
}

#[tokio::test]
async fn clients_come_when_their_server_has_a_node() {
    let Some((client, _shared)) = client("clients_come_when_their_server_has_a_node").await else { return };
    let operator = Operator::start(&client).await;
    operator.create("harbor", &json!({"clients": 1})).await;
    let pod = operator.wait_pods("harbor", "client", 1).await.remove(0);
    let server = operator.wait_pods("harbor", "server", 1).await.remove(0);
    assert_eq!(server.spec.unwrap().node_name.as_deref(), Some(operator.node.name.as_str()));
    let spec = pod.spec.clone().unwrap();
    assert_eq!(spec.restart_policy.as_deref(), Some("Never"));
    let owner = pod.owner_references()[0].clone();
    let session = operator.api::<BallSession>().get("harbor").await.unwrap();
    assert_eq!((owner.kind.as_str(), Some(owner.uid.clone())), ("BallSession", session.uid()));
    assert_eq!(pod.labels().get("ballsession.dev/session-uid"), Some(&owner.uid));
    // The attempt was stored in a write of its own, before.
    let writes = operator.writes();
    let create =
        writes.iter().position(|write| write.starts_with("POST") && write.ends_with("/pods")).unwrap();
    let stored = writes.iter().position(|write| write.ends_with("/ballsessions/harbor/status")).unwrap();
    assert!(stored < create, "{writes:?}");
    assert_eq!(attempts(&operator).await.as_deref(), Some("0:1"));
    operator.finish().await;
}

/// O1: the seventh came after ten minutes.
#[tokio::test]
async fn a_client_that_is_evicted_or_deleted_is_back_at_once() {
    let Some((client, _shared)) = client("a_client_that_is_evicted_or_deleted_is_back_at_once").await else {
        return;
    };
    let operator = Operator::start(&client).await;
    operator.create("harbor", &json!({"clients": 1})).await;
    let first = operator.wait_pods("harbor", "client", 1).await.remove(0);
    operator
        .set_pod(&first, &json!({"phase": "Failed", "reason": "Evicted", "message": "low on memory"}))
        .await;
    let second = successor(&operator, &first).await;
    delete(&operator, &second).await;
    let third = successor(&operator, &second).await;
    assert_eq!([&first, &second, &third].map(attempt), [1, 2, 3]);
    assert_eq!(attempts(&operator).await.as_deref(), Some("0:3"));
    // The log of the one that failed is still there, and the next failure takes its place.
    operator.api::<Pod>().get(&first.name_any()).await.unwrap();
    operator.set_pod(&third, &json!({"phase": "Failed"})).await;
    successor(&operator, &third).await;
    operator.wait_gone::<Pod>(&first.name_any(), None).await;
    operator.api::<Pod>().get(&third.name_any()).await.unwrap();
    operator.finish().await;
}

/// O2: it was never replaced.
#[tokio::test]
async fn a_client_whose_node_is_not_ready_is_replaced() {
    // How many nodes are ready counts, whosever they are.
    let Some((client, _alone)) = client_alone("a_client_whose_node_is_not_ready_is_replaced").await else {
        return;
    };
    let operator = Operator::start(&client).await;
    let name = format!("{}-far", operator.namespace.name);
    let far = PlayedNode::start(&client, &name, &operator.namespace.name, false).await;
    operator.create("harbor", &json!({"clients": 1})).await;
    let first = operator.wait_pods("harbor", "client", 1).await.remove(0);
    far.take(&first).await;
    operator.set_pod(&first, &up()).await;
    operator.wait_for_quiet().await;

    let since = std::time::Instant::now();
    far.hold(&first);
    far.set_ready(false).await;
    let second = successor(&operator, &first).await;
    let lasted = since.elapsed();
    assert!((30..45).contains(&lasted.as_secs()), "{lasted:?}");
    assert_eq!(attempt(&second), 2);
    // The old one stays on its way out, and is no obstacle.
    let old = operator.api::<Pod>().get(&first.name_any()).await.unwrap();
    assert!(old.metadata.deletion_timestamp.is_some());
    operator.wait_for_quiet().await;
    operator
        .reconcile_again_without_writes(&operator.api::<BallSession>().get("harbor").await.unwrap())
        .await;
    far.finish().await;
    operator.finish().await;
}

#[tokio::test]
async fn a_pod_on_its_way_out_is_waited_for() {
    let Some((client, _shared)) = client("a_pod_on_its_way_out_is_waited_for").await else { return };
    let operator = Operator::start(&client).await;
    operator.create("harbor", &json!({"clients": 1})).await;
    let first = operator.wait_pods("harbor", "client", 1).await.remove(0);
    operator.node.take(&first).await;
    operator.node.hold(&first);
    delete(&operator, &first).await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    operator.wait_pods("harbor", "client", 0).await;
    operator.set_pod(&first, &json!({"phase": "Failed"})).await;
    let second = operator.wait_pods("harbor", "client", 1).await.remove(0);
    assert_eq!(attempt(&second), 2);
    operator.finish().await;
}

/// A process that ended between the write of the attempt and the create, and a call of it that came late.
#[tokio::test]
async fn an_attempt_that_was_stored_is_made_under_its_name_and_once() {
    let Some((client, _shared)) = client("an_attempt_that_was_stored_is_made_under_its_name_and_once").await
    else {
        return;
    };
    let operator = Operator::start(&client).await;
    operator.create("harbor", &json!({"clients": 1})).await;
    let first = operator.wait_pods("harbor", "client", 1).await.remove(0);
    let operator = operator.restart_after(async |operator| delete(operator, &first).await).await;
    let again = operator.wait_pods("harbor", "client", 1).await.remove(0);
    assert_eq!((again.name_any(), attempt(&again)), (first.name_any(), 1), "as if it had never been created");

    // Now it is stored as the next one, which somebody has created already.
    let stored = json!({"status": {"run": {"attempts": "0:2"}}});
    let name = "harbor-client-0-late";
    let operator = operator
        .restart_after(async |operator| {
            let sessions = operator.api::<BallSession>();
            sessions.patch_status("harbor", &PatchParams::default(), &Patch::Merge(stored)).await.unwrap();
            delete(operator, &again).await;
        })
        .await;
    let second = operator.wait_pods("harbor", "client", 1).await.remove(0);
    assert_eq!(attempt(&second), 2);
    let mut late = second.clone();
    late.metadata = serde_json::from_value(json!({
        "name": name, "labels": second.labels(), "annotations": second.annotations(),
        "ownerReferences": second.owner_references()
    }))
    .unwrap();
    late.annotations_mut().insert("ballsession.dev/attempt".into(), "1".into());
    late.status = None;
    operator.api::<Pod>().create(&PostParams::default(), &late).await.unwrap();
    operator.wait_gone::<Pod>(name, None).await;
    operator.wait_for_quiet().await;
    assert_eq!(operator.wait_pods("harbor", "client", 1).await[0].uid(), second.uid());
    operator.finish().await;
}

#[tokio::test]
async fn a_pod_of_somebody_else_under_the_name_is_left_alone() {
    let Some((client, _shared)) = client("a_pod_of_somebody_else_under_the_name_is_left_alone").await else {
        return;
    };
    let operator = Operator::start(&client).await;
    operator.create("harbor", &json!({"clients": 1})).await;
    let first = operator.wait_pods("harbor", "client", 1).await.remove(0);
    let foreign = json!({"metadata": {"name": first.name_any()}, "spec": {"containers": [{"name": "x", "image": "x:1"}]}});
    let operator = operator
        .restart_after(async |operator| {
            delete(operator, &first).await;
            operator.wait_gone::<Pod>(&first.name_any(), None).await;
            let foreign = serde_json::from_value(foreign).unwrap();
            operator.api::<Pod>().create(&PostParams::default(), &foreign).await.unwrap();
        })
        .await;
    let taken = operator.wait_ready("harbor", "NameTaken").await;
    let message = condition(&taken, "Ready").1;
    assert!(
        message.starts_with(&format!("Pod {} exists and does not belong", first.name_any())),
        "{message}"
    );
    delete(&operator, &first).await;
    operator.wait_ready("harbor", "ServerNotReady").await;
    assert_eq!(operator.wait_pods("harbor", "client", 1).await[0].name_any(), first.name_any());
    operator.finish().await;
}

/// Has there be so much in the namespace and no more.
async fn limit(operator: &Operator, hard: &Value) {
    let quota: ResourceQuota =
        serde_json::from_value(json!({"metadata": {"name": "tight"}, "spec": {"hard": hard}})).unwrap();
    operator.api::<ResourceQuota>().create(&PostParams::default(), &quota).await.unwrap();
    eventually("its count", async || {
        let stored = operator.api::<ResourceQuota>().get("tight").await.map_err(|error| error.to_string())?;
        let counted = stored.status.as_ref().and_then(|status| status.hard.clone());
        counted.ok_or_else(|| format!("{stored:?}"))
    })
    .await;
}

/// More than are made at a time, and none of them can be: it was tried again without any pause.
#[tokio::test]
async fn many_clients_that_are_refused_are_waited_for() {
    let Some((client, _shared)) = client("many_clients_that_are_refused_are_waited_for").await else {
        return;
    };
    let operator = Operator::start(&client).await;
    limit(&operator, &json!({"pods": "1"})).await;
    operator.create("harbor", &json!({"clients": 30})).await;
    operator.wait_ready("harbor", "PodsForbidden").await;
    operator.wait_for_quiet_beside("/pods").await;
    let before = operator.reconciles();
    tokio::time::sleep(Duration::from_secs(4)).await;
    let reconciles = operator.reconciles() - before;
    assert!(reconciles <= 10, "{reconciles} in 4 s");
    operator.finish().await;
}

/// With a quota that just fits a failed pod was kept for its log, and in the way of its replacement.
#[tokio::test]
async fn a_client_that_failed_makes_room_for_its_replacement() {
    let Some((client, _shared)) = client("a_client_that_failed_makes_room_for_its_replacement").await else {
        return;
    };
    let operator = Operator::start(&client).await;
    limit(&operator, &json!({"count/pods": "2"})).await;
    operator.create("harbor", &json!({"clients": 1})).await;
    let first = operator.wait_pods("harbor", "client", 1).await.remove(0);
    operator.set_pod(&first, &json!({"phase": "Failed", "reason": "Error"})).await;
    let second = successor(&operator, &first).await;
    assert_eq!(attempt(&second), 2);
    operator.wait_gone::<Pod>(&first.name_any(), None).await;
    operator.finish().await;
}

/// What is refused is quoted at once, tried again after a pause, and keeps nothing else from going on.
#[tokio::test]
async fn a_pod_that_is_refused_is_quoted_and_tried_again() {
    let Some((client, _shared)) = client("a_pod_that_is_refused_is_quoted_and_tried_again").await else {
        return;
    };
    let operator = Operator::start(&client).await;
    limit(&operator, &json!({"pods": "2"})).await;
    let session = operator.create("harbor", &json!({"clients": 3})).await;
    let forbidden = operator.wait_ready("harbor", "PodsForbidden").await;
    let message = condition(&forbidden, "Ready").1;
    assert!(message.starts_with("the API server does not create Pod harbor-client-"), "{message}");
    assert!(message.contains("exceeded quota: tight"), "{message}");
    // One of them has found room, and the attempts of the others are not counted up.
    operator.wait_pods("harbor", "client", 1).await;
    operator.wait_for_quiet_beside("/pods").await;
    for _ in 0..20 {
        operator.server_reports(&session).await;
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let writes = operator.writes();
    assert!(writes.len() <= 8 && writes.iter().all(|write| write.ends_with("/pods")), "{writes:?}");
    assert_eq!(attempts(&operator).await.as_deref(), Some("0-2:1"));
    operator.api::<ResourceQuota>().delete("tight", &DeleteParams::default()).await.unwrap();
    operator.server_reports(&session).await;
    operator.wait_pods("harbor", "client", 3).await;
    operator.finish().await;
}

/// O14: the scheduler does not move pods that have a node.
#[tokio::test]
async fn a_placement_is_kept_when_the_server_comes_elsewhere() {
    let Some((client, _shared)) = client("a_placement_is_kept_when_the_server_comes_elsewhere").await else {
        return;
    };
    let operator = Operator::start(&client).await;
    let name = format!("{}-far", operator.namespace.name);
    let far = PlayedNode::start(&client, &name, &operator.namespace.name, false).await;
    operator.create("harbor", &json!({"clients": 1, "placement": "SameNode"})).await;
    let first = operator.wait_pods("harbor", "client", 1).await.remove(0);
    // As if the server had been there when it was scheduled.
    far.take(&first).await;
    let second = successor(&operator, &first).await;
    operator.node.take(&second).await;
    operator.wait_for_quiet().await;
    assert_eq!(operator.wait_pods("harbor", "client", 1).await[0].uid(), second.uid());

    operator.change("harbor", &json!({"placement": "CrossNode"})).await;
    let third = successor(&operator, &second).await;
    operator.node.take(&third).await;
    let fourth = successor(&operator, &third).await;
    far.take(&fourth).await;
    operator.wait_for_quiet().await;
    assert_eq!(operator.wait_pods("harbor", "client", 1).await[0].uid(), fourth.uid());
    far.finish().await;
    operator.finish().await;
}

#[tokio::test]
async fn the_first_thing_that_a_process_does_to_pods_is_to_list_them() {
    let Some((client, _shared)) = client("the_first_thing_that_a_process_does_to_pods_is_to_list_them").await
    else {
        return;
    };
    let operator = Operator::start(&client).await;
    operator.create("harbor", &json!({"clients": 3})).await;
    let pods = operator.wait_pods("harbor", "client", 3).await;
    let operator = operator.restart().await;
    operator.wait_for_quiet().await;
    assert_eq!(operator.wait_pods("harbor", "client", 3).await.len(), pods.len());
    let all = operator.api::<Pod>().list(&ListParams::default()).await.unwrap();
    assert_eq!(all.items.len(), 4, "none was made twice");
    operator.finish().await;
}

/// Pods whose session is gone, or that belong to no client any more, are removed.
#[tokio::test]
async fn strays_are_removed_and_what_somebody_made_by_hand_is_not() {
    let Some((client, _shared)) = client("strays_are_removed_and_what_somebody_made_by_hand_is_not").await
    else {
        return;
    };
    let operator = Operator::start(&client).await;
    let session = operator.create("harbor", &json!({"clients": 1})).await;
    operator.wait_pods("harbor", "client", 1).await;
    let pods = operator.api::<Pod>();
    let create = async |name: &str, change: &dyn Fn(&mut Value)| {
        let mut pod = json!({
            "metadata": {"name": name, "labels": {
                "app.kubernetes.io/component": "client", "app.kubernetes.io/instance": "harbor",
                "app.kubernetes.io/name": "ballsession", "app.kubernetes.io/managed-by": "ballsession-operator"
            }},
            "spec": {"containers": [{"name": "client", "image": "c:1"}]}
        });
        change(&mut pod);
        pods.create(&PostParams::default(), &serde_json::from_value(pod).unwrap()).await.unwrap();
    };
    let marked = |uid: String| {
        move |pod: &mut Value| pod["metadata"]["labels"]["ballsession.dev/session-uid"] = json!(uid)
    };
    create("by-hand", &|_| ()).await;
    create("of-a-session-that-is-gone", &marked("gone".into())).await;
    create("disowned", &marked(session.uid().unwrap())).await;
    // O7: `kubectl delete job --cascade=orphan` left it behind.
    create("of-a-job-that-is-gone", &|pod| {
        pod["metadata"]["annotations"] = json!({"batch.kubernetes.io/job-completion-index": "0"});
    })
    .await;
    for stray in ["of-a-session-that-is-gone", "disowned", "of-a-job-that-is-gone"] {
        operator.wait_gone::<Pod>(stray, None).await;
    }
    pods.get("by-hand").await.unwrap();
    operator.finish().await;
}
