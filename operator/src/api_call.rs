//! Calls to the API server that somebody waits for: each has a time limit, as the client would repeat a refused one for
//! minutes.

use std::time::Duration;

use k8s_openapi::api::authentication::v1::{TokenReview, TokenReviewSpec, TokenReviewStatus};
use kube::api::PostParams;
use kube::{Api, Client};

use crate::api_error::describe;

/// Why there is no answer of use from the API server.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CallError {
    /// It refused, or could not be reached.
    #[error("the API server: {}", describe(.0))]
    Failed(#[from] kube::Error),
    /// It took longer than this.
    #[error("no answer from the API server within {} s", .0.as_secs())]
    Late(Duration),
}

impl CallError {
    /// Whether the object is not the one any more that the call was made for: changed, or gone.
    pub(crate) fn is_stale(&self) -> bool {
        matches!(self, Self::Failed(kube::Error::Api(status)) if status.is_not_found() || status.is_conflict())
    }

    /// Whether the same call would be refused again.
    pub(crate) fn is_refusal(&self) -> bool {
        matches!(self, Self::Failed(kube::Error::Api(status)) if matches!(status.code, 400 | 403 | 413 | 422))
    }
}

/// The answer to `call`, if it comes within `limit`.
///
/// # Errors
/// Where it does not, or is none of use.
pub(crate) async fn within<T>(
    limit: Duration,
    call: impl Future<Output = kube::Result<T>>,
) -> Result<T, CallError> {
    let answer = tokio::time::timeout(limit, call).await.map_err(|_| CallError::Late(limit))?;
    Ok(answer?)
}

/// Whose token it is, if it is for an audience; without one, if it is for the API server itself.
///
/// # Errors
/// Where the API server does not say.
pub(crate) async fn review_token(
    client: &Client,
    token: &str,
    audience: Option<&str>,
) -> kube::Result<TokenReviewStatus> {
    let audiences = audience.map(|audience| vec![audience.to_owned()]);
    let spec = TokenReviewSpec { audiences, token: token.to_owned() };
    let reviews = Api::<TokenReview>::all(client.clone());
    let answer =
        reviews.create(&PostParams::default(), &TokenReview { spec, ..TokenReview::default() }).await?;
    Ok(answer.status.unwrap_or_default())
}
