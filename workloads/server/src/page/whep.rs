//! WHEP (draft-ietf-wish-whep): a browser posts an SDP offer and gets an answer and a resource, and deletes that when
//! it has seen enough. All candidates are in the answer, and those of the browser are learned from what it sends, so
//! there is nothing to PATCH.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, post};
use axum::{Extension, Router};
use media::fanout::FanoutError;
use process::Endpoints;
use process::pages::is_same_origin;

use super::refusal::{Refusal, refused};
use super::viewers::{Key, Unavailable, Viewers};

const SDP: &str = "application/sdp";

/// The longest offer, in bytes. A browser's is about 5 kB.
const MOST_BYTES: usize = 64 * 1024;

/// How long an offer may take to come in.
const OFFER_LIMIT: Duration = Duration::from_secs(5);

pub(super) fn router(viewers: &Arc<Viewers>) -> Router {
    Router::new()
        .route("/whep", post(watch))
        .route("/whep/{key}", delete(end))
        .with_state(Arc::clone(viewers))
}

async fn watch(
    State(viewers): State<Arc<Viewers>>,
    Extension(endpoints): Extension<Endpoints>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    check_origin(&headers)?;
    check_content_type(&headers)?;
    let offer = read(body).await?;
    let (key, answer) = viewers.admit(endpoints, offer).await?;
    let headers = [(header::CONTENT_TYPE, SDP.to_owned()), (header::LOCATION, format!("/whep/{key:016x}"))];
    Ok((StatusCode::CREATED, headers, answer).into_response())
}

async fn end(
    State(viewers): State<Arc<Viewers>>,
    Path(key): Path<String>,
    headers: HeaderMap,
) -> Result<StatusCode, Refusal> {
    check_origin(&headers)?;
    let ended = Key::from_str_radix(&key, 16).is_ok_and(|key| viewers.end(key));
    if ended { Ok(StatusCode::OK) } else { Err(refused(StatusCode::NOT_FOUND, format!("no viewer {key:?}"))) }
}

fn check_origin(headers: &HeaderMap) -> Result<(), Refusal> {
    let why = "the request comes from a page of another site; only this server's own page may watch";
    if is_same_origin(headers) { Ok(()) } else { Err(refused(StatusCode::FORBIDDEN, why)) }
}

fn check_content_type(headers: &HeaderMap) -> Result<(), Refusal> {
    let given = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("none");
    let essence = given.split(';').next().unwrap_or_default().trim();
    if essence.eq_ignore_ascii_case(SDP) {
        return Ok(());
    }
    let why = format!("the content type is {given:?}, an offer is {SDP}");
    Err(refused(StatusCode::UNSUPPORTED_MEDIA_TYPE, why))
}

async fn read(body: Body) -> Result<String, Refusal> {
    let bytes: Bytes = match tokio::time::timeout(OFFER_LIMIT, axum::body::to_bytes(body, MOST_BYTES)).await {
        Ok(Ok(bytes)) => bytes,
        Ok(Err(_)) => {
            let why = format!("the offer is longer than {MOST_BYTES} bytes, or broke off");
            return Err(refused(StatusCode::PAYLOAD_TOO_LARGE, why));
        }
        Err(_) => {
            let why = format!("the offer did not come within {} s", OFFER_LIMIT.as_secs());
            return Err(refused(StatusCode::REQUEST_TIMEOUT, why));
        }
    };
    String::from_utf8(bytes.into()).map_err(|_| refused(StatusCode::BAD_REQUEST, "the offer is not UTF-8"))
}

impl From<Unavailable> for Refusal {
    fn from(error: Unavailable) -> Self {
        let status = match &error {
            Unavailable::Full
            | Unavailable::Ending
            | Unavailable::NotReachable(_)
            | Unavailable::Fanout(FanoutError::ShuttingDown) => StatusCode::SERVICE_UNAVAILABLE,
            Unavailable::Fanout(
                FanoutError::Offer(_)
                | FanoutError::Description(_)
                | FanoutError::NoVideo
                | FanoutError::NoVp8(_),
            ) => StatusCode::BAD_REQUEST,
            Unavailable::Fanout(_) => StatusCode::INTERNAL_SERVER_ERROR,
        };
        refused(status, error.to_string())
    }
}

#[cfg(test)]
mod tests;
