//! Questions to the API server. Where it does not answer, the sender has to come again.

use k8s_openapi::api::authentication::v1::TokenReviewStatus;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use crate::reports::api_server::{ApiServer, CallError, Kind};
use crate::reports::refusal::Refusal;

/// Whose token it is.
pub(super) async fn review(api_server: &dyn ApiServer, token: &str) -> Result<TokenReviewStatus, Refusal> {
    api_server.review(token).await.map_err(|error| unavailable(&error))
}

/// The metadata of an object, if it exists under this UID.
pub(super) async fn metadata(
    api_server: &dyn ApiServer,
    kind: Kind,
    namespace: &str,
    name: &str,
    uid: &str,
) -> Result<Option<ObjectMeta>, Refusal> {
    let found = api_server.metadata(kind, namespace, name).await.map_err(|error| unavailable(&error))?;
    Ok(found.filter(|metadata| metadata.uid.as_deref() == Some(uid)))
}

fn unavailable(error: &CallError) -> Refusal {
    // What the API server said is for the log: it may name what the sender has no business to know. While it does not
    // answer every report leads here, so the metrics have to count the rest.
    tracing::debug!(%error, "authentication unavailable");
    Refusal::Unavailable("cannot tell now whose report it is".into())
}
