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

/// The operator's pod.
///
/// # Errors
/// Where it does not have exactly one that is ready.
pub async fn operator_pod(client: &Client) -> Result<Pod> {
    let pods: Api<Pod> = Api::namespaced(client.clone(), OPERATOR_NAMESPACE);
    let labelled = ListParams::default().labels("app.kubernetes.io/name=ballsession-operator");
    let mut found = pods.list(&labelled).await?.items;
    let pod = found.pop().context("the operator has no pod: was it installed?")?;
    ensure!(found.is_empty(), "the operator has {} pods", found.len() + 1);
    ensure!(is_ready(&pod), "the operator's pod is not ready");
    Ok(pod)
}
