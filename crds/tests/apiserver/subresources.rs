//! Scaling, the status and its writers, and the columns of `kubectl get`.

use ballsession_crds::{BallSession, BallSessionSpec};
use kube::Client;
use kube::api::{Api, Patch, PatchParams, PostParams};
use serde_json::{Value, json};

use cluster::{Scratch, client};

#[tokio::test]
async fn scaling_changes_clients_within_their_range() {
    let Some(client) = client("scaling_changes_clients_within_their_range").await else { return };
    let namespace = Scratch::create(&client).await;
    let sessions = created(&client, &namespace.name).await;
    apply_status(
        &sessions,
        "controller",
        json!({"readyClients": 1, "selector": "app.kubernetes.io/instance=lantern"}),
    )
    .await;

    let scale = |clients: i32| json!({"spec": {"replicas": clients}});
    let params = PatchParams::default();
    let scaled = sessions.patch_scale("lantern", &params, &Patch::Merge(scale(3))).await.unwrap();
    let status = scaled.status.unwrap();
    assert_eq!(scaled.spec.unwrap().replicas, Some(3));
    assert_eq!(
        (status.replicas, status.selector.as_deref()),
        (1, Some("app.kubernetes.io/instance=lantern"))
    );
    assert_eq!(sessions.get("lantern").await.unwrap().spec.clients, 3);

    sessions.patch_scale("lantern", &params, &Patch::Merge(scale(0))).await.unwrap();
    assert_eq!(sessions.get("lantern").await.unwrap().spec.clients, 0);
    let refusal = sessions.patch_scale("lantern", &params, &Patch::Merge(scale(101))).await.unwrap_err();
    assert!(refusal.to_string().contains("spec.clients"), "{refusal}");
    assert_eq!(sessions.get("lantern").await.unwrap().spec.clients, 0);
    namespace.delete().await;
}

#[tokio::test]
async fn two_writers_share_the_status() {
    let Some(client) = client("two_writers_share_the_status").await else { return };
    let namespace = Scratch::create(&client).await;
    let sessions = created(&client, &namespace.name).await;

    let ready = json!({"conditions": [condition("Ready", "False")], "display": {"clients": "1/2", "reason": "MediaBlocked"}});
    apply_status(&sessions, "controller", ready).await;
    let met = json!({"conditions": [condition("ObjectivesMet", "Unknown")], "display": {"loss": "0.00%"}, "errorCount": 1});
    let status = apply_status(&sessions, "reports", met).await.status.unwrap();
    let types: Vec<_> = status.conditions.iter().map(|condition| condition.type_.as_str()).collect();
    assert_eq!(types, ["Ready", "ObjectivesMet"]);
    let display = status.display.unwrap();
    assert_eq!((display.clients.as_deref(), display.loss.as_deref()), (Some("1/2"), Some("0.00%")));

    // What a writer no longer sets goes; what the other one set stays.
    let ready = json!({"conditions": [condition("Ready", "True")], "display": {"clients": "2/2"}});
    let status = apply_status(&sessions, "controller", ready).await.status.unwrap();
    assert_eq!(status.conditions.len(), 2);
    let display = status.display.unwrap();
    assert_eq!((display.reason, display.loss.as_deref()), (None, Some("0.00%")));
    assert_eq!(status.error_count, Some(1));
    namespace.delete().await;
}

#[tokio::test]
async fn the_columns_show_numbers_and_reason() {
    let Some(client) = client("the_columns_show_numbers_and_reason").await else { return };
    let namespace = Scratch::create(&client).await;
    let sessions = created(&client, &namespace.name).await;
    let status = json!({
        "conditions": [condition("Ready", "False"), condition("ObjectivesMet", "True"), condition("Complete", "False")],
        "display": {
            "clients": "1/2", "serverNode": "worker-2", "reason": "MediaBlocked", "message": "no UDP from lantern-client-1",
            "errorP95": "14.2px", "errorMean": "3.1px", "latencyP95": "412ms", "loss": "8.10%",
            "delivered": "91.2%", "freeze": "640ms", "cause": "Network", "path": "ClusterIP 10.96.0.7:8082"
        },
        "measurements": {"frames": {"sent": 600}},
        "errorCount": 37
    });
    apply_status(&sessions, "controller", status).await;

    let request = http::Request::get(format!(
        "/apis/ballsession.dev/v1alpha1/namespaces/{}/ballsessions",
        namespace.name
    ))
    .header("Accept", "application/json;as=Table;g=meta.k8s.io;v=v1")
    .body(Vec::new())
    .unwrap();
    let table: Value = client.request(request).await.unwrap();
    let columns = table["columnDefinitions"].as_array().unwrap();
    let cells = table["rows"][0]["cells"].as_array().unwrap();
    let shown = |wide: bool| -> Vec<String> {
        let columns = columns.iter().zip(cells).filter(|(column, _)| wide || column["priority"] == 0);
        let text = |cell: &Value| cell.as_str().map_or_else(|| cell.to_string(), str::to_owned);
        columns
            .map(|(column, cell)| format!("{}: {}", column["name"].as_str().unwrap(), text(cell)))
            .collect()
    };
    let narrow = [
        "Name: lantern",
        "Ready: False",
        "Met: True",
        "Clients: 1/2",
        "Error P95: 14.2px",
        "Latency P95: 412ms",
        "Loss: 8.10%",
        "Delivered: 91.2%",
        "Errors: 37",
        "Reason: MediaBlocked",
    ];
    let wide = [
        "Freeze: 640ms",
        "Cause: Network",
        "Server Node: worker-2",
        "Path: ClusterIP 10.96.0.7:8082",
        "Mean Error: 3.1px",
        "Frames: 600",
        "Message: no UDP from lantern-client-1",
    ];
    assert_eq!(shown(false)[..10], narrow);
    assert!(shown(false)[10].starts_with("Age: ") && shown(false).len() == 11);
    assert_eq!(shown(true)[11..], wide);
    namespace.delete().await;
}

async fn created(client: &Client, namespace: &str) -> Api<BallSession> {
    let sessions = Api::namespaced(client.clone(), namespace);
    let session = BallSession::new("lantern", BallSessionSpec { clients: 2, ..BallSessionSpec::default() });
    sessions.create(&PostParams::default(), &session).await.unwrap();
    sessions
}

async fn apply_status(sessions: &Api<BallSession>, manager: &str, status: Value) -> BallSession {
    let patch = json!({"apiVersion": "ballsession.dev/v1alpha1", "kind": "BallSession", "status": status});
    sessions
        .patch_status("lantern", &PatchParams::apply(manager).force(), &Patch::Apply(patch))
        .await
        .unwrap()
}

fn condition(kind: &str, status: &str) -> Value {
    json!({
        "type": kind, "status": status, "reason": "Tested", "message": "", "observedGeneration": 1,
        "lastTransitionTime": "2026-01-01T00:00:00Z"
    })
}
