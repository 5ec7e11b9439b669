//! Which images the pods of a session run, and when they move to those of this operator.

use std::sync::PoisonError;
use std::time::{Duration, Instant};

use crds::{BallSessionStatus, RunImages};
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::PodTemplateSpec;
use kube::runtime::reflector::ObjectRef;

use crate::controller::context::Controller;
use crate::controller::resources::{Observed, Resources};
use crate::controller::session_ref::SessionRef;
use crate::run::{Adoption, Rollout, RunStage, default_images, run_images, stored_run};
use crate::session::Session;
use crate::session::labels::Component;

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
    /// It moves now, with all that a version before made of it.
    pub(super) may_move: bool,
    /// Others move first.
    is_waiting: bool,
    /// Something of it is as a version before made it.
    is_adopted: bool,
}

/// The images of a session. Those of a run without an end move when it is their turn, those of a suspended one at once; and with
/// them whatever a version before made.
pub(super) fn of(
    controller: &Controller,
    session_ref: &SessionRef,
    session: &Session,
    stored: &BallSessionStatus,
    observed: &Resources<Observed>,
    adoption: Adoption,
) -> Images {
    let default = default_images(&session.spec, &controller.settings);
    let run = stored_run(stored, &session.run_hash);
    // Versions that did not store them did not store when a run began either.
    let found = run.filter(|run| run.started_at.is_none()).map(|_| found(session, observed));
    let known = run.and_then(|run| run.images.clone()).or(found);
    let used = run_images(known.as_ref(), default.clone());
    let is_adopted = adoption.is_any();
    let is_outdated = session.duration.is_none() && (used != default || is_adopted);
    let may_move = is_outdated
        && (session.stage == RunStage::Suspended
            || with_rollout(controller, |rollout| rollout.may_move(&name(session_ref), Instant::now())));
    let next = if may_move { default } else { used.clone() };
    Images { used, next, may_move, is_waiting: is_outdated && !may_move, is_adopted }
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
    let has_moved = images.used == images.next && !images.is_adopted;
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

/// The images of pods that a version before had made.
fn found(session: &Session, observed: &Resources<Observed>) -> RunImages {
    let server = observed.server_deployment.as_ref().filter(|server| session.owns(*server));
    let job = observed.client_job.as_ref().filter(|job| session.owns(*job)).and_then(|job| job.spec.as_ref());
    RunImages {
        server: server.and_then(|server| image(&server.spec.template, Component::Server)),
        client: job.and_then(|job| image(&job.template, Component::Client)),
    }
}

/// The image that pods of a part of a session run.
fn image(template: &PodTemplateSpec, component: Component) -> Option<String> {
    let containers = &template.spec.as_ref()?.containers;
    containers.iter().find(|container| container.name == component.as_str())?.image.clone()
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
    use crate::controller::build::fixture;

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
        let template = server(&json!({})).spec.template;
        assert_eq!(image(&template, Component::Server).as_deref(), Some("s:1"));
        assert_eq!(image(&template, Component::Client), None);
    }

    #[test]
    fn pods_of_a_version_before_run_what_is_found_in_their_templates() {
        let session = fixture::session(&json!({"clients": 2}));
        let owner = json!([{"apiVersion": "v1", "kind": "BallSession", "name": "harbor", "uid": "5e8d2c1a-uid", "controller": true}]);
        let job = json!({"metadata": {"ownerReferences": owner}, "spec": {"template": {"spec": {"containers": [
            {"name": "client", "image": "c:1"}
        ]}}}});
        let observed = Resources {
            server_deployment: Some(server(&json!({}))),
            client_job: serde_json::from_value(job).unwrap(),
            ..fixture::nothing()
        };
        let images = found(&session, &observed);
        assert_eq!(
            (images.server, images.client.as_deref()),
            (None, Some("c:1")),
            "the server is somebody else's"
        );
    }
}
