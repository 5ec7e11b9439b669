//! The plugin as a process in a namespace of a test's own, and the operator's part.

use std::process::{Output, Stdio};
use std::time::{Duration, Instant};

use cluster::Scratch;
use crds::BallSession;
use k8s_openapi::api::coordination::v1::Lease;
use kube::api::{Api, DynamicObject, Patch, PatchParams, PostParams};
use kube::{Client, CustomResourceExt, ResourceExt};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use tokio::process::{Child, Command};

/// Longer than anything here takes on a machine that does other things too.
const PATIENCE: Duration = Duration::from_secs(60);

/// A namespace, and the API server that it is in.
pub(crate) struct World {
    pub(crate) client: Client,
    pub(crate) namespace: Scratch,
}

/// How a process of the plugin ended.
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl World {
    /// `None` where there is no API server.
    pub(crate) async fn new(test: &str) -> Option<Self> {
        let client = cluster::client(test).await?;
        let namespace = Scratch::create(&client).await;
        Some(Self { client, namespace })
    }

    /// Asks for the end of the namespace.
    pub(crate) async fn finish(self) {
        self.namespace.delete().await;
    }

    pub(crate) fn api<K>(&self) -> Api<K>
    where
        K: kube::Resource<DynamicType = (), Scope = k8s_openapi::NamespaceResourceScope>,
    {
        Api::namespaced(self.client.clone(), &self.namespace.name)
    }

    /// Starts the plugin in the namespace.
    pub(crate) fn start(&self, arguments: &[&str]) -> Child {
        start(&[&["-n", &self.namespace.name], arguments].concat())
    }

    /// Runs the plugin to its end.
    pub(crate) async fn plugin(&self, arguments: &[&str]) -> Ended {
        ended(self.start(arguments)).await
    }

    /// Stores a session as a user writes it.
    pub(crate) async fn create(&self, name: &str, spec: &Value) {
        let api: Api<DynamicObject> =
            Api::namespaced_with(self.client.clone(), &self.namespace.name, &BallSession::api_resource());
        api.create(&PostParams::default(), &cluster::session(name, spec)).await.unwrap();
    }

    /// Waits for a session, which the plugin is about to create.
    pub(crate) async fn created(&self, name: &str) -> BallSession {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(session) = self.api::<BallSession>().get_opt(name).await.unwrap() {
                return session;
            }
            assert!(Instant::now() < deadline, "session {name} is not created");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Whether there is no such session.
    pub(crate) async fn is_gone(&self, name: &str) -> bool {
        let session = self.api::<BallSession>().get_opt(name).await.unwrap();
        session.is_none_or(|session| session.metadata.deletion_timestamp.is_some())
    }

    /// Makes the lease of an operator in the namespace, renewed so long ago.
    pub(crate) async fn lead(&self, holder: &str, age: Duration) {
        let renewed = jiff::Timestamp::now() - age;
        let labels = json!({"app.kubernetes.io/name": "ballsession-operator"});
        let lease = json!({"metadata": {"name": "renamed", "labels": labels}, "spec": {
            "holderIdentity": holder, "leaseDurationSeconds": 15, "renewTime": format!("{renewed:.6}")
        }});
        let lease: Lease = serde_json::from_value(lease).unwrap();
        self.api().create(&PostParams::default(), &lease).await.unwrap();
    }

    /// Writes conditions, as the operator does, and other fields of the status.
    pub(crate) async fn say(&self, name: &str, conditions: &[(&str, &str, &str)], status: &Value) {
        let generation = self.api::<BallSession>().get(name).await.unwrap().metadata.generation;
        let condition = |(kind, is, reason): &(&str, &str, &str)| {
            json!({"type": kind, "status": is, "reason": reason, "message": format!("{reason} in words"),
                   "observedGeneration": generation, "lastTransitionTime": jiff::Timestamp::now()})
        };
        let mut patch = json!({"status": {
            "observedGeneration": generation, "conditions": conditions.iter().map(condition).collect::<Vec<_>>()
        }});
        for (key, value) in status.as_object().into_iter().flatten() {
            patch["status"][key] = value.clone();
        }
        let patched =
            self.api::<BallSession>().patch_status(name, &PatchParams::default(), &Patch::Merge(patch)).await;
        assert_eq!(patched.unwrap().name_any(), name);
    }
}

/// Starts the plugin.
pub(crate) fn start(arguments: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_kubectl-ballsession"))
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap()
}

/// Waits for the end of a process.
pub(crate) async fn ended(child: Child) -> Ended {
    let Output { status, stdout, stderr } =
        tokio::time::timeout(PATIENCE, child.wait_with_output()).await.unwrap().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Ended { code: status.code(), stdout: text(stdout), stderr: text(stderr) }
}

/// Sends SIGINT, as Ctrl-C does.
pub(crate) fn interrupt(child: &Child) {
    let pid = Pid::from_raw(child.id().unwrap().cast_signed()).unwrap();
    kill_process(pid, Signal::INT).unwrap();
}

/// The numbers of a run that is over: with a latency above what sessions allow where they are bad.
pub(crate) fn numbers(are_good: bool) -> Value {
    let latency = if are_good { "3.3" } else { "250" };
    let frames = json!({"sent": 900, "pending": 0, "matched": 899, "estimated": 0, "lost": 1, "late": 0,
                        "undecodable": 0, "undetected": 0});
    json!({
        "display": {"clients": "1/1", "serverNode": "worker-1"},
        "run": {"hash": "abc", "spec": "640x480 at 30 fps for 30s", "startedAt": "2026-01-01T00:00:00Z",
                "measuringSince": "2026-01-01T00:00:03Z", "endedAt": "2026-01-01T00:00:34Z"},
        "measurements": {
            "frames": frames, "lossPercent": "0.111", "undetectedPercent": "0", "deliveredPercent": "99.9",
            "errorPixels": {"mean": "0.006", "p95": "0.0117"}, "latencyMilliseconds": {"p50": "3", "p95": latency},
            "setupMilliseconds": {"p95": "91"}, "freezes": {"count": 0, "longestMilliseconds": "0"}
        },
        "clients": [{"id": "harbor-client-0", "node": "worker-2", "state": "Ended", "frames": frames, "lossPercent": "0.111",
                     "latencyMillisecondsP95": latency, "errorPixelsP95": "0.0117"}]
    })
}

/// The conditions of a run that is over.
pub(crate) fn over(is_met: bool) -> [(&'static str, &'static str, &'static str); 3] {
    let verdict =
        if is_met { ("ObjectivesMet", "True", "Met") } else { ("ObjectivesMet", "False", "LatencyTooHigh") };
    [("Ready", "True", "Completed"), ("Complete", "True", "Finished"), verdict]
}
