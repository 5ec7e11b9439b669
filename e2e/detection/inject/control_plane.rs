//! The operator, the API server and the cluster's DNS.

use std::time::Duration;

use anyhow::{Result, ensure};
use ballsession_e2e::{OPERATOR_NAMESPACE, PATIENCE, eventually, kubectl};
use tokio::time::sleep;

use crate::ground::Ground;
use crate::inject::processes::{named, signal_named};
use crate::remedy::Remedies;

/// Kills the operator's pod without a warning, after so many seconds.
pub(super) async fn kill_operator(after: u64) -> Result<()> {
    sleep(Duration::from_secs(after)).await;
    let selector = "--selector=app.kubernetes.io/name=ballsession-operator";
    kubectl(&["--namespace", OPERATOR_NAMESPACE, "delete", "pod", selector, "--grace-period=0", "--force"])
        .await?;
    Ok(())
}

/// Stops the process of the API server, which then answers nobody and loses nothing.
pub(super) async fn stop_api_server(ground: &Ground, remedies: &mut Remedies) -> Result<()> {
    remedies.add(named(&ground.control_plane, "kube-apiserver", "CONT")?);
    signal_named(&ground.control_plane, "kube-apiserver", "STOP").await
}

/// Ends all DNS servers of the cluster.
pub(super) async fn stop_dns(remedies: &mut Remedies) -> Result<()> {
    let coredns = ["--namespace", "kube-system", "deployment/coredns"];
    let get = ["get", "-o", "jsonpath={.spec.replicas}"];
    let replicas = kubectl(&[&get[..], &coredns[..]].concat()).await?;
    let back = format!("--replicas={replicas}");
    remedies.add_words(&[&["kubectl", "scale", &back], &coredns[..]].concat());
    kubectl(&[&["scale", "--replicas=0"], &coredns[..]].concat()).await?;
    eventually(PATIENCE, "no DNS server is left", async || {
        let pods = ["get", "pods", "--selector=k8s-app=kube-dns", "-o", "name"];
        let left = kubectl(&[&["--namespace", "kube-system"], &pods[..]].concat()).await?;
        ensure!(left.is_empty(), "{left}");
        Ok(())
    })
    .await
}
