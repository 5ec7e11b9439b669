//! What was installed, and from where.

use anyhow::{Context, Result, ensure};
use k8s_openapi::api::core::v1::Pod;
use kube::Client;
use kube::api::{Api, ListParams};

use crate::pods::is_ready;

/// The namespace that the operator is installed into.
pub const OPERATOR_NAMESPACE: &str = "ballsession-system";
/// The file that `make install` applies.
pub const INSTALL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../deploy/dist/install.yaml");
/// The folder of the sessions that users begin with.
pub const SAMPLES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../deploy/samples");

/// The operator's pods.
///
/// # Errors
/// Where it has none.
pub async fn operator_pods(client: &Client) -> Result<Vec<Pod>> {
    let pods: Api<Pod> = Api::namespaced(client.clone(), OPERATOR_NAMESPACE);
    let labelled = ListParams::default().labels("app.kubernetes.io/name=ballsession-operator");
    let found = pods.list(&labelled).await?.items;
    ensure!(!found.is_empty(), "the operator has no pod: was it installed?");
    Ok(found)
}

/// The one of them that leads.
///
/// # Errors
/// Where there is not exactly one that is ready.
pub async fn leading_pod(client: &Client) -> Result<Pod> {
    let mut leading = operator_pods(client).await?;
    leading.retain(leads);
    let pod = leading.pop().context("none of the operator's pods leads")?;
    ensure!(leading.is_empty(), "{} of the operator's pods lead", leading.len() + 1);
    ensure!(is_ready(&pod), "the operator's pod that leads is not ready");
    Ok(pod)
}

/// Whether reports are to go to this pod.
pub fn leads(pod: &Pod) -> bool {
    pod.metadata.labels.iter().flatten().any(|(label, _)| label == "ballsession.dev/leader")
}
