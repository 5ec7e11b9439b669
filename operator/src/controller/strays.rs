//! Deletes pods of clients that belong to nobody any more, a few at a time: only while this operator leads, after the watches'
//! first answers, and after asking the API server itself.

use std::sync::Arc;
use std::time::Duration;

use crds::BallSession;
use k8s_openapi::api::core::v1::Pod;
use kube::ResourceExt;
use kube::api::{Api, DeleteParams, Preconditions};
use kube::runtime::reflector::ObjectRef;
use tokio::time::{MissedTickBehavior, interval, timeout};
use tokio_util::sync::CancellationToken;

use crate::api_error::describe;
use crate::clients::{Suspect, suspect};
use crate::controller::context::Controller;

/// How often pods are gone through.
const EVERY: Duration = Duration::from_secs(5);

/// Pods that are deleted at most each time.
const MOST: usize = 5;

/// How long the calls about one pod may take.
const LIMIT: Duration = Duration::from_secs(10);

/// Deletes strays until `stop`.
pub(super) async fn delete_strays(controller: &Controller, stop: CancellationToken) {
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while stop.run_until_cancelled(ticks.tick()).await.is_some() {
        for (pod, suspect) in suspects(controller).into_iter().take(MOST) {
            match timeout(LIMIT, delete(controller, &pod, &suspect)).await {
                Ok(Ok(false)) => {}
                Ok(Ok(true)) => {
                    tracing::info!(pod = %pod.name_any(), session = %suspect.session, "stray pod deleted");
                }
                Ok(Err(error)) => {
                    tracing::warn!(pod = %pod.name_any(), error = %describe(&error), "stray pod stays");
                }
                Err(_) => {
                    tracing::warn!(pod = %pod.name_any(), "stray pod stays: the API server did not answer");
                }
            }
        }
    }
}

/// The pods that belong to nobody, as far as the watches know.
fn suspects(controller: &Controller) -> Vec<(Arc<Pod>, Suspect)> {
    let stores = &controller.watches.stores;
    let found = |pod: Arc<Pod>| {
        let namespace = pod.namespace()?;
        let is_session = |name: &str, uid: &str| {
            let session = stores.sessions.get(&ObjectRef::new(name).within(&namespace));
            session.is_some_and(|session| session.uid().as_deref() == Some(uid))
        };
        let suspect = suspect(&pod, is_session)?;
        Some((pod, suspect))
    };
    stores.pods.state().into_iter().filter_map(found).collect()
}

/// Deletes a pod, if the API server itself says that it belongs to nobody.
async fn delete(controller: &Controller, pod: &Pod, suspect: &Suspect) -> kube::Result<bool> {
    let Some(namespace) = pod.namespace() else { return Ok(false) };
    if let Some(uid) = &suspect.session_uid {
        let sessions: Api<BallSession> = Api::namespaced(controller.client.clone(), &namespace);
        let live = sessions.get_metadata_opt(&suspect.session).await?;
        if live.is_some_and(|live| live.metadata.uid.as_ref() == Some(uid)) {
            return Ok(false);
        }
    }
    let pods: Api<Pod> = Api::namespaced(controller.client.clone(), &namespace);
    // Whoever took it in meanwhile changed it.
    let Some(live) = pods.get_metadata_opt(&pod.name_any()).await? else { return Ok(false) };
    let is_taken = live.owner_references().iter().any(|owner| owner.controller == Some(true));
    if live.uid() != pod.uid() || is_taken || live.metadata.deletion_timestamp.is_some() {
        return Ok(false);
    }
    let only_this = Preconditions { uid: live.uid(), resource_version: live.resource_version() };
    match pods.delete(&pod.name_any(), &DeleteParams::default().preconditions(only_this)).await {
        Ok(_) => {
            controller.metrics.child_written("Pod");
            Ok(true)
        }
        Err(kube::Error::Api(status)) if status.is_not_found() || status.is_conflict() => Ok(false),
        Err(error) => Err(error),
    }
}
