//! Which images the pods of a session run, and when they move to those of this operator.

use std::sync::PoisonError;
use std::time::{Duration, Instant};

use crds::{BallSessionStatus, RunImages};
use k8s_openapi::api::apps::v1::Deployment;
use kube::runtime::reflector::ObjectRef;

use crate::controller::context::Controller;
use crate::controller::resources::{Observed, Resources};
use crate::controller::session_ref::SessionRef;
use crate::run::{Rollout, RunStage, default_images, run_images, stored_run};
use crate::session::Session;

/// How soon to look again at a session that moves.
const MOVING: Duration = Duration::from_secs(5);
/// How soon to look again at one that waits for its turn, in case that nobody names it.
const WAITING: Duration = Duration::from_secs(120);

/// The images of a session.
pub(super) struct Images {
    /// Those of its pods now.
    pub(super) used: RunImages,
    /// Those that its run has from now on. They are stored before any pod is made of them, so that no pod is made twice
    /// where this process ends in between.
    pub(super) next: RunImages,
    /// Others move first.
    is_waiting: bool,
}

/// The images of a session. Those of a run without an end move when it is their turn, those of a suspended one at once.
pub(super) fn of(
    controller: &Controller,
    session_ref: &SessionRef,
    session: &Session,
    stored: &BallSessionStatus,
    observed: &Resources<Observed>,
) -> Images {
    let default = default_images(&session.spec, &controller.settings);
    let run = stored_run(stored, &session.run_hash);
    // Versions that did not store them did not store when a run began either.
    let unknown = run.filter(|run| run.started_at.is_none()).and(observed.server_deployment.as_ref());
    let found = unknown.map(|server| RunImages { server: image(server), client: None });
    let known = run.and_then(|run| run.images.clone()).or(found);
    let used = run_images(known.as_ref(), default.clone());
    let is_outdated = session.duration.is_none() && used != default;
    let may_move = is_outdated
        && (session.stage == RunStage::Suspended
            || with_rollout(controller, |rollout| rollout.may_move(&name(session_ref), Instant::now())));
    let next = if may_move { default } else { used.clone() };
    Images { used, next, is_waiting: is_outdated && !may_move }
}

/// Takes note of how far a session has come: where others need not wait for it any more, they have their turn. When to look
/// again, if it moves or waits.
pub(super) fn observed(
    controller: &Controller,
    session_ref: &SessionRef,
    images: &Images,
    is_ready: bool,
    server: Option<&Deployment>,
) -> Option<Duration> {
    let (name, now) = (name(session_ref), Instant::now());
    let has_moved = images.used == images.next;
    let is_settled = has_moved && is_ready && server.is_none_or(is_rolled_out);
    let (waited_for, next) = with_rollout(controller, |rollout| {
        if is_settled {
            rollout.settled(&name, now);
        }
        (rollout.waited_for(&name, now), rollout.next(now))
    });
    let turns = next.into_iter().map(|(namespace, name)| ObjectRef::new(&name).within(&namespace));
    controller.watches.pending.enqueue(turns);
    waited_for.map(|left| left.min(MOVING)).or(images.is_waiting.then_some(WAITING))
}

/// Forgets a session that is gone.
pub(super) fn forget(controller: &Controller, namespace: Option<&str>, name: &str) {
    let key = (namespace.unwrap_or_default().to_owned(), name.to_owned());
    with_rollout(controller, |rollout| rollout.forget(&key));
}

fn with_rollout<T>(controller: &Controller, then: impl FnOnce(&mut Rollout<(String, String)>) -> T) -> T {
    then(&mut controller.rollout.lock().unwrap_or_else(PoisonError::into_inner))
}

fn name(session_ref: &SessionRef) -> (String, String) {
    (session_ref.key.namespace.clone().unwrap_or_default(), session_ref.key.name.clone())
}

/// The image of the server's pods.
fn image(server: &Deployment) -> Option<String> {
    let pod = server.spec.template.spec.as_ref()?;
    pod.containers.iter().find(|container| container.name == "server")?.image.clone()
}

/// Whether the pods of a Deployment are those that it asks for now.
fn is_rolled_out(server: &Deployment) -> bool {
    let Some(status) = &server.status else { return false };
    status.observed_generation >= server.metadata.generation
        && status.updated_replicas == server.spec.replicas
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn server(status: &Value) -> Deployment {
        serde_json::from_value(json!({
            "metadata": {"generation": 2},
            "spec": {"replicas": 1, "selector": {}, "template": {"spec": {"containers": [
                {"name": "mesh", "image": "m:1"}, {"name": "server", "image": "s:1"}
            ]}}},
            "status": status
        }))
        .unwrap()
    }

    #[test]
    fn a_server_has_moved_when_its_pod_is_the_new_one() {
        for (status, is_new) in [
            (json!({"observedGeneration": 1, "updatedReplicas": 1}), false),
            (json!({"observedGeneration": 2, "updatedReplicas": 0}), false),
            (json!({"observedGeneration": 2}), false),
            (json!({"observedGeneration": 2, "updatedReplicas": 1}), true),
        ] {
            assert_eq!(is_rolled_out(&server(&status)), is_new, "{status}");
        }
        assert_eq!(image(&server(&json!({}))).as_deref(), Some("s:1"));
    }
}
