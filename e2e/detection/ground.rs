//! The cluster that faults are injected into.

use anyhow::{Context, Result, ensure};
use ballsession_e2e::{OPERATOR_NAMESPACE, kubectl, leading_pod, worker_nodes};
use k8s_openapi::api::core::v1::Node;
use kube::Client;
use kube::api::{Api, ListParams};
use serde_json::{Value, json};

use crate::fault::Place;
use crate::remedy::Remedies;

/// What all sessions need: DNS, and the operator.
const SHARED: [(&str, &str); 2] = [("kube-system", "coredns"), (OPERATOR_NAMESPACE, "ballsession-operator")];

/// Its nodes, by what they are for.
#[derive(Debug, Clone)]
pub(crate) struct Ground {
    /// All of them.
    pub(crate) nodes: Vec<String>,
    /// The one that runs the API server.
    pub(crate) control_plane: String,
    /// One that sessions run on,
    home: String,
    /// and another.
    away: String,
}

impl Ground {
    /// Looks at the cluster's nodes.
    pub(crate) async fn of(client: &Client) -> Result<Self> {
        let workers = worker_nodes(client).await?;
        let listed = Api::<Node>::all(client.clone()).list(&ListParams::default()).await?.items;
        let nodes: Vec<_> = listed.into_iter().filter_map(|node| node.metadata.name).collect();
        let [home, away, ..] = &workers[..] else {
            anyhow::bail!("faults need two nodes that take pods, there are {workers:?}");
        };
        let control_plane = nodes.iter().find(|node| !workers.contains(node));
        let control_plane =
            control_plane.context("faults need a control plane on a node of its own")?.clone();
        Ok(Self { control_plane, home: home.clone(), away: away.clone(), nodes })
    }

    /// The name of a node.
    pub(crate) fn node(&self, place: Place) -> &str {
        match place {
            Place::Home => &self.home,
            Place::Away => &self.away,
        }
    }

    /// Has operator and DNS run on the control plane's node, where no fault of a node befalls them.
    pub(crate) async fn move_aside(&self, remedies: &mut Remedies) -> Result<()> {
        for (namespace, deployment) in SHARED {
            let of = ["--namespace", namespace];
            let name = format!("deployment/{deployment}");
            let tolerations = kubectl(
                &[&of[..], &["get", &name, "-o", "jsonpath={.spec.template.spec.tolerations}"]].concat(),
            )
            .await?;
            let tolerations: Value = serde_json::from_str(&tolerations).unwrap_or_default();
            let patch = |hostname: Value, tolerations: Value| {
                let pod =
                    json!({"nodeSelector": {"kubernetes.io/hostname": hostname}, "tolerations": tolerations});
                json!({"spec": {"template": {"spec": pod}}}).to_string()
            };
            let patched = [&of[..], &["patch", &name, "--type=merge", "--patch"]].concat();
            let back = patch(Value::Null, tolerations);
            remedies.add_words(&[&["kubectl"], &patched[..], &[&back]].concat());
            let there = patch(json!(self.control_plane), json!([{"operator": "Exists"}]));
            kubectl(&[&patched[..], &[&there]].concat()).await?;
            kubectl(&[&of[..], &["rollout", "status", &name, "--timeout=100s"]].concat()).await?;
        }
        Ok(())
    }

    /// Whether nothing is left of any fault: all nodes are ready, and DNS and operator are there.
    pub(crate) async fn is_whole(&self, client: &Client) -> Result<()> {
        for node in Api::<Node>::all(client.clone()).list(&ListParams::default()).await?.items {
            ensure!(is_ready(&node), "node {} is not ready", node.metadata.name.unwrap_or_default());
        }
        for (namespace, deployment) in SHARED {
            let available = ["get", "deployment", deployment, "-o", "jsonpath={.status.availableReplicas}"];
            let available = kubectl(&[&["--namespace", namespace], &available[..]].concat()).await?;
            ensure!(available.parse::<u32>().is_ok_and(|count| count > 0), "{deployment} is not available");
        }
        leading_pod(client).await?;
        Ok(())
    }
}

/// Whether the cluster takes the node for ready.
pub(crate) fn is_ready(node: &Node) -> bool {
    let conditions = node.status.iter().flat_map(|status| status.conditions.iter().flatten());
    conditions.into_iter().any(|condition| condition.type_ == "Ready" && condition.status == "True")
}
