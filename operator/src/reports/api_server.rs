//! All calls of the reports to the API server, behind a trait, so that every refusal can be tested without one.

use std::time::Duration;

use crds::contract::{REPORT_AUDIENCE, REPORTS_FIELD_MANAGER};
use crds::{BallSession, BallSessionStatus};
use futures_util::future::BoxFuture;
use k8s_openapi::api::apps::v1::{Deployment, ReplicaSet};
use k8s_openapi::api::authentication::v1::TokenReviewStatus;
use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::Pod;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::api::{Patch, PatchParams};
use kube::core::NamespaceResourceScope;
use kube::{Api, Client, Resource};
use serde_json::{Value, json};

use crate::api_call::{CallError, review_token, within};
use crate::reports::stores::SessionKey;

/// How long an answer may take.
const ANSWER_LIMIT: Duration = Duration::from_secs(5);

/// Where an API server publishes its keys.
const KEYS_PATH: &str = "/openid/v1/jwks";

/// Kinds on the way from a pod to its session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    Pod,
    ReplicaSet,
    Deployment,
    /// By which an earlier version ran the clients of a session.
    Job,
    BallSession,
}

/// The API server.
pub(super) trait ApiServer: Send + Sync + 'static {
    /// The public keys that belong to those by which it signs tokens: a JSON Web Key Set.
    fn keys(&self) -> BoxFuture<'_, Result<String, CallError>>;

    /// Whose token it is, if it is for our audience.
    fn review<'a>(&'a self, token: &'a str) -> BoxFuture<'a, Result<TokenReviewStatus, CallError>>;

    /// The live metadata of an object; `None` where it does not exist.
    fn metadata<'a>(
        &'a self,
        kind: Kind,
        namespace: &'a str,
        name: &'a str,
    ) -> BoxFuture<'a, Result<Option<ObjectMeta>, CallError>>;

    /// Makes `status` all that this writer owns of the session's status, if that still has `resource_version`. Answers with
    /// what is stored then.
    fn apply_status<'a>(
        &'a self,
        session: &'a SessionKey,
        resource_version: &'a str,
        status: &'a BallSessionStatus,
    ) -> BoxFuture<'a, Result<BallSession, CallError>>;

    /// Merges `removals` into the status of `stored`, if that is still what is stored.
    fn remove_from_status<'a>(
        &'a self,
        session: &'a SessionKey,
        stored: &'a BallSession,
        removals: &'a Value,
    ) -> BoxFuture<'a, Result<(), CallError>>;
}

impl ApiServer for Client {
    fn keys(&self) -> BoxFuture<'_, Result<String, CallError>> {
        // Its own endpoint: where `jwks_uri` of its discovery document leads, may be out of reach and is not its word.
        Box::pin(within(ANSWER_LIMIT, async move {
            let request = http::Request::get(KEYS_PATH).body(Vec::new()).map_err(kube::Error::HttpError)?;
            self.request_text(request).await
        }))
    }

    fn review<'a>(&'a self, token: &'a str) -> BoxFuture<'a, Result<TokenReviewStatus, CallError>> {
        Box::pin(within(ANSWER_LIMIT, review_token(self, token, Some(REPORT_AUDIENCE))))
    }

    fn metadata<'a>(
        &'a self,
        kind: Kind,
        namespace: &'a str,
        name: &'a str,
    ) -> BoxFuture<'a, Result<Option<ObjectMeta>, CallError>> {
        Box::pin(within(ANSWER_LIMIT, async move {
            match kind {
                Kind::Pod => metadata_of::<Pod>(self, namespace, name).await,
                Kind::ReplicaSet => metadata_of::<ReplicaSet>(self, namespace, name).await,
                Kind::Deployment => metadata_of::<Deployment>(self, namespace, name).await,
                Kind::Job => metadata_of::<Job>(self, namespace, name).await,
                Kind::BallSession => metadata_of::<BallSession>(self, namespace, name).await,
            }
        }))
    }

    fn apply_status<'a>(
        &'a self,
        session: &'a SessionKey,
        resource_version: &'a str,
        status: &'a BallSessionStatus,
    ) -> BoxFuture<'a, Result<BallSession, CallError>> {
        // Or the numbers of a deleted session could go to its successor of the same name: an apply of status is not
        // refused for a UID that differs.
        let patch = Patch::Apply(json!({
            "apiVersion": BallSession::api_version(&()),
            "kind": BallSession::kind(&()),
            "metadata": {"name": session.name, "resourceVersion": resource_version},
            "status": status,
        }));
        Box::pin(within(ANSWER_LIMIT, async move {
            let sessions = Api::<BallSession>::namespaced(self.clone(), &session.namespace);
            let params = PatchParams::apply(REPORTS_FIELD_MANAGER).force();
            sessions.patch_status(&session.name, &params, &patch).await
        }))
    }

    fn remove_from_status<'a>(
        &'a self,
        session: &'a SessionKey,
        stored: &'a BallSession,
        removals: &'a Value,
    ) -> BoxFuture<'a, Result<(), CallError>> {
        let patch = Patch::Merge(json!({
            "metadata": {"uid": session.uid, "resourceVersion": stored.metadata.resource_version},
            "status": removals,
        }));
        Box::pin(within(ANSWER_LIMIT, async move {
            let sessions = Api::<BallSession>::namespaced(self.clone(), &session.namespace);
            let params = PatchParams {
                field_manager: Some(REPORTS_FIELD_MANAGER.to_owned()),
                ..PatchParams::default()
            };
            sessions.patch_status(&session.name, &params, &patch).await.map(|_| ())
        }))
    }
}

async fn metadata_of<K>(client: &Client, namespace: &str, name: &str) -> kube::Result<Option<ObjectMeta>>
where
    K: Resource<Scope = NamespaceResourceScope, DynamicType = ()> + Clone + std::fmt::Debug,
    K: serde::de::DeserializeOwned,
{
    let objects = Api::<K>::namespaced(client.clone(), namespace);
    Ok(objects.get_metadata_opt(name).await?.map(|object| object.metadata))
}
