//! All calls of the reports to the API server, behind a trait, so that every refusal can be tested without one.

use std::time::Duration;

use crds::contract::{REPORT_AUDIENCE, REPORTS_FIELD_MANAGER};
use crds::{BallSession, BallSessionStatus};
use futures_util::future::BoxFuture;
use k8s_openapi::api::apps::v1::{Deployment, ReplicaSet};
use k8s_openapi::api::authentication::v1::{TokenReview, TokenReviewSpec, TokenReviewStatus};
use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::Pod;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::api::{Patch, PatchParams, PostParams};
use kube::core::NamespaceResourceScope;
use kube::{Api, Client, Resource};
use serde_json::{Value, json};

use crate::api_error::describe;
use crate::reports::stores::SessionKey;

/// How long an answer may take. The client would repeat a refused call for minutes.
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

/// Why there is no answer of use from the API server.
#[derive(Debug, thiserror::Error)]
pub(super) enum CallError {
    /// It refused, or could not be reached.
    #[error("the API server: {}", describe(.0))]
    Failed(#[from] kube::Error),
    /// It took too long.
    #[error("no answer from the API server within {} s", ANSWER_LIMIT.as_secs())]
    Late,
}

impl CallError {
    /// Whether the object is not the one any more that the call was made for: changed, or gone.
    pub(super) fn is_stale(&self) -> bool {
        matches!(self, Self::Failed(kube::Error::Api(status)) if status.is_not_found() || status.is_conflict())
    }

    /// Whether the same call would be refused again.
    pub(super) fn is_refusal(&self) -> bool {
        matches!(self, Self::Failed(kube::Error::Api(status)) if matches!(status.code, 400 | 403 | 413 | 422))
    }
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
        Box::pin(in_time(async move {
            let request = http::Request::get(KEYS_PATH).body(Vec::new()).map_err(kube::Error::HttpError)?;
            self.request_text(request).await
        }))
    }

    fn review<'a>(&'a self, token: &'a str) -> BoxFuture<'a, Result<TokenReviewStatus, CallError>> {
        let spec =
            TokenReviewSpec { audiences: Some(vec![REPORT_AUDIENCE.to_owned()]), token: token.to_owned() };
        let review = TokenReview { spec, ..TokenReview::default() };
        Box::pin(in_time(async move {
            let reviews = Api::<TokenReview>::all(self.clone());
            let answer = reviews.create(&PostParams::default(), &review).await?;
            Ok(answer.status.unwrap_or_default())
        }))
    }

    fn metadata<'a>(
        &'a self,
        kind: Kind,
        namespace: &'a str,
        name: &'a str,
    ) -> BoxFuture<'a, Result<Option<ObjectMeta>, CallError>> {
        Box::pin(in_time(async move {
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
        Box::pin(in_time(async move {
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
        Box::pin(in_time(async move {
            let sessions = Api::<BallSession>::namespaced(self.clone(), &session.namespace);
            let params = PatchParams {
                field_manager: Some(REPORTS_FIELD_MANAGER.to_owned()),
                ..PatchParams::default()
            };
            sessions.patch_status(&session.name, &params, &patch).await.map(|_| ())
        }))
    }
}

async fn in_time<T>(call: impl Future<Output = kube::Result<T>>) -> Result<T, CallError> {
    let answer = tokio::time::timeout(ANSWER_LIMIT, call).await.map_err(|_| CallError::Late)?;
    Ok(answer?)
}

async fn metadata_of<K>(client: &Client, namespace: &str, name: &str) -> kube::Result<Option<ObjectMeta>>
where
    K: Resource<Scope = NamespaceResourceScope, DynamicType = ()> + Clone + std::fmt::Debug,
    K: serde::de::DeserializeOwned,
{
    let objects = Api::<K>::namespaced(client.clone(), namespace);
    Ok(objects.get_metadata_opt(name).await?.map(|object| object.metadata))
}
