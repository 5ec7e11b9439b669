//! Drills a session: its server's pod is deleted while its clients stream. That is stored first, by a write that the API server
//! refuses where the status is not the one that was read.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use crds::{BallSessionStatus, Run};
use k8s_openapi::api::core::v1::Pod;
use kube::ResourceExt;
use kube::api::{Api, DeleteParams, Preconditions};

use crate::controller::context::Controller;
use crate::controller::error::Error;
use crate::controller::events::SessionEvent;
use crate::controller::observe::Clock;
use crate::controller::session_ref::SessionRef;
use crate::controller::update_status::store_run;
use crate::run::{DrillFacts, DrillStep, Phase, RunStage, drill as next_step};
use crate::session::Session;
use crate::session::pod::{condition_met, is_server};

/// How soon to come again where somebody else wrote the status.
const AGAIN: Duration = Duration::from_millis(100);

/// What is about to be drilled.
pub(super) struct DrillSituation<'a> {
    pub(super) session: &'a Session,
    pub(super) stored: &'a BallSessionStatus,
    /// The run, as it is to be stored.
    pub(super) run: &'a Run,
    pub(super) phase: Phase,
    /// Its pods.
    pub(super) pods: &'a [Arc<Pod>],
    /// The clients that are done, and those that have media now.
    pub(super) finished: &'a BTreeSet<u32>,
    pub(super) ready: &'a BTreeSet<u32>,
    /// The status is about this run, and the operator changes nothing else in the session.
    pub(super) is_undisturbed: bool,
}

/// What became of it.
pub(super) struct Drilling {
    /// The run, as it is to be stored.
    pub(super) run: Run,
    /// What is stored by now, and the session as it is referred to since, where the drill was written.
    pub(super) written: Option<(SessionRef, BallSessionStatus)>,
    /// When to go on although nothing happens.
    pub(super) next_in: Option<Duration>,
    /// Why the pod is still there.
    pub(super) failed: Option<Error>,
}

/// Takes the next step of the session's drill, if there is one to be taken.
///
/// # Errors
/// Where the status cannot be written. That the pod cannot be deleted keeps nothing else from its turn.
pub(super) async fn drill(
    controller: &Controller,
    session_ref: &SessionRef,
    situation: DrillSituation<'_>,
    clock: Clock,
) -> Result<Drilling, Error> {
    let DrillSituation { session, stored, run, .. } = situation;
    if matches!(situation.phase, Phase::Over(_)) {
        return Ok(Drilling { run: run.clone(), written: None, next_in: None, failed: None });
    }
    let server = server(session, situation.pods);
    let DrillStep { record, delete, next_in } = next_step(&DrillFacts {
        stored: run.drill.as_ref(),
        asked: session.drill.as_ref(),
        may_stream: session.stage == RunStage::Active && situation.phase == Phase::Measuring,
        are_streaming: situation.are_streaming(),
        server: server.and_then(|pod| pod.metadata.uid.as_deref()),
        now: clock.time,
    });
    let mut drilling =
        Drilling { run: Run { drill: record, ..run.clone() }, written: None, next_in, failed: None };
    let Some((uid, pod)) = delete.zip(server) else { return Ok(drilling) };
    if drilling.run.drill != run.drill {
        drilling.written = store_run(controller, session_ref, stored, drilling.run.clone()).await?;
        if drilling.written.is_none() {
            return Ok(Drilling { run: run.clone(), next_in: Some(AGAIN), ..drilling });
        }
        controller.events.publish(&session_ref.reference, drilled(session, pod));
    }
    drilling.failed = delete_pod(controller, session_ref, pod, uid).await.err();
    Ok(drilling)
}

impl DrillSituation<'_> {
    /// Whether all clients stream that are not done, and at least one.
    fn are_streaming(&self) -> bool {
        let mut left =
            self.session.clients.indexes().filter(|index| !self.finished.contains(index)).peekable();
        self.is_undisturbed && left.peek().is_some() && left.all(|index| self.ready.contains(&index))
    }
}

/// The server's pod, if it is ready and there is no other.
fn server<'a>(session: &Session, pods: &'a [Arc<Pod>]) -> Option<&'a Pod> {
    // Whatever labels a pod has, those of the Deployment are called so.
    let prefix = format!("{}-", session.server_name());
    let mut servers = pods.iter().filter(|pod| is_server(pod) && pod.name_any().starts_with(&prefix));
    let server = servers.next().filter(|_| servers.next().is_none())?;
    condition_met(server, "Ready").map(|_| &**server)
}

async fn delete_pod(
    controller: &Controller,
    session_ref: &SessionRef,
    pod: &Pod,
    uid: String,
) -> Result<(), Error> {
    let name = pod.name_any();
    let pods: Api<Pod> =
        Api::namespaced(controller.client.clone(), session_ref.key.namespace.as_deref().unwrap_or_default());
    let only_this = Preconditions { uid: Some(uid), resource_version: None };
    match pods.delete(&name, &DeleteParams::default().preconditions(only_this)).await {
        Ok(_) => {
            controller.metrics.child_written("Pod");
            tracing::info!(session = %session_ref.key, pod = %name, "drilled: the server's pod is deleted");
            Ok(())
        }
        // Gone, and maybe another one is there.
        Err(kube::Error::Api(status)) if status.is_not_found() || status.is_conflict() => Ok(()),
        Err(error) => Err(Error::Drill(error)),
    }
}

fn drilled(session: &Session, pod: &Pod) -> SessionEvent {
    let asked = session.drill.map(|drill| drill.in_words()).unwrap_or_default();
    SessionEvent {
        is_warning: false,
        action: "Drill",
        reason: "Drilled".to_owned(),
        note: format!("{} is deleted while clients stream, as spec.drill asks for: {asked}", pod.name_any()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::controller::build::fixture;

    fn pod(name: &str, change: impl FnOnce(&mut Value)) -> Arc<Pod> {
        let mut pod = json!({
            "metadata": {
                "name": name, "uid": name, "labels": {"app.kubernetes.io/component": "server"},
                "ownerReferences": [{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "o", "uid": "o", "controller": true}]
            },
            "status": {"conditions": [{"type": "Ready", "status": "True"}]}
        });
        change(&mut pod);
        Arc::new(serde_json::from_value(pod).unwrap())
    }

    #[test]
    fn only_a_server_that_works_and_is_alone_is_replaced() {
        let session = fixture::session(&json!({}));
        let name = |pods: &[Arc<Pod>]| server(&session, pods).map(ResourceExt::name_any);
        let works = pod("harbor-server-a", |_| ());
        assert_eq!(name(std::slice::from_ref(&works)).as_deref(), Some("harbor-server-a"));
        for other in [
            pod("harbor-server-b", |pod| pod["status"]["conditions"][0]["status"] = json!("False")),
            pod("harbor-server-b", |pod| {
                pod["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:00:00Z");
            }),
            pod("somebody-else", |_| ()),
        ] {
            assert_eq!(name(&[other]), None);
        }
        assert_eq!(name(&[works, pod("harbor-server-b", |_| ())]), None, "one of them is on its way");
    }

    #[test]
    fn clients_stream_when_all_do_that_are_not_done() {
        let (session, stored) = (fixture::session(&json!({"clients": 2})), BallSessionStatus::default());
        let are_streaming = |finished: &[u32], ready: &[u32], is_undisturbed| {
            let [finished, ready] = [finished, ready].map(|indexes| indexes.iter().copied().collect());
            let situation = DrillSituation {
                session: &session,
                stored: &stored,
                run: &Run::default(),
                phase: Phase::Measuring,
                pods: &[],
                finished: &finished,
                ready: &ready,
                is_undisturbed,
            };
            situation.are_streaming()
        };
        assert!(are_streaming(&[], &[0, 1], true) && are_streaming(&[0], &[1], true));
        assert!(!are_streaming(&[], &[0], true) && !are_streaming(&[0, 1], &[0, 1], true));
        assert!(!are_streaming(&[], &[0, 1], false));
    }
}
