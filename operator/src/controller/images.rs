//! Which images the pods of a session run.

use crds::{BallSessionStatus, RunImages};
use k8s_openapi::api::core::v1::PodTemplateSpec;

use crate::controller::resources::{Observed, Resources};
use crate::run::{default_images, run_images, stored_run};
use crate::session::Session;
use crate::session::labels::Component;
use crate::settings::Settings;

/// The images of a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Images {
    /// Those of its pods now.
    pub(super) used: RunImages,
    /// Those that its run has once it moves to this operator's.
    pub(super) default: RunImages,
}

impl Images {
    /// Those of a session whose children are `observed`.
    pub(super) fn of(
        session: &Session,
        settings: &Settings,
        stored: &BallSessionStatus,
        observed: &Resources<Observed>,
    ) -> Self {
        let default = default_images(&session.spec, settings);
        let run = stored_run(stored, &session.run_hash);
        // Versions that did not store them did not store when a run began either.
        let found = run.filter(|run| run.started_at.is_none()).map(|_| found(session, observed));
        let known = run.and_then(|run| run.images.clone()).or(found);
        Self { used: run_images(known.as_ref(), default.clone()), default }
    }

    /// Whether they are not this operator's.
    pub(super) fn are_outdated(&self) -> bool {
        self.used != self.default
    }
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

#[cfg(test)]
mod tests {
    use k8s_openapi::api::apps::v1::Deployment;
    use serde_json::json;

    use super::*;
    use crate::controller::build::fixture;

    fn server() -> Deployment {
        serde_json::from_value(json!({
            "metadata": {}, "spec": {"selector": {}, "template": {"spec": {"containers": [
                {"name": "mesh", "image": "m:1"}, {"name": "server", "image": "s:1"}
            ]}}}
        }))
        .unwrap()
    }

    #[test]
    fn pods_of_a_version_before_run_what_is_found_in_their_templates() {
        let template = server().spec.template;
        assert_eq!(image(&template, Component::Server).as_deref(), Some("s:1"));
        assert_eq!(image(&template, Component::Client), None);

        let session = fixture::session(&json!({"clients": 2}));
        let owner = json!([{"apiVersion": "v1", "kind": "BallSession", "name": "harbor", "uid": "5e8d2c1a-uid", "controller": true}]);
        let job = json!({"metadata": {"ownerReferences": owner}, "spec": {"template": {"spec": {"containers": [
            {"name": "client", "image": "c:1"}
        ]}}}});
        let observed = Resources {
            server_deployment: Some(server()),
            client_job: serde_json::from_value(job).unwrap(),
            ..Resources::nothing()
        };
        let images = found(&session, &observed);
        assert_eq!(
            (images.server, images.client.as_deref()),
            (None, Some("c:1")),
            "the server is somebody else's"
        );
    }
}
