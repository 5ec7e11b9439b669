//! Deletes pods of clients that belong to nobody any more, a few at a time: only while this operator leads, after the watches'
//! first answers, and after asking the API server itself.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crds::BallSession;
use k8s_openapi::api::core::v1::Pod;
use kube::api::{Api, DeleteParams, Preconditions};
use kube::runtime::reflector::ObjectRef;
use kube::{Resource, ResourceExt};
use tokio::time::{MissedTickBehavior, interval, timeout};
use tokio_util::sync::CancellationToken;

use crate::clients::{Suspect, is_on_its_own, suspect};
use crate::controller::apply::{Error, Refusals};
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
    let mut refusals = Refusals::default();
    while stop.run_until_cancelled(ticks.tick()).await.is_some() {
        for (pod, suspect) in due(suspects(controller), &mut refusals, Instant::now()) {
            let (name, key) = (pod.name_any(), key(&pod));
            let error = match timeout(LIMIT, delete(controller, &pod, &suspect)).await {
                Ok(Ok(is_deleted)) => {
                    if is_deleted {
                        tracing::info!(pod = %name, session = %suspect.session, "stray pod deleted");
                    }
                    refusals.done(&key);
                    continue;
                }
                Ok(Err(source)) => Error::of("delete", "Pod".to_owned(), name, &source),
                Err(_) => {
                    let message = format!("no answer within {} s", LIMIT.as_secs());
                    Error::Refused { verb: "delete", kind: "Pod".to_owned(), name, message }
                }
            };
            // Said once: it is tried again and again.
            if refusals.times(&key) == 0 {
                tracing::warn!(%error, "stray pod stays");
            } else {
                tracing::debug!(%error, "stray pod still stays");
            }
            refusals.refused(&key, String::new(), error, controller.retry, Instant::now(), fastrand::f64());
        }
    }
}

/// Those whose turn it is: of what was refused nothing before its time, and first what was refused least often.
fn due(
    mut suspects: Vec<(Arc<Pod>, Suspect)>,
    refusals: &mut Refusals,
    now: Instant,
) -> Vec<(Arc<Pod>, Suspect)> {
    let keys: HashSet<_> = suspects.iter().map(|(pod, _)| key(pod)).collect();
    refusals.retain(|known| keys.contains(known));
    suspects.retain(|(pod, _)| refusals.holds(&key(pod), "", now).is_none());
    suspects.sort_by_cached_key(|(pod, _)| refusals.times(&key(pod)));
    suspects.truncate(MOST);
    suspects
}

fn key(pod: &Pod) -> String {
    pod.uid().unwrap_or_default()
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
    // Most have an owner, and are not read for this.
    let pods = stores.pods.state().into_iter().filter(|kept| is_on_its_own(kept.meta()));
    let pods = pods.filter_map(|kept| kept.object());
    pods.map(Arc::new).filter_map(found).collect()
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
    if live.uid() != pod.uid() || !is_on_its_own(&live.metadata) {
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::backoff::Backoff;

    #[test]
    fn strays_that_cannot_be_deleted_leave_the_others_their_turn() {
        let stray = |number: usize| {
            let metadata = json!({"name": format!("harbor-client-{number}-x"), "uid": number.to_string()});
            let pod = serde_json::from_value(json!({"metadata": metadata})).unwrap();
            (Arc::new(pod), Suspect { session: "harbor".into(), session_uid: None })
        };
        let all: Vec<_> = (0..8).map(stray).collect();
        let (mut refusals, start) = (Refusals::default(), Instant::now());
        let turn = |second: u64, refusals: &mut Refusals| {
            let now = start + Duration::from_secs(second);
            let uids: Vec<_> = due(all.clone(), refusals, now).iter().map(|(pod, _)| key(pod)).collect();
            for uid in &uids {
                let (kind, message) = ("Pod".to_owned(), "no".to_owned());
                let error = Error::Refused { verb: "delete", kind, name: uid.clone(), message };
                refusals.refused(uid, String::new(), error, Backoff::default(), now, 1.0);
            }
            uids
        };
        assert_eq!(turn(0, &mut refusals), ["0", "1", "2", "3", "4"]);
        assert_eq!(turn(5, &mut refusals), ["5", "6", "7", "0", "1"]);
        assert_eq!(turn(6, &mut refusals), ["2", "3", "4", "5", "6"]);
        assert_eq!(turn(7, &mut refusals), ["7", "0", "1"]);
        assert!(due(all[..1].to_vec(), &mut refusals, start).is_empty());
        assert_eq!((refusals.times("0"), refusals.times("7")), (3, 0), "nothing is kept of what is gone");
    }
}
