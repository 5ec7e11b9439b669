//! `POST /v1/reports`: takes a report, or says why not.

mod body;
mod connections;

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Extension, Router};
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout};

pub(super) use body::Post;
pub use connections::serve;

use crate::reports::Reports;
use crate::reports::auth::Role;
use crate::reports::refusal::Refusal;
use crate::reports::service::Moment;

/// When the whole of a request has to be there.
#[derive(Clone, Copy)]
struct Deadline(Instant);

/// How long it may take to find out whose report it is: some questions to the API server.
const AUTHENTICATION_LIMIT: Duration = Duration::from_secs(10);
/// Reports that are judged at a time.
const IN_FLIGHT: usize = 256;

#[derive(Clone)]
struct Endpoint {
    reports: Arc<Reports>,
    room: Arc<Semaphore>,
}

fn router(reports: Arc<Reports>) -> Router {
    Router::new()
        .route("/v1/reports", post(answer))
        // The handler reads the body itself, within a limit of its own.
        .layer(DefaultBodyLimit::disable())
        .with_state(Endpoint { reports, room: Arc::new(Semaphore::new(IN_FLIGHT)) })
}

async fn answer(
    State(endpoint): State<Endpoint>,
    Extension(deadline): Extension<Deadline>,
    request: Request,
) -> Response {
    match take(&endpoint, deadline, request).await {
        Ok(role) => {
            endpoint.reports.metrics.accepted(role);
            StatusCode::ACCEPTED.into_response()
        }
        Err(refusal) => {
            endpoint.reports.metrics.rejected(refusal.reason());
            refusal.into_response()
        }
    }
}

/// Takes a report in: the role of its sender, or why not.
async fn take(
    endpoint: &Endpoint,
    Deadline(deadline): Deadline,
    request: Request,
) -> Result<&'static str, Refusal> {
    let (head, body) = request.into_parts();
    // Before the token: a sender that gets its answer while it still sends would not read it.
    let body = body::read(&head.headers, body, deadline).await?;
    let token = bearer(&head.headers).ok_or_else(|| Refusal::Unauthorized("no bearer token".into()))?;
    let taken = judge(endpoint, token, &body).await;
    if taken.as_ref().is_err_and(Refusal::is_transient) {
        endpoint.reports.extend_grace(token, Moment::present());
    }
    taken
}

/// Takes in what has arrived.
async fn judge(endpoint: &Endpoint, token: &str, body: &[u8]) -> Result<&'static str, Refusal> {
    // Not before: whoever sends slowly takes up a connection, and nothing else.
    let _place =
        endpoint.room.try_acquire().map_err(|_| Refusal::Unavailable("too many reports at once".into()))?;
    let reporter = timeout(AUTHENTICATION_LIMIT, endpoint.reports.reporter(token, Moment::present()))
        .await
        .map_err(|_| Refusal::Unavailable("cannot tell now whose report it is".into()))??;

    let post = Post::parse(body).map_err(Refusal::Malformed)?;
    let role = match (&post, reporter.role) {
        (Post::Server(_), Role::Server) => "server",
        (Post::Client(_), Role::Client) => "client",
        (Post::Server(_), Role::Client) => return Err(Refusal::Forbidden("a client measures nothing")),
        (Post::Client(_), Role::Server) => return Err(Refusal::Forbidden("a server is no client")),
    };
    endpoint.reports.accept(&reporter, post, Moment::present())?;
    Ok(role)
}

/// The token of RFC 6750's header.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

#[cfg(test)]
mod tests;
