//! Nodes that a test plays: they take the pods that they are given, end those that are to end, and stop to be ready when the
//! test says so.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use k8s_openapi::api::coordination::v1::Lease;
use k8s_openapi::api::core::v1::{Binding, Node, Pod};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::MicroTime;
use kube::api::{Api, DeleteParams, ListParams, Patch, PatchParams, PostParams};
use kube::{Client, ResourceExt};
use serde_json::json;
use tokio::task::JoinHandle;

/// How often a node looks at its pods.
const STEP: Duration = Duration::from_millis(100);

/// How often a node renews its lease, as kubelets do.
const RENEWAL: Duration = Duration::from_secs(10);

/// A node.
pub(crate) struct PlayedNode {
    pub(crate) name: String,
    client: Client,
    /// The names of pods that do not end although they are to.
    held: Arc<Mutex<BTreeSet<String>>>,
    takes_servers: Arc<AtomicBool>,
    task: JoinHandle<()>,
}

impl PlayedNode {
    /// A ready node, to which no scheduler brings anything. With `takes_servers` it takes the servers of `namespace`, as the scheduler would decide.
    pub(crate) async fn start(client: &Client, name: &str, namespace: &str, takes_servers: bool) -> Self {
        let node = json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": name}, "spec": {"taints": [{"key": "ballsession.dev/played", "effect": "NoSchedule"}]}});
        let nodes: Api<Node> = Api::all(client.clone());
        nodes.patch(name, &PatchParams::apply("tests"), &Patch::Apply(node)).await.unwrap();
        let held: Arc<Mutex<BTreeSet<String>>> = Arc::default();
        let takes_servers = Arc::new(AtomicBool::new(takes_servers));
        let task = {
            let (client, name, namespace) = (client.clone(), name.to_owned(), namespace.to_owned());
            let (held, takes_servers) = (Arc::clone(&held), Arc::clone(&takes_servers));
            async move {
                let pods: Api<Pod> = Api::namespaced(client.clone(), &namespace);
                let mut renewed: Option<Instant> = None;
                loop {
                    // Without its lease, Kubernetes would find it lost. By time: steps are long on a busy machine.
                    if renewed.is_none_or(|at| at.elapsed() >= RENEWAL) {
                        renew(&client, &name).await;
                        renewed = Some(Instant::now());
                    }
                    play(&pods, &name, takes_servers.load(Ordering::Relaxed), &held).await;
                    tokio::time::sleep(STEP).await;
                }
            }
        };
        let task = tokio::spawn(task);
        let node = Self { name: name.to_owned(), client: client.clone(), held, takes_servers, task };
        node.set_ready(true).await;
        node
    }

    /// Whether its Ready is True.
    pub(crate) async fn set_ready(&self, is_ready: bool) {
        let nodes: Api<Node> = Api::all(self.client.clone());
        let status = if is_ready { "True" } else { "False" };
        let patch =
            json!({"status": {"conditions": [{"type": "Ready", "status": status, "reason": "Tested"}]}});
        let params = PatchParams::default();
        nodes.patch_status(&self.name, &params, &Patch::Strategic(patch)).await.unwrap();
    }

    /// Changes it as an administrator does.
    pub(crate) async fn change(&self, change: &serde_json::Value) {
        let nodes: Api<Node> = Api::all(self.client.clone());
        nodes.patch(&self.name, &PatchParams::default(), &Patch::Merge(change)).await.unwrap();
    }

    /// Takes it out of the list of nodes. It still ends pods.
    pub(crate) async fn remove(&self) {
        let nodes: Api<Node> = Api::all(self.client.clone());
        nodes.delete(&self.name, &DeleteParams::default()).await.unwrap();
    }

    /// A pod does not end although it is to, as on a node that is gone.
    pub(crate) fn hold(&self, pod: &Pod) {
        self.held.lock().unwrap().insert(pod.name_any());
    }

    /// No server comes to it any more by itself.
    pub(crate) fn take_no_servers(&self) {
        self.takes_servers.store(false, Ordering::Relaxed);
    }

    /// Takes a pod.
    pub(crate) async fn take(&self, pod: &Pod) {
        let pods: Api<Pod> = Api::namespaced(self.client.clone(), &pod.namespace().unwrap());
        bind(&pods, &pod.name_any(), &self.name).await.unwrap();
    }

    /// Takes it out of the cluster.
    pub(crate) async fn finish(self) {
        self.task.abort();
        let nodes: Api<Node> = Api::all(self.client.clone());
        nodes.delete(&self.name, &DeleteParams::default()).await.unwrap();
    }
}

impl Drop for PlayedNode {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn renew(client: &Client, name: &str) {
    let now = MicroTime(jiff::Timestamp::now());
    let lease = json!({
        "apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": name},
        "spec": {"holderIdentity": name, "leaseDurationSeconds": 40, "renewTime": now}
    });
    let leases: Api<Lease> = Api::namespaced(client.clone(), "kube-node-lease");
    // The namespace may be about to come.
    let _ = leases.patch(name, &PatchParams::apply("tests").force(), &Patch::Apply(lease)).await;
}

async fn play(pods: &Api<Pod>, node: &str, takes_servers: bool, held: &Mutex<BTreeSet<String>>) {
    let Ok(all) = pods.list(&ListParams::default()).await else { return };
    for pod in all {
        let (name, at) = (pod.name_any(), pod.spec.as_ref().and_then(|spec| spec.node_name.as_deref()));
        let is_server =
            pod.labels().get("app.kubernetes.io/component").is_some_and(|component| component == "server");
        // Whatever becomes of it, the next step sees what there is.
        if at.is_none() && is_server && takes_servers {
            let _ = bind(pods, &name, node).await;
        }
        let is_held = held.lock().unwrap().contains(&name);
        if at == Some(node) && pod.metadata.deletion_timestamp.is_some() && !is_held {
            let _ = pods.delete(&name, &DeleteParams::default().grace_period(0)).await;
        }
    }
}

async fn bind(pods: &Api<Pod>, pod: &str, node: &str) -> kube::Result<()> {
    let binding: Binding = serde_json::from_value(json!({
        "metadata": {"name": pod}, "target": {"apiVersion": "v1", "kind": "Node", "name": node}
    }))
    .unwrap();
    let params = PostParams::default();
    pods.create_subresource::<_, serde_json::Value>("binding", pod, &params, &binding).await.map(drop)
}
