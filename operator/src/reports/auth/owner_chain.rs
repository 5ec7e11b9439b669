//! From a pod to the session that it belongs to, along the objects that control each other. Labels and names prove
//! nothing: anybody who may create pods can write them.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;

use crate::reports::api_server::Kind;
use crate::reports::auth::identity::Identity;
use crate::reports::auth::objects::{Found, Objects};
use crate::reports::auth::reporter::{Reporter, Role};
use crate::reports::refusal::Refusal;
use crate::reports::stores::SessionKey;
use crate::session::labels::Component;
use crate::session::names::child_name;

/// An object on the way.
struct Step {
    kind: Kind,
    name: String,
    uid: String,
    found: Found,
}

/// Who reports: the session that a pod belongs to by what `objects` knows, and what it is in it. A pod that is terminating
/// still exists, and may report its last numbers.
pub(super) async fn reporter(objects: &impl Objects, identity: &Identity) -> Result<Reporter, Refusal> {
    let pod = &identity.pod;
    let Some(found) = objects.find(Kind::Pod, &pod.namespace, &pod.name, &pod.uid).await? else {
        return Err(Refusal::Unauthorized("the pod of the token is gone".into()));
    };
    let mut step = Step { kind: Kind::Pod, name: pod.name.clone(), uid: pod.uid.clone(), found };
    let mut child = None;
    while step.kind != Kind::BallSession {
        let owner = owner_of(objects, &pod.namespace, &step).await?;
        let last = std::mem::replace(&mut step, owner);
        child = Some((last.kind, last.name));
    }
    let session = step;

    let named = |component: Component| child_name(&session.name, component);
    let role = match child {
        Some((Kind::Deployment, name)) if name == named(Component::Server) => Role::Server,
        Some((Kind::Job, name)) if name == named(Component::Client) => Role::Client,
        Some((Kind::Pod, _)) => Role::Client,
        _ => return Err(Refusal::Forbidden("the pod's owner is not one of the session's own")),
    };
    if identity.service_account != named(Component::Workload) {
        return Err(Refusal::Forbidden("the token is not of the session's service account"));
    }
    let session = SessionKey { namespace: pod.namespace.clone(), name: session.name, uid: session.uid };
    Ok(Reporter { session, role, pod: pod.clone() })
}

/// What controls another object on the way to a session.
async fn owner_of(objects: &impl Objects, namespace: &str, child: &Step) -> Result<Step, Refusal> {
    let Some((kind, owner)) = next(child) else {
        return Err(Refusal::Forbidden("the pod belongs to no session"));
    };
    let OwnerReference { name, uid, .. } = owner;
    match objects.find(kind, namespace, name, uid).await? {
        Some(found) => Ok(Step { kind, name: name.clone(), uid: uid.clone(), found }),
        None => Err(Refusal::Forbidden("an owner of the pod is gone")),
    }
}

/// What controls an object, if that is a step of one of the ways: Pod, ReplicaSet, Deployment, BallSession; Pod, BallSession;
/// and Pod, Job, BallSession, as earlier versions made clients, which go on until their session moves. Each way ends.
fn next(child: &Step) -> Option<(Kind, &OwnerReference)> {
    let owner = child.found.controller.as_ref()?;
    let group = owner.api_version.split_once('/')?.0;
    let kind = match (child.kind, group, owner.kind.as_str()) {
        (Kind::Pod, "apps", "ReplicaSet") => Kind::ReplicaSet,
        (Kind::ReplicaSet, "apps", "Deployment") => Kind::Deployment,
        (Kind::Pod, "batch", "Job") => Kind::Job,
        (Kind::Pod | Kind::Deployment | Kind::Job, "ballsession.dev", "BallSession") => Kind::BallSession,
        _ => return None,
    };
    Some((kind, owner))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reports::auth::objects::Live;
    use crate::reports::testing::{FakeApiServer, pod_key};

    async fn resolve(
        api_server: &FakeApiServer,
        pod: &str,
        account: &str,
    ) -> Result<(SessionKey, Role), Refusal> {
        let identity = Identity { service_account: account.into(), pod: pod_key(pod) };
        let found = reporter(&Live(api_server), &identity).await?;
        Ok((found.session, found.role))
    }

    #[tokio::test]
    async fn both_ways_lead_to_the_session() {
        let api_server = FakeApiServer::with_session();
        let (session, role) = resolve(&api_server, "server", "harbor-workload").await.unwrap();
        assert_eq!(
            (session.name.as_str(), session.uid.as_str(), role),
            ("harbor", "harbor-uid", Role::Server)
        );
        let (session, role) = resolve(&api_server, "client", "harbor-workload").await.unwrap();
        assert_eq!((session.name.as_str(), role), ("harbor", Role::Client));
    }

    #[tokio::test]
    async fn every_step_has_to_be_there_under_its_uid() {
        for (kind, name) in [
            (Kind::ReplicaSet, "harbor-server-5d"),
            (Kind::Deployment, "harbor-server"),
            (Kind::BallSession, "harbor"),
        ] {
            let api_server = FakeApiServer::with_session();
            api_server.change(kind, name, |metadata| metadata.uid = Some("of-another".into()));
            let refusal = resolve(&api_server, "server", "harbor-workload").await.unwrap_err();
            assert_eq!(refusal, Refusal::Forbidden("an owner of the pod is gone"), "{kind:?}");
            api_server.remove(kind, name);
            let refusal = resolve(&api_server, "server", "harbor-workload").await.unwrap_err();
            assert_eq!(refusal, Refusal::Forbidden("an owner of the pod is gone"), "{kind:?}");
        }
        let api_server = FakeApiServer::with_session();
        api_server.change(Kind::Pod, "server", |metadata| metadata.uid = Some("of-another".into()));
        assert!(matches!(
            resolve(&api_server, "server", "harbor-workload").await,
            Err(Refusal::Unauthorized(_))
        ));
    }

    #[tokio::test]
    async fn an_owner_that_does_not_control_is_no_owner() {
        let api_server = FakeApiServer::with_session();
        api_server.change(Kind::Pod, "client", |metadata| {
            metadata.owner_references.as_mut().unwrap()[0].controller = None;
        });
        let refusal = resolve(&api_server, "client", "harbor-workload").await.unwrap_err();
        assert_eq!(refusal, Refusal::Forbidden("the pod belongs to no session"));
    }

    #[tokio::test]
    async fn a_deployment_that_somebody_else_gave_to_the_session_is_not_its_own() {
        let api_server = FakeApiServer::with_session();
        api_server.add(Kind::Deployment, "mine", Some(("ballsession.dev/v1alpha1", "BallSession", "harbor")));
        api_server.add(Kind::ReplicaSet, "mine-5d", Some(("apps/v1", "Deployment", "mine")));
        api_server.add(Kind::Pod, "mine-0", Some(("apps/v1", "ReplicaSet", "mine-5d")));
        let refusal = resolve(&api_server, "mine-0", "harbor-workload").await.unwrap_err();
        assert_eq!(refusal, Refusal::Forbidden("the pod's owner is not one of the session's own"));
    }

    /// Clients of an earlier version, which go on after an upgrade.
    #[tokio::test]
    async fn a_pod_of_the_sessions_own_job_is_a_client() {
        let api_server = FakeApiServer::with_session();
        let session = Some(("ballsession.dev/v1alpha1", "BallSession", "harbor"));
        api_server.add(Kind::Job, "harbor-client", session);
        api_server.add(Kind::Pod, "client-0", Some(("batch/v1", "Job", "harbor-client")));
        let (session, role) = resolve(&api_server, "client-0", "harbor-workload").await.unwrap();
        assert_eq!((session.uid.as_str(), role), ("harbor-uid", Role::Client));
    }

    #[tokio::test]
    async fn a_pod_of_any_other_job_is_no_client() {
        let api_server = FakeApiServer::with_session();
        let refusal = async |job: &str, owner: Option<(&str, &str, &str)>| {
            api_server.add(Kind::Job, job, owner);
            api_server.add(Kind::Pod, "client-0", Some(("batch/v1", "Job", job)));
            resolve(&api_server, "client-0", "harbor-workload").await.unwrap_err()
        };
        let session = Some(("ballsession.dev/v1alpha1", "BallSession", "harbor"));
        let nobodys = Refusal::Forbidden("the pod belongs to no session");
        assert_eq!(refusal("harbor-client", None).await, nobodys);
        assert_eq!(refusal("harbor-client", Some(("batch/v1", "CronJob", "nightly"))).await, nobodys);
        let not_its_own = Refusal::Forbidden("the pod's owner is not one of the session's own");
        assert_eq!(refusal("mine", session).await, not_its_own);
        assert_eq!(refusal("harbor-server", session).await, not_its_own);
        api_server.remove(Kind::Job, "harbor-server");
        let refused = resolve(&api_server, "client-0", "harbor-workload").await.unwrap_err();
        assert_eq!(refused, Refusal::Forbidden("an owner of the pod is gone"));
    }

    #[tokio::test]
    async fn a_client_of_a_session_before_of_the_same_name_is_none_of_this_one() {
        let api_server = FakeApiServer::with_session();
        api_server.change(Kind::BallSession, "harbor", |metadata| metadata.uid = Some("of-another".into()));
        let refusal = resolve(&api_server, "client", "harbor-workload").await.unwrap_err();
        assert_eq!(refusal, Refusal::Forbidden("an owner of the pod is gone"));
    }

    #[tokio::test]
    async fn another_account_is_not_the_sessions() {
        let api_server = FakeApiServer::with_session();
        let refusal = resolve(&api_server, "server", "default").await.unwrap_err();
        assert_eq!(refusal, Refusal::Forbidden("the token is not of the session's service account"));
    }
}
