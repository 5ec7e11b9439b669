//! The operator, the API server and the cluster's DNS.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use ballsession_e2e::{OPERATOR_NAMESPACE, PATIENCE, eventually, kubectl};
use k8s_openapi::api::core::v1::Pod;
use k8s_openapi::jiff::Timestamp;
use tokio::time::sleep;

use crate::ground::Ground;
use crate::inject::processes::{named, signal_named};
use crate::remedy::Remedies;
use crate::scene::Scene;

/// Kills the operator's pod so many seconds after the last client became ready.
pub(super) async fn kill_operator_later(scenes: &[Scene], seconds: u64) -> Result<()> {
    let mut ready = Vec::new();
    for scene in scenes {
        ready.extend(scene.clients().await?.iter().filter_map(ready_since));
    }
    let last = ready.into_iter().max().context("no client is ready")?;
    let left = Duration::from_secs(seconds).checked_sub(Timestamp::now().duration_since(last).unsigned_abs());
    sleep(left.context("the clients have been ready for longer than that")?).await;
    kill_operator().await
}

fn ready_since(pod: &Pod) -> Option<Timestamp> {
    let conditions = pod.status.iter().flat_map(|status| status.conditions.iter().flatten());
    let ready = conditions.into_iter().find(|condition| condition.type_ == "Ready")?;
    ready.last_transition_time.as_ref().map(|time| time.0)
}

/// Kills all the operator's pods without a warning.
pub(super) async fn kill_operator() -> Result<()> {
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
