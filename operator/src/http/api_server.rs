//! All questions to the API server on behalf of who asks over HTTP, behind a trait, so that every refusal can be tested
//! without one.

use std::time::Duration;

use futures_util::future::BoxFuture;
use k8s_openapi::api::authentication::v1::TokenReviewStatus;
use k8s_openapi::api::authorization::v1::{SubjectAccessReview, SubjectAccessReviewSpec};
use kube::api::PostParams;
use kube::{Api, Client};

use crate::api_call::{CallError, review_token, within};
use crate::cluster::Guard;

/// How long an answer may take: whoever asks waits as long.
const ANSWER_LIMIT: Duration = Duration::from_secs(3);

/// The API server.
pub(super) trait ApiServer: Send + Sync + 'static {
    /// Whose token it is, if it is for an audience; without one, if it is for the API server itself.
    fn review_token<'a>(
        &'a self,
        token: &'a str,
        audience: Option<&'a str>,
    ) -> BoxFuture<'a, Result<TokenReviewStatus, CallError>>;

    /// Whether somebody may do something.
    fn is_allowed(&self, question: SubjectAccessReviewSpec) -> BoxFuture<'_, Result<bool, CallError>>;

    /// What is stored of a session now; `None` where there is none, or none that the operator may see.
    fn stored<'a>(
        &'a self,
        namespace: &'a str,
        name: &'a str,
    ) -> BoxFuture<'a, Result<Option<Guard>, CallError>>;
}

impl ApiServer for Client {
    fn review_token<'a>(
        &'a self,
        token: &'a str,
        audience: Option<&'a str>,
    ) -> BoxFuture<'a, Result<TokenReviewStatus, CallError>> {
        Box::pin(within(ANSWER_LIMIT, review_token(self, token, audience)))
    }

    fn is_allowed(&self, question: SubjectAccessReviewSpec) -> BoxFuture<'_, Result<bool, CallError>> {
        let review = SubjectAccessReview { spec: question, ..SubjectAccessReview::default() };
        Box::pin(within(ANSWER_LIMIT, async move {
            let reviews = Api::<SubjectAccessReview>::all(self.clone());
            let answer = reviews.create(&PostParams::default(), &review).await?;
            Ok(answer.status.is_some_and(|status| status.allowed))
        }))
    }

    fn stored<'a>(
        &'a self,
        namespace: &'a str,
        name: &'a str,
    ) -> BoxFuture<'a, Result<Option<Guard>, CallError>> {
        Box::pin(within(ANSWER_LIMIT, async move {
            let sessions = Api::<Guard>::namespaced(self.clone(), namespace);
            match sessions.get_opt(name).await {
                // Where the operator runs no sessions it may not look for any.
                Err(kube::Error::Api(status)) if status.is_forbidden() => Ok(None),
                found => found,
            }
        }))
    }
}
