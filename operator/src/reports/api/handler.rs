//! `POST /v1/reports`: from a request to its answer.

use std::sync::Arc;

use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{HeaderMap, header};
use axum::response::Response;
use axum::routing::post;
use axum::{Extension, Router};
use process::connections::Activity;
use tokio::time::Instant;

use crate::reports::api::intake::{Intake, Taken};
use crate::reports::api::{answer, body};
use crate::reports::refusal::Refusal;

/// How a request arrives.
#[derive(Clone)]
pub(super) struct Arrival {
    /// When the whole of it has to be there.
    pub(super) deadline: Instant,
    /// Is told when it is.
    pub(super) activity: Activity,
}

/// The endpoint. Each request needs an [`Arrival`] as its extension.
pub(super) fn router(intake: Arc<Intake>) -> Router {
    Router::new()
        .route("/v1/reports", post(handle))
        // The handler reads the body itself, within a limit of its own.
        .layer(DefaultBodyLimit::disable())
        .with_state(intake)
}

async fn handle(
    State(intake): State<Arc<Intake>>,
    Extension(arrival): Extension<Arrival>,
    request: Request,
) -> Response {
    let taken = take(&intake, arrival, request).await;
    intake.count(&taken);
    match taken {
        Ok(taken) => answer::accepted(taken.answer.as_ref()),
        Err(refusal) => answer::refused(&refusal),
    }
}

async fn take(intake: &Intake, arrival: Arrival, request: Request) -> Result<Taken, Refusal> {
    let (head, body) = request.into_parts();
    // Before the token: a sender that gets its answer while it still sends would not read it.
    let body = body::read(&head.headers, body, arrival.deadline).await?;
    arrival.activity.complete();
    let token = bearer(&head.headers).ok_or_else(|| Refusal::Unauthorized("no bearer token".into()))?;
    intake.take(token, &body).await
}

/// The token of RFC 6750's header.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}
