//! Children appear, stay as they are, follow their session and go with it.

use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::{Pod, Service, ServiceAccount};
use k8s_openapi::api::networking::v1::NetworkPolicy;
use kube::ResourceExt;
use kube::api::{Api, DeleteParams, ListParams, Patch, PatchParams, PostParams};
use serde_json::{Value, json};

use crate::harness::{Operator, client, condition, eventually};

async fn names<K>(api: &Api<K>) -> Vec<String>
where
    K: kube::Resource + Clone + serde::de::DeserializeOwned + std::fmt::Debug,
{
    let labels = "app.kubernetes.io/managed-by=ballsession-operator";
    let mut names: Vec<_> = api
        .list(&ListParams::default().labels(labels))
        .await
        .unwrap()
        .items
        .iter()
        .map(ResourceExt::name_any)
        .collect();
    names.sort();
    names
}

async fn all_children(operator: &Operator) -> Vec<Vec<String>> {
    vec![
        names(&operator.api::<ServiceAccount>()).await,
        names(&operator.api::<Deployment>()).await,
        names(&operator.api::<Service>()).await,
        names(&operator.api::<NetworkPolicy>()).await,
    ]
}

async fn wait_children(operator: &Operator, expected: &[&[&str]]) {
    eventually("the children", async || {
        let found = all_children(operator).await;
        if found == expected { Ok(()) } else { Err(found) }
    })
    .await;
}

#[tokio::test]
async fn a_session_gets_its_children_and_no_others() {
    let Some((client, _shared)) = client("a_session_gets_its_children_and_no_others").await else { return };
    let operator = Operator::start(&client).await;
    operator.create("harbor", &json!({"clients": 2})).await;
    let without_policies: [&[&str]; 4] = [&["harbor-workload"], &["harbor-server"], &["harbor-server"], &[]];
    wait_children(&operator, &without_policies).await;

    operator.change("harbor", &json!({"networkPolicy": "Isolated"})).await;
    let mut with_policies = without_policies;
    with_policies[3] = &["harbor-client", "harbor-server"];
    wait_children(&operator, &with_policies).await;
    operator.change("harbor", &json!({"networkPolicy": "None"})).await;
    wait_children(&operator, &without_policies).await;
    operator.finish().await;
}

#[tokio::test]
async fn a_converged_session_costs_no_writes() {
    let Some((client, _shared)) = client("a_converged_session_costs_no_writes").await else { return };
    let operator = Operator::start(&client).await;
    // With amounts in another form, and fields that the API server fills in or lists by key.
    let pod = json!({
        "resources": {"requests": {"cpu": "0.5", "memory": "65536Ki"}, "limits": {"memory": "1Gi"}},
        "tolerations": [{"key": "media", "operator": "Exists"}],
        "topologySpreadConstraints": [{"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "ScheduleAnyway"}],
        "affinity": {"nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": []}},
        "nodeSelector": {"disk": "ssd"}, "podAnnotations": {"note": "n"}
    });
    let spec = json!({"clients": 2, "networkPolicy": "Isolated", "server": pod, "client": pod});
    let session = operator.create("harbor", &spec).await;
    operator.play_pods("harbor", 2).await;
    operator.wait_ready("harbor", "Ready").await;
    operator.wait_for_quiet().await;

    operator.reconcile_again_without_writes(&session).await;

    // A field that is no longer asked for goes; then all is quiet again.
    operator.change("harbor", &json!({"server": {"nodeSelector": null}})).await;
    operator
        .wait("harbor-server", "no node selector of its own", |found: &Deployment| {
            let selector =
                found.spec.template.spec.as_ref().unwrap().node_selector.clone().unwrap_or_default();
            selector.keys().collect::<Vec<_>>() == ["kubernetes.io/os"]
        })
        .await;
    operator.wait_for_quiet().await;
    operator.reconcile_again_without_writes(&session).await;
    let operator = operator.restart().await;
    operator.reconcile_again_without_writes(&session).await;
    operator.finish().await;
}

#[tokio::test]
async fn parts_go_that_are_not_asked_for_any_more_or_that_somebody_else_added() {
    let test = "parts_go_that_are_not_asked_for_any_more_or_that_somebody_else_added";
    let Some((client, _shared)) = client(test).await else { return };
    let operator = Operator::start(&client).await;
    let server = json!({
        "nodeSelector": {"disk": "ssd", "zone": "a"}, "podLabels": {"team": "media", "tier": "canary"},
        "tolerations": [{"key": "media", "operator": "Exists", "effect": "NoSchedule"}, {"key": "gpu", "operator": "Exists"}]
    });
    let session = operator.create("harbor", &json!({"clients": 1, "server": server})).await;
    let is_placed = |found: &Deployment, disk: &Value, tolerations: &Value, labels: usize| {
        let template = serde_json::to_value(&found.spec.template).unwrap();
        let ours = template["metadata"]["labels"].as_object().unwrap();
        // Two of the operator's own follow.
        let mut tolerations = tolerations.as_array().unwrap().clone();
        tolerations.extend(["not-ready", "unreachable"].map(|taint| {
            let key = format!("node.kubernetes.io/{taint}");
            json!({"key": key, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 30})
        }));
        template["spec"]["nodeSelector"] == *disk
            && template["spec"]["tolerations"] == Value::Array(tolerations)
            && ours.keys().filter(|key| ["team", "tier"].contains(&key.as_str())).count() == labels
    };
    operator
        .wait("harbor-server", "all parts", |found: &Deployment| {
            is_placed(
                found,
                &json!({"disk": "ssd", "zone": "a", "kubernetes.io/os": "linux"}),
                &server["tolerations"],
                2,
            )
        })
        .await;

    let fewer = json!({
        "nodeSelector": {"zone": null}, "podLabels": {"tier": null}, "tolerations": [{"key": "media", "operator": "Exists"}]
    });
    operator.change("harbor", &json!({"server": fewer})).await;
    let is_less = |found: &Deployment| {
        is_placed(found, &json!({"disk": "ssd", "kubernetes.io/os": "linux"}), &fewer["tolerations"], 1)
    };
    operator.wait("harbor-server", "fewer parts", is_less).await;

    let added = json!({"spec": {"template": {"spec": {"nodeSelector": {"rack": "7"}}}}});
    let deployments = operator.api::<Deployment>();
    deployments.patch("harbor-server", &PatchParams::default(), &Patch::Merge(added)).await.unwrap();
    operator.wait("harbor-server", "the parts that are asked for", is_less).await;
    operator.wait_for_quiet().await;
    operator.reconcile_again_without_writes(&session).await;
    operator.finish().await;
}

#[tokio::test]
async fn children_without_a_hash_get_one_and_keep_their_pods() {
    let test = "children_without_a_hash_get_one_and_keep_their_pods";
    let Some((client, _shared)) = client(test).await else { return };
    let operator = Operator::start(&client).await;
    operator.create("harbor", &json!({"clients": 1})).await;
    operator.play_pods("harbor", 1).await;
    operator.wait_ready("harbor", "Ready").await;
    let name_of_hash = "ballsession.dev/applied-hash";
    let deployments = operator.api::<Deployment>();
    let server = deployments.get("harbor-server").await.unwrap();
    let pod = operator.wait_pods("harbor", "server", 1).await.remove(0);

    // As a version of the operator left them that knew no hash.
    let none = Patch::Merge(json!({"metadata": {"annotations": {name_of_hash: null}}}));
    deployments.patch("harbor-server", &PatchParams::default(), &none).await.unwrap();
    let found = operator
        .wait("harbor-server", "a hash", |found: &Deployment| found.annotations().contains_key(name_of_hash))
        .await;
    assert_eq!(found.spec.template, server.spec.template);
    operator.wait_for_quiet().await;
    assert_eq!(operator.wait_pods("harbor", "server", 1).await[0].uid(), pod.uid());
    operator.finish().await;
}

#[tokio::test]
async fn what_is_deleted_or_edited_comes_back() {
    let Some((client, _shared)) = client("what_is_deleted_or_edited_comes_back").await else { return };
    let operator = Operator::start(&client).await;
    operator.create("harbor", &json!({"clients": 1})).await;
    operator.wait_ready("harbor", "ServerNotReady").await;

    let (services, name) = (operator.api::<Service>(), "harbor-server");
    let first = services.get(name).await.unwrap();
    services.delete(name, &DeleteParams::default()).await.unwrap();
    operator.wait(name, "another Service", |found: &Service| found.uid() != first.uid()).await;

    let edit = |patch: Value| Patch::Merge(patch);
    let deployments = operator.api::<Deployment>();
    let params = PatchParams::default();
    deployments.patch(name, &params, &edit(json!({"spec": {"replicas": 3}}))).await.unwrap();
    operator.wait(name, "one replica", |found: &Deployment| found.spec.replicas == Some(1)).await;

    // Without its label it is no longer seen by the watch.
    let unlabelled = json!({"metadata": {"labels": {"app.kubernetes.io/managed-by": null}}});
    deployments.patch(name, &params, &edit(unlabelled)).await.unwrap();
    operator
        .wait(name, "its label", |found: &Deployment| {
            found.labels().contains_key("app.kubernetes.io/managed-by")
        })
        .await;
    operator.finish().await;
}

#[tokio::test]
async fn clients_follow_the_scale_to_none_and_back() {
    let Some((client, _shared)) = client("clients_follow_the_scale_to_none_and_back").await else { return };
    let operator = Operator::start(&client).await;
    operator.create("harbor", &json!({"clients": 1})).await;
    let sessions = operator.api::<crds::BallSession>();
    let first = operator.wait_pods("harbor", "client", 1).await.remove(0);
    for (clients, has_first) in [(4, true), (2, true), (0, false), (2, false)] {
        let patch = Patch::Merge(json!({"spec": {"replicas": clients}}));
        sessions.patch_scale("harbor", &PatchParams::default(), &patch).await.unwrap();
        let pods = operator.wait_pods("harbor", "client", clients).await;
        let indexes: Vec<_> =
            pods.iter().map(|pod| pod.labels()["ballsession.dev/client-index"].clone()).collect();
        assert_eq!(indexes, (0..clients).map(|index| index.to_string()).collect::<Vec<_>>());
        assert_eq!(pods.iter().any(|pod| pod.uid() == first.uid()), has_first);
    }
    // The status follows the pods.
    let scaled = operator
        .wait("harbor", "two clients that are asked for", |session: &crds::BallSession| {
            let display = session.status.as_ref().and_then(|status| status.display.as_ref());
            display.and_then(|display| display.clients.as_deref()) == Some("0/2")
        })
        .await;
    assert_eq!(condition(&scaled, "Ready").0, "ServerNotReady");
    operator.finish().await;
}

#[tokio::test]
async fn suspending_removes_pods_and_resuming_brings_them_back() {
    let Some((client, _shared)) = client("suspending_removes_pods_and_resuming_brings_them_back").await
    else {
        return;
    };
    let operator = Operator::start(&client).await;
    operator.create("harbor", &json!({"clients": 2})).await;
    let first = operator.wait_pods("harbor", "client", 2).await;

    operator.change("harbor", &json!({"suspend": true})).await;
    operator.wait_pods("harbor", "client", 0).await;
    operator.wait_pods("harbor", "server", 0).await;
    let suspended = operator.wait_ready("harbor", "Suspended").await;
    assert_eq!(suspended.status.unwrap().display.unwrap().reason.as_deref(), Some("Suspended"));

    operator.change("harbor", &json!({"suspend": false})).await;
    let second = operator.wait_pods("harbor", "client", 2).await;
    operator.wait_pods("harbor", "server", 1).await;
    let attempts = |pods: &[Pod]| -> Vec<_> {
        pods.iter().map(|pod| pod.annotations()["ballsession.dev/attempt"].clone()).collect()
    };
    assert_eq!((attempts(&first), attempts(&second)), (vec!["1".to_owned(); 2], vec!["2".to_owned(); 2]));
    operator.finish().await;
}

#[tokio::test]
async fn what_pods_cannot_follow_makes_other_pods() {
    let Some((client, _shared)) = client("what_pods_cannot_follow_makes_other_pods").await else { return };
    let operator = Operator::start(&client).await;
    operator.create("harbor", &json!({"clients": 1, "duration": "5m"})).await;
    let first = operator.wait_pods("harbor", "client", 1).await.remove(0);
    operator.change("harbor", &json!({"video": {"width": 320}})).await;
    operator.wait_gone::<Pod>(&first.name_any(), first.uid().as_deref()).await;
    let second = operator.wait_pods("harbor", "client", 1).await.remove(0);
    assert_ne!(second.annotations()["ballsession.dev/run"], first.annotations()["ballsession.dev/run"]);

    // Where a run has no end, clients connect to its next server.
    operator.change("harbor", &json!({"duration": null})).await;
    operator.wait_gone::<Pod>(&second.name_any(), second.uid().as_deref()).await;
    let third = operator.wait_pods("harbor", "client", 1).await.remove(0);
    operator.change("harbor", &json!({"video": {"width": 640}})).await;
    operator.wait_for_quiet().await;
    assert_eq!(operator.wait_pods("harbor", "client", 1).await[0].uid(), third.uid());
    operator.finish().await;
}

#[tokio::test]
async fn an_object_of_somebody_else_is_left_alone() {
    let Some((client, _shared)) = client("an_object_of_somebody_else_is_left_alone").await else { return };
    let operator = Operator::start(&client).await;
    let foreign: Service = serde_json::from_value(json!({
        "metadata": {"name": "harbor-server"}, "spec": {"ports": [{"port": 80}], "selector": {"app": "theirs"}}
    }))
    .unwrap();
    let services = operator.api::<Service>();
    let foreign = services.create(&PostParams::default(), &foreign).await.unwrap();
    operator.create("harbor", &json!({"clients": 1})).await;

    let session = operator.wait_ready("harbor", "NameTaken").await;
    assert_eq!(
        condition(&session, "Ready").1,
        "Service harbor-server exists and does not belong to this session: delete it, or give the session another name"
    );
    assert_eq!(services.get("harbor-server").await.unwrap(), foreign);

    services.delete("harbor-server", &DeleteParams::default()).await.unwrap();
    operator.wait_ready("harbor", "ServerNotReady").await;
    assert_ne!(services.get("harbor-server").await.unwrap().uid(), foreign.uid());
    operator.finish().await;
}

#[tokio::test]
async fn everything_goes_with_the_session() {
    let Some((client, _shared)) = client("everything_goes_with_the_session").await else { return };
    let operator = Operator::start(&client).await;
    operator.create("harbor", &json!({"clients": 1, "networkPolicy": "Isolated"})).await;
    operator.wait_pods("harbor", "client", 1).await;
    let sessions = operator.api::<crds::BallSession>();
    sessions.delete("harbor", &DeleteParams::foreground()).await.unwrap();
    wait_children(&operator, &[&[], &[], &[], &[]]).await;
    operator.wait_gone::<crds::BallSession>("harbor", None).await;
    operator.finish().await;
}
