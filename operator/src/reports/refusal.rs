//! Why a report is not taken. The status codes are a contract with the sender: 401 read the token again and retry, 403
//! stop, 413 drop this one, 429 and 503 come again later.

use std::time::Duration;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::reports::api_server::CallError;

/// When to come again where nothing better is known.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// Why a report is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refusal {
    /// No report that anybody could send.
    #[error("no report: {0}")]
    Malformed(String),
    /// Larger than [`report::post::MAX_BYTES`].
    #[error("a report has at most {} bytes", report::post::MAX_BYTES)]
    TooLarge,
    /// It did not arrive in time.
    #[error("the request took too long")]
    TooSlow,
    /// A token that proves nothing, or not any more.
    #[error("{0}")]
    Unauthorized(String),
    /// A pod that has nothing to report, or not this. Only said after asking the API server itself.
    #[error("{0}")]
    Forbidden(&'static str),
    /// More questions about tokens than the API server shall be asked.
    #[error("too many unknown tokens")]
    TooMany(Duration),
    /// It cannot be told now whose report it is, or there is no room for it.
    #[error("{0}")]
    Unavailable(String),
}

impl Refusal {
    /// The name in metrics.
    pub(super) fn reason(&self) -> &'static str {
        match self {
            Self::Malformed(_) => "malformed",
            Self::TooLarge => "too_large",
            Self::TooSlow => "too_slow",
            Self::Unauthorized(_) => "unauthorized",
            Self::Forbidden(_) => "forbidden",
            Self::TooMany(_) => "too_many_tokens",
            Self::Unavailable(_) => "unavailable",
        }
    }

    /// Whether it says nothing about the report and its sender: the same may be taken in a moment.
    pub(super) fn is_transient(&self) -> bool {
        matches!(self, Self::TooMany(_) | Self::Unavailable(_))
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::Malformed(_) => StatusCode::BAD_REQUEST,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::Unauthorized(_) => StatusCode::UNAUTHORIZED,
            Self::Forbidden(_) => StatusCode::FORBIDDEN,
            Self::TooMany(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    fn retry_after(&self) -> Option<u64> {
        let wait = match self {
            Self::TooMany(wait) => *wait,
            Self::Unavailable(_) => RETRY_AFTER,
            _ => return None,
        };
        // Whole seconds (RFC 9110, 10.2.3), rounded up.
        Some(wait.as_secs() + u64::from(wait.subsec_nanos() > 0))
    }
}

impl From<CallError> for Refusal {
    fn from(error: CallError) -> Self {
        // What the API server said is for the log: it may name what the sender has no business to know. While it does
        // not answer every report leads here, so the metrics have to tell the rest.
        tracing::debug!(%error, "cannot tell whose report it is");
        Self::Unavailable("cannot tell now whose report it is".into())
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = (self.status(), format!("{self}\n")).into_response();
        if let Some(seconds) = self.retry_after() {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_may_come_again_is_told_when() {
        let answer = |refusal: Refusal| {
            let response = refusal.into_response();
            let wait = response.headers().get(header::RETRY_AFTER).cloned();
            (response.status().as_u16(), wait.map(|wait| wait.to_str().unwrap().to_owned()))
        };
        assert_eq!(answer(Refusal::TooMany(Duration::from_millis(200))), (429, Some("1".into())));
        assert_eq!(answer(Refusal::Unavailable(String::new())), (503, Some("1".into())));
        assert_eq!(answer(Refusal::Malformed(String::new())), (400, None));
        assert_eq!(answer(Refusal::Unauthorized(String::new())), (401, None));
        assert_eq!(answer(Refusal::Forbidden("")), (403, None));
        assert_eq!(answer(Refusal::TooSlow), (408, None));
        assert_eq!(answer(Refusal::TooLarge), (413, None));
    }
}
