//! The body of a request: bounded in size and time.

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, header};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use report::post::MAX_BYTES;
use tokio::time::{Instant, timeout_at};

use crate::reports::refusal::Refusal;

/// Reads all of the body until `deadline`. One that says that it is too large is not read at all.
pub(super) async fn read(headers: &HeaderMap, body: Body, deadline: Instant) -> Result<Bytes, Refusal> {
    let length = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    if length.is_some_and(|length: u64| length > MAX_BYTES as u64) {
        return Err(Refusal::TooLarge);
    }
    match timeout_at(deadline, Limited::new(body, MAX_BYTES).collect()).await {
        Ok(Ok(body)) => Ok(body.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(Refusal::TooLarge),
        Ok(Err(error)) => Err(Refusal::Malformed(error.to_string())),
        Err(_) => Err(Refusal::TooSlow),
    }
}
