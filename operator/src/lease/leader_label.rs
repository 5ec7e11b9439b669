//! The label of the pod whose process holds the lease. The Service for reports selects it, so that posts go to the one
//! that takes them.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use k8s_openapi::api::core::v1::Pod;
use kube::api::{Api, ListParams, Patch, PatchParams};
use kube::{Client, ResourceExt};
use serde_json::json;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use crate::api_error::describe;
use crate::failing::Failing;
use crate::lease::settings::Settings;
use crate::session::labels::LEADER;

/// How often it is looked after: somebody may have changed it by hand.
const EVERY: Duration = Duration::from_secs(10);
/// The pause after a failure: until it is there, no report arrives.
const RETRY: Duration = Duration::from_secs(1);
/// How long all requests of one attempt may take together.
const LIMIT: Duration = Duration::from_secs(5);

/// The label, for the pod of this process. Its value is the name of the lease, so that of two installations in one
/// namespace each has its own.
pub struct LeaderLabel {
    pods: Api<Pod>,
    value: String,
    pod: String,
    /// Why the pod does not have it, once it is to have it.
    obstacle: Mutex<Option<String>>,
    podless: Failing,
}

impl LeaderLabel {
    /// The label of whoever holds the lease of `settings`, for the pod with this name. `client` writes only for that holder.
    pub fn new(client: Client, settings: &Settings, pod: &str) -> Arc<Self> {
        let pods = Api::namespaced(client, &settings.namespace);
        let (value, pod) = (settings.name.clone(), pod.to_owned());
        Arc::new(Self { pods, value, pod, obstacle: Mutex::default(), podless: Failing::default() })
    }

    /// Why no report arrives; `None` while there is no reason for that.
    pub fn missing(&self) -> Option<String> {
        let obstacle = self.obstacle.lock().unwrap_or_else(PoisonError::into_inner).clone();
        obstacle.map(|why| format!("the label {LEADER} of the pod {}: {why}", self.pod))
    }

    /// Has this pod alone carry the label, until `stop`. Only for who holds the lease; `labelled` is called once, when reports
    /// can arrive.
    pub async fn keep(self: Arc<Self>, labelled: impl FnOnce() + Send, stop: CancellationToken) {
        let mut labelled = Some(labelled);
        stop.run_until_cancelled(async {
            loop {
                let obstacle = match timeout(LIMIT, self.move_here()).await {
                    Ok(Ok(())) => None,
                    Ok(Err(error)) => Some(describe(&error)),
                    Err(_) => Some(format!("no answer within {} s", LIMIT.as_secs())),
                };
                let is_there = obstacle.is_none();
                self.record(obstacle);
                if is_there && let Some(labelled) = labelled.take() {
                    labelled();
                }
                sleep(if is_there { EVERY } else { RETRY }).await;
            }
        })
        .await;
    }

    /// Off all others first: a post must not go to one that was before.
    async fn move_here(&self) -> kube::Result<()> {
        let labelled = ListParams::default().labels(&format!("{LEADER}={}", self.value));
        let labelled = self.pods.list_metadata(&labelled).await?;
        let (own, others): (Vec<_>, Vec<_>) =
            labelled.into_iter().map(|pod| pod.name_any()).partition(|pod| *pod == self.pod);
        for other in &others {
            if self.label(other, None).await? {
                tracing::info!(pod = other, "leader label removed");
            }
        }
        let is_there = !own.is_empty() || self.label(&self.pod, Some(&self.value)).await?;
        if !is_there && self.podless.failed() {
            tracing::info!(
                pod = self.pod,
                "this process runs in no pod: reports arrive only where --report-url leads to it"
            );
        }
        Ok(())
    }

    /// Gives a pod the label, or takes it away. Whether there is such a pod.
    async fn label(&self, pod: &str, value: Option<&str>) -> kube::Result<bool> {
        let patch = json!({"metadata": {"labels": {LEADER: value}}});
        match self.pods.patch_metadata(pod, &PatchParams::default(), &Patch::Merge(patch)).await {
            Ok(_) => Ok(true),
            Err(kube::Error::Api(status)) if status.is_not_found() => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Logged when it changes.
    fn record(&self, obstacle: Option<String>) {
        let mut known = self.obstacle.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(why) = obstacle.as_ref().filter(|_| *known != obstacle) {
            tracing::warn!(pod = self.pod, why, "leader label not set: no report arrives");
        }
        *known = obstacle;
    }
}
