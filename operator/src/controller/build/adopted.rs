//! The children of a session of which some stay as a version before made them.

use k8s_openapi::NamespaceResourceScope;
use kube::Resource;

use crate::controller::resources::{Desired, Observed, Prepared, Resources};
use crate::run::Adoption;
use crate::session::Session;

/// The children that a session shall have, where they do not stay as they are: all of them were made to go together, so that
/// none of those that exist is changed by itself.
pub fn adopted(
    prepared: Resources<Prepared>,
    session: &Session,
    observed: &Resources<Observed>,
    adoption: Adoption,
) -> Resources<Prepared> {
    if !adoption.is_any() {
        return prepared;
    }
    // Without `..`: a child that is forgotten here does not compile.
    let Resources {
        workload_service_account,
        report_ca,
        server_deployment,
        server_service,
        client_job,
        server_network_policy,
        client_network_policy,
        media_service,
    } = prepared;
    // Without a pod there is nothing to be interrupted.
    let runs = observed.server_deployment.as_ref().filter(|server| server.spec.replicas == Some(1));
    Resources {
        workload_service_account: kept(
            workload_service_account,
            session,
            observed.workload_service_account.as_ref(),
        ),
        // No version before made any, and whoever has one needs the newest.
        report_ca,
        server_deployment: kept(server_deployment, session, runs),
        server_service: kept(server_service, session, observed.server_service.as_ref()),
        client_job: if adoption == Adoption::Whole { Desired::AsItIs } else { client_job },
        server_network_policy: kept(server_network_policy, session, observed.server_network_policy.as_ref()),
        client_network_policy: kept(client_network_policy, session, observed.client_network_policy.as_ref()),
        // No version before made any.
        media_service,
    }
}

/// The children that a session shall have whose server is kept as another version made it. The others interrupt nothing.
pub fn with_server_as_it_is(prepared: Resources<Prepared>) -> Resources<Prepared> {
    Resources { server_deployment: Desired::AsItIs, ..prepared }
}

/// What exists and is the session's own stays as it is.
fn kept<K>(desired: Desired<K>, session: &Session, observed: Option<&K>) -> Desired<K>
where
    K: Resource<DynamicType = (), Scope = NamespaceResourceScope>,
{
    let is_kept = observed.is_some_and(|live| session.owns(live) && live.meta().deletion_timestamp.is_none());
    match desired {
        Desired::Present(_) if is_kept => Desired::AsItIs,
        desired => desired,
    }
}

#[cfg(test)]
mod tests {
    use k8s_openapi::api::apps::v1::Deployment;
    use k8s_openapi::api::core::v1::Service;
    use serde_json::{Value, json};

    use super::*;
    use crate::controller::build::{build, fixture};

    fn found(change: impl FnOnce(&mut Value)) -> Resources<Observed> {
        let mut server = json!({"metadata": {"ownerReferences": [{
            "apiVersion": "v1", "kind": "BallSession", "name": "harbor", "uid": "5e8d2c1a-uid", "controller": true
        }]}, "spec": {"replicas": 1, "selector": {}, "template": {}}});
        change(&mut server);
        let metadata = json!({"metadata": server["metadata"]});
        Resources {
            server_deployment: Some(serde_json::from_value::<Deployment>(server).unwrap()),
            server_service: Some(serde_json::from_value::<Service>(metadata).unwrap()),
            ..Resources::nothing()
        }
    }

    fn of(observed: &Resources<Observed>, adoption: Adoption) -> Resources<Prepared> {
        let session = fixture::session(&json!({"clients": 2}));
        let prepared = build(&session, observed, &fixture::settings(), Some("authorities"));
        adopted(prepared, &session, observed, adoption)
    }

    #[test]
    fn what_a_version_before_made_stays_and_what_is_missing_is_made() {
        let observed = found(|_| ());
        let whole = of(&observed, Adoption::Whole);
        assert_eq!((whole.server_deployment, whole.server_service), (Desired::AsItIs, Desired::AsItIs));
        assert_eq!(whole.client_job, Desired::AsItIs);
        assert!(matches!(whole.workload_service_account, Desired::Present(_)));
        assert!(matches!(whole.report_ca, Desired::Present(_)));

        let without_clients = of(&observed, Adoption::WithoutClients);
        assert_eq!(without_clients.server_deployment, Desired::AsItIs);
        assert_eq!(without_clients.client_job, Desired::Absent);

        let nothing = of(&observed, Adoption::Nothing);
        assert!(matches!(nothing.server_deployment, Desired::Present(_)));
        assert_eq!(nothing.client_job, Desired::Absent);
    }

    #[test]
    fn a_server_that_does_not_run_or_is_somebody_elses_is_not_kept() {
        for observed in [
            found(|server| server["spec"]["replicas"] = json!(0)),
            found(|server| server["metadata"]["ownerReferences"] = json!([])),
            found(|server| server["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:00:00Z")),
        ] {
            assert!(matches!(of(&observed, Adoption::Whole).server_deployment, Desired::Present(_)));
        }
    }
}
