//! The answer to a request that is refused: one line.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

/// A status and why.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) status: StatusCode,
    pub(super) why: String,
}

/// A refusal with `status`.
pub(super) fn refused(status: StatusCode, why: impl Into<String>) -> Refusal {
    Refusal { status, why: why.into() }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        // The reason may quote the request; it stays text, on one line.
        let line = self.why.replace(char::is_control, " ");
        let headers = [
            (header::CONTENT_TYPE, "text/plain; charset=utf-8"),
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        ];
        (self.status, headers, format!("{line}\n")).into_response()
    }
}
