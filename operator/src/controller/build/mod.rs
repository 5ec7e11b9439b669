//! The children that a session shall have. Pure: the same session always gives the same objects.

mod adopted;
mod client_pod;
mod common;
#[cfg(test)]
pub(super) mod fixture;
#[cfg(test)]
mod flows;
mod media_service;
mod network_policies;
mod placement;
mod platform;
mod pod;
mod relay;
mod report_ca;
mod reporting;
mod requests;
mod server_deployment;
mod server_service;
mod service;
mod told_path;
mod workload_service_account;

use crds::NetworkIsolation;
use k8s_openapi::api::core::v1::ConfigMap;

pub use adopted::{adopted, with_server_as_it_is};
pub use client_pod::{ClientPods, Site};

use crate::controller::resources::{Desired, Observed, Prepared, Resources};
use crate::run::RunStage;
use crate::session::Session;
use crate::settings::Settings;

/// The children that `session` shall have, of which `observed` exist. `report_ca` are the authorities by which its pods know the
/// operator, as PEM; without any, what they were given stays.
pub fn build(
    session: &Session,
    observed: &Resources<Observed>,
    settings: &Settings,
    report_ca: Option<&str>,
) -> Resources<Prepared> {
    let report_ca = report_ca.map(|bundle| report_ca::build(session, bundle));
    if session.stage == RunStage::Finished {
        return finished(session, observed, settings, report_ca);
    }
    let (server_network_policy, client_network_policy) = match session.spec.network_policy {
        NetworkIsolation::None => (Desired::Absent, Desired::Absent),
        NetworkIsolation::Isolated => (
            Desired::Present(network_policies::server(session, settings)),
            Desired::Present(network_policies::client(session, settings)),
        ),
    };
    Resources {
        workload_service_account: Desired::Present(workload_service_account::build(session)),
        report_ca: report_ca.map_or(Desired::AsItIs, Desired::Present),
        server_deployment: Desired::Present(server_deployment::build(session, settings)),
        server_service: Desired::Present(server_service::build(session)),
        client_job: Desired::Absent,
        server_network_policy,
        client_network_policy,
        media_service: media_service::build(session).map_or(Desired::Absent, Desired::Present),
    }
}

/// The server of a finished run loses its pod. All else stays as it is: clients' logs with the Job of an earlier version,
/// and what somebody deleted is not made again. Authorities are kept up to date: none waits for a session that is over.
fn finished(
    session: &Session,
    observed: &Resources<Observed>,
    settings: &Settings,
    report_ca: Option<ConfigMap>,
) -> Resources<Prepared> {
    let server_deployment = match observed.server_deployment {
        Some(_) => Desired::Present(server_deployment::build(session, settings)),
        None => Desired::AsItIs,
    };
    // A balancer that nobody uses costs as much as any other.
    let media_service = Desired::Absent;
    Resources { server_deployment, media_service, ..only_authorities(observed, report_ca) }
}

/// The authorities that a session has, kept up to date, and nothing else touched.
pub fn authorities(
    session: &Session,
    observed: &Resources<Observed>,
    report_ca: Option<&str>,
) -> Resources<Prepared> {
    only_authorities(observed, report_ca.map(|bundle| report_ca::build(session, bundle)))
}

fn only_authorities(observed: &Resources<Observed>, report_ca: Option<ConfigMap>) -> Resources<Prepared> {
    Resources {
        workload_service_account: Desired::AsItIs,
        report_ca: report_ca
            .filter(|_| observed.report_ca.is_some())
            .map_or(Desired::AsItIs, Desired::Present),
        server_deployment: Desired::AsItIs,
        server_service: Desired::AsItIs,
        client_job: Desired::AsItIs,
        server_network_policy: Desired::AsItIs,
        client_network_policy: Desired::AsItIs,
        media_service: Desired::AsItIs,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::time::Duration;

    use k8s_openapi::api::apps::v1::Deployment;
    use k8s_openapi::api::core::v1::PodSpec;
    use serde_json::{Value, json};

    use super::fixture::{session, settings};
    use super::*;
    use crate::clients::Create;

    const CA: Option<&str> = Some("authorities");

    fn replicas(resources: &Resources<Prepared>) -> Option<i32> {
        match &resources.server_deployment {
            Desired::Present(deployment) => deployment.spec.replicas,
            Desired::Absent | Desired::AsItIs => None,
        }
    }

    #[test]
    fn an_active_session_has_everything_but_what_it_does_not_ask_for() {
        let resources = build(&session(&json!({})), &Resources::nothing(), &settings(), CA);
        assert_eq!(replicas(&resources), Some(1));
        assert_eq!(resources.server_network_policy, Desired::Absent);
        assert_eq!(resources.client_job, Desired::Absent);

        let isolated =
            build(&session(&json!({"networkPolicy": "Isolated"})), &Resources::nothing(), &settings(), CA);
        assert!(matches!(isolated.server_network_policy, Desired::Present(_)));
        assert!(matches!(isolated.client_network_policy, Desired::Present(_)));
    }

    #[test]
    fn a_service_for_media_is_there_for_the_paths_that_lead_to_one() {
        let media = |path: Value| {
            let session = session(&path);
            build(&session, &Resources::nothing(), &settings(), CA).media_service
        };
        let relay = json!({"uri": "turn:relay.test", "secretName": "s"});
        for without in [json!({}), json!({"path": "Relay", "relay": relay})] {
            assert_eq!(media(without.clone()), Desired::Absent, "{without}");
        }
        for path in ["ClusterIP", "NodePort", "LoadBalancer"] {
            assert!(matches!(media(json!({"path": path})), Desired::Present(_)), "{path}");
        }
        let mut over = session(&json!({"path": "LoadBalancer", "duration": "5m"}));
        over.stage = RunStage::Finished;
        assert_eq!(build(&over, &Resources::nothing(), &settings(), CA).media_service, Desired::Absent);
    }

    #[test]
    fn a_suspended_session_keeps_its_objects_without_pods() {
        let resources = build(&session(&json!({"suspend": true})), &Resources::nothing(), &settings(), CA);
        assert_eq!(replicas(&resources), Some(0));
        assert!(matches!(resources.server_service, Desired::Present(_)));
    }

    /// A run keeps its images when the operator becomes another version: a flag that these do not know ends them at once. What
    /// came later is told by variables, which they pass over.
    #[test]
    fn programs_are_given_only_flags_that_the_version_before_knows() {
        let settings = settings();
        let spec = json!({"duration": "5m", "client": {"faults": ["drop=1%"]}, "video": {"width": 320}});
        let session = session(&spec);
        let Desired::Present(server) =
            build(&session, &Resources::nothing(), &settings, CA).server_deployment
        else {
            panic!("no server")
        };
        let create = Create { index: 0, attempt: 1, measured: Duration::from_secs(7) };
        let client = ClientPods::of(&session, &settings).pod(&create, Site::default());
        let flags = |pod: Option<PodSpec>| {
            let args = pod.unwrap().containers.remove(0).args.unwrap();
            args.into_iter().filter(|arg| arg.starts_with('-')).collect::<BTreeSet<_>>()
        };
        let known = |flags: &[&str]| flags.iter().map(|flag| format!("--{flag}")).collect::<BTreeSet<_>>();
        let of_both = ["http", "report-url", "report-token-file"];
        let of_server = ["listen", "width", "height", "fps", "bitrate-kbps", "radius", "speed", "background"];
        let of_client = ["server", "id", "reconnect", "duration", "fault"];
        let unknown = &flags(server.spec.template.spec) - &known(&[&of_both[..], &of_server].concat());
        assert_eq!(unknown, [].into(), "of the server");
        let unknown = &flags(client.spec) - &known(&[&of_both[..], &of_client].concat());
        assert_eq!(unknown, [].into(), "of the client");
    }

    #[test]
    fn a_finished_run_only_loses_its_server_pod() {
        let mut session = session(&json!({"duration": "5m"}));
        session.stage = RunStage::Finished;
        let mut observed = Resources::nothing();
        let gone = build(&session, &observed, &settings(), CA);
        assert_eq!((gone.server_deployment, gone.client_job), (Desired::AsItIs, Desired::AsItIs));

        observed.server_deployment = Some(Deployment::default());
        let resources = build(&session, &observed, &settings(), CA);
        assert_eq!((replicas(&resources), resources.server_service), (Some(0), Desired::AsItIs));
    }

    #[test]
    fn authorities_are_brought_up_to_date_wherever_there_are_any() {
        let session = session(&json!({"duration": "5m"}));
        let mut observed = Resources::nothing();
        let of = |session: &Session, observed: &Resources<Observed>, ca| {
            matches!(build(session, observed, &settings(), ca).report_ca, Desired::Present(_))
        };
        assert_eq!((of(&session, &observed, CA), of(&session, &observed, None)), (true, false));
        let mut over = session;
        over.stage = RunStage::Finished;
        assert!(!of(&over, &observed, CA));
        observed.report_ca = Some(ConfigMap::default());
        assert!(of(&over, &observed, CA));
    }
}
