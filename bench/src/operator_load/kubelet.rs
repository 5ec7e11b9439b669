//! Plays the kubelets of a cluster in which everything works: whatever pod of a session there is, is ready at once.

use std::collections::HashSet;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use futures_util::StreamExt;
use jiff::Timestamp;
use k8s_openapi::api::core::v1::Pod;
use kube::ResourceExt;
use kube::api::{Api, Patch, PatchParams};
use kube::runtime::{WatchStreamExt, watcher};
use serde_json::{Value, json};
use tokio::sync::{Semaphore, mpsc};

use super::world::AT_ONCE;

/// Between two attempts to make a pod ready, and how many there are.
const AGAIN_AFTER: Duration = Duration::from_secs(1);
const ATTEMPTS: u32 = 60;

/// The pods of sessions.
const OURS: &str = "app.kubernetes.io/managed-by=ballsession-operator";

/// Makes all pods ready that come, and hands them on, until it is dropped.
pub(super) async fn play(pods: Api<Pod>, ready: mpsc::UnboundedSender<Pod>) -> Result<()> {
    let config = watcher::Config::default().labels(OURS);
    let mut events = pin!(watcher(pods.clone(), config).default_backoff().applied_objects());
    let (mut seen, places) = (HashSet::new(), Arc::new(Semaphore::new(AT_ONCE)));
    while let Some(event) = events.next().await {
        // It is tried again.
        let Ok(pod) = event else { continue };
        if pod.metadata.deletion_timestamp.is_some() || !seen.insert(pod.uid().unwrap_or_default()) {
            continue;
        }
        let place = Arc::clone(&places).acquire_owned().await.context("places are never closed")?;
        let (pods, ready) = (pods.clone(), ready.clone());
        let address = u32::try_from(seen.len()).unwrap_or(u32::MAX);
        tokio::spawn(async move {
            let _place = place;
            match make_ready(&pods, &pod, address).await {
                Ok(true) => drop(ready.send(pod)),
                Ok(false) => {}
                Err(error) => eprintln!("pod {} is not made ready: {error}", pod.name_any()),
            }
        });
    }
    Ok(())
}

/// Makes a pod ready: it comes only once, so that whatever fails is tried again. `false` for one that is gone by now.
async fn make_ready(pods: &Api<Pod>, pod: &Pod, address: u32) -> kube::Result<bool> {
    for _ in 1..ATTEMPTS {
        match attempt(pods, pod, address).await {
            Err(_) => tokio::time::sleep(AGAIN_AFTER).await,
            made => return made,
        }
    }
    attempt(pods, pod, address).await
}

async fn attempt(pods: &Api<Pod>, pod: &Pod, address: u32) -> kube::Result<bool> {
    let patch = Patch::Merge(json!({"status": status(pod, address)}));
    match pods.patch_status(&pod.name_any(), &PatchParams::default(), &patch).await {
        Ok(_) => Ok(true),
        Err(kube::Error::Api(refusal)) if refusal.is_not_found() => Ok(false),
        Err(error) => Err(error),
    }
}

/// The status of a pod that works; `number` makes its address.
pub(super) fn status(pod: &Pod, number: u32) -> Value {
    let now = Timestamp::now().round(jiff::Unit::Second).unwrap_or_default();
    let condition = |kind: &str| json!({"type": kind, "status": "True", "lastTransitionTime": now});
    let container = |container: &k8s_openapi::api::core::v1::Container| {
        json!({
            "name": container.name, "image": container.image, "imageID": "sha256:7c2e0b4f", "containerID": "containerd://9f1d",
            "ready": true, "restartCount": 0, "started": true, "state": {"running": {"startedAt": now}}
        })
    };
    let conditions = ["PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled"];
    let containers = pod.spec.iter().flat_map(|spec| &spec.containers);
    let [_, _, third, last] = number.to_be_bytes();
    let ip = format!("10.244.{third}.{last}");
    json!({
        "phase": "Running", "podIP": ip, "podIPs": [{"ip": ip}], "startTime": now, "qosClass": "Burstable",
        "conditions": conditions.map(condition), "containerStatuses": containers.map(container).collect::<Vec<_>>()
    })
}
