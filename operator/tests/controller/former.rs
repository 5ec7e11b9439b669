//! Sessions as the version before left them: its status, its Deployment and its Job, as they stood in that version's own tests.

use ballsession_operator::session::validate;
use crds::BallSession;
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::{Pod, Service};
use kube::ResourceExt;
use kube::api::{ListParams, Patch, PatchParams, PostParams};
use serde_json::{Value, json};

use crate::harness::{Operator, eventually, up};

/// The images of that version.
pub(crate) const SERVER_IMAGE: &str = "registry.example/s:6";
pub(crate) const CLIENT_IMAGE: &str = "registry.example/c:6";

/// Has there be a session that the version before runs, while no operator does anything; with its pods, which work. `job` changes
/// the Job before it is created.
pub(crate) async fn session(
    operator: &Operator,
    name: &str,
    spec: &Value,
    job: impl FnOnce(&mut Value),
) -> (BallSession, Vec<Pod>) {
    let session = operator.create(name, spec).await;
    let valid = validate(&session).unwrap();
    let run = valid.duration.map(|_| valid.run_hash.clone());
    let conditions = json!([
        condition("Ready", "True", "Ready"),
        condition("ObjectivesMet", "True", "Met"),
        condition("Complete", "False", if run.is_some() { "Running" } else { "Unbounded" })
    ]);
    let status = json!({"status": {
        "observedGeneration": 1, "run": {"hash": valid.run_hash}, "conditions": conditions, "readyClients": spec["clients"]
    }});
    let sessions = operator.api::<BallSession>();
    let session = sessions.patch_status(name, &PatchParams::default(), &Patch::Merge(status)).await.unwrap();

    let of = |part: &str| metadata(&session, part);
    let params =
        PostParams { field_manager: Some("ballsession-operator".to_owned()), ..PostParams::default() };
    let service = json!({"metadata": of("server"), "spec": {"type": "ClusterIP", "selector": selector(name, "server"), "ports": [
        {"name": "signaling", "protocol": "TCP", "port": 8080, "targetPort": 8080},
        {"name": "http", "protocol": "TCP", "port": 8081, "targetPort": 8081}
    ]}});
    operator.api::<Service>().create(&params, &object(service)).await.unwrap();
    let account = json!({"metadata": of("workload")});
    operator
        .api::<k8s_openapi::api::core::v1::ServiceAccount>()
        .create(&params, &object(account))
        .await
        .unwrap();
    let server = json!({"metadata": of("server"), "spec": {
        "replicas": 1, "revisionHistoryLimit": 0, "strategy": {"type": "Recreate"},
        "selector": {"matchLabels": selector(name, "server")},
        "template": template(&session, "server", SERVER_IMAGE, "Always", Some(&valid.run_hash), &[
            "--listen", "0.0.0.0:8080", "--width", "640", "--height", "480", "--fps", "30", "--bitrate-kbps", "1000",
            "--radius", "20", "--speed", "270", "--window", "60s"
        ])
    }});
    operator.api::<Deployment>().create(&params, &object(server)).await.unwrap();
    let (dial, id) = (format!("{name}-server:8080"), format!("{name}-client-$(JOB_COMPLETION_INDEX)"));
    let mut clients = json!({"metadata": of("client"), "spec": {
        "completionMode": "Indexed", "parallelism": spec["clients"], "completions": spec["clients"], "suspend": false,
        "backoffLimit": 2_147_483_647, "podReplacementPolicy": "Failed",
        "template": template(&session, "client", CLIENT_IMAGE, "OnFailure", run.as_deref(), &[
            "--server", &dial, "--id", &id, "--reconnect"
        ])
    }});
    job(&mut clients);
    operator.api::<Job>().create(&params, &object(clients)).await.unwrap();
    let count = usize::try_from(valid.spec.clients).unwrap();
    let pods = operator
        .wait_pods(name, "server", 1)
        .await
        .into_iter()
        .chain(operator.wait_pods(name, "client", count).await);
    let mut clients = Vec::new();
    for pod in pods {
        operator.set_pod(&pod, &up()).await;
        if pod.labels()["app.kubernetes.io/component"] == "client" {
            clients.push(pod);
        }
    }
    clients.sort_by_key(index);
    (session, clients)
}

/// The pods of the clients' Job of a session that are not on their way out, by index.
pub(crate) async fn pods_of_job(operator: &Operator, session: &str) -> Vec<Pod> {
    let params = ListParams::default().labels(&format!("batch.kubernetes.io/job-name={session}-client"));
    let mut pods = operator.api::<Pod>().list(&params).await.unwrap().items;
    pods.retain(|pod| pod.metadata.deletion_timestamp.is_none());
    pods.sort_by_key(index);
    pods
}

/// Lets a client of a Job do what it was to do, and waits until the Job says so.
pub(crate) async fn finish(operator: &Operator, pod: &Pod, completed: &str) {
    operator.set_pod(pod, &json!({"phase": "Succeeded"})).await;
    let (job, jobs) =
        (format!("{}-client", pod.labels()["app.kubernetes.io/instance"]), operator.api::<Job>());
    eventually("the end of a client", async || {
        let status = jobs.get(&job).await.unwrap().status.unwrap_or_default();
        if status.completed_indexes.as_deref() == Some(completed) { Ok(()) } else { Err(status) }
    })
    .await;
}

/// Which client a pod of a Job is.
pub(crate) fn index(pod: &Pod) -> Option<String> {
    pod.annotations().get("batch.kubernetes.io/job-completion-index").cloned()
}

/// A condition of the first generation.
pub(crate) fn condition(kind: &str, status: &str, reason: &str) -> Value {
    json!({"type": kind, "status": status, "reason": reason, "message": "as it was said", "observedGeneration": 1,
           "lastTransitionTime": "2026-01-01T00:00:00Z"})
}

fn object<K: serde::de::DeserializeOwned>(object: Value) -> K {
    serde_json::from_value(object).unwrap()
}

fn selector(session: &str, part: &str) -> Value {
    json!({"app.kubernetes.io/component": part, "app.kubernetes.io/instance": session, "app.kubernetes.io/name": "ballsession"})
}

fn labels(session: &str, part: &str) -> Value {
    let mut labels = selector(session, part);
    labels["app.kubernetes.io/managed-by"] = json!("ballsession-operator");
    labels["app.kubernetes.io/part-of"] = json!("ballsession");
    labels
}

fn metadata(session: &BallSession, part: &str) -> Value {
    let name = session.name_any();
    json!({"name": format!("{name}-{part}"), "labels": labels(&name, part), "ownerReferences": [{
        "apiVersion": "ballsession.dev/v1alpha1", "kind": "BallSession", "name": name, "uid": session.uid(), "controller": true
    }]})
}

fn template(
    session: &BallSession,
    part: &str,
    image: &str,
    restart: &str,
    run: Option<&str>,
    args: &[&str],
) -> Value {
    let name = session.name_any();
    let of_both = [
        "--http",
        "0.0.0.0:8081",
        "--report-url",
        "http://ballsession-operator.tower:8080/v1/reports",
        "--report-token-file",
        "/var/run/secrets/ballsession.dev/token",
    ];
    let args = [args, &of_both[..]].concat();
    let mut metadata = json!({"labels": labels(&name, part)});
    if let Some(run) = run {
        metadata["annotations"] = json!({"ballsession.dev/run": run});
    }
    json!({"metadata": metadata, "spec": {
        "restartPolicy": restart, "serviceAccountName": format!("{name}-workload"), "automountServiceAccountToken": false,
        "enableServiceLinks": false, "terminationGracePeriodSeconds": 10,
        "containers": [{"name": part, "image": image, "args": args}]
    }})
}
