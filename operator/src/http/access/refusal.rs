//! How somebody is told that he may not see something, in one line that says what is missing.

use std::time::Duration;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

/// Why something is not shown.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(in crate::http) enum Refusal {
    /// There is no token.
    #[error("a token is needed: Authorization: Bearer TOKEN, of a ServiceAccount or user of this cluster")]
    NoToken,
    /// The API server knows nobody by the token.
    #[error("the API server does not accept the token")]
    BadToken,
    /// Somebody has not the right that is named.
    #[error("{user} has no right to {missing}")]
    Forbidden {
        /// Whose token it is.
        user: String,
        /// The right, in words.
        missing: String,
    },
    /// More questions than the API server shall be asked.
    #[error("too many questions to the API server about who may see what")]
    TooMany(Duration),
    /// It cannot be found out now.
    #[error("{0}")]
    Unavailable(String),
}

impl Refusal {
    fn code(&self) -> StatusCode {
        match self {
            Self::NoToken | Self::BadToken => StatusCode::UNAUTHORIZED,
            Self::Forbidden { .. } => StatusCode::FORBIDDEN,
            Self::TooMany(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = (self.code(), format!("{self}\n")).into_response();
        let headers = response.headers_mut();
        match self {
            Self::NoToken => {
                let challenge = HeaderValue::from_static("Bearer realm=\"ballsession\"");
                headers.insert(header::WWW_AUTHENTICATE, challenge);
            }
            Self::BadToken => {
                let challenge =
                    HeaderValue::from_static("Bearer realm=\"ballsession\", error=\"invalid_token\"");
                headers.insert(header::WWW_AUTHENTICATE, challenge);
            }
            Self::TooMany(wait) => {
                headers.insert(header::RETRY_AFTER, seconds(wait).into());
            }
            Self::Unavailable(_) => {
                headers.insert(header::RETRY_AFTER, 1.into());
            }
            Self::Forbidden { .. } => {}
        }
        response
    }
}

/// Whole ones, and never none.
fn seconds(wait: Duration) -> u64 {
    wait.as_secs() + u64::from(wait.subsec_nanos() > 0).max(u64::from(wait.as_secs() == 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_refusal_has_its_code_and_says_how_to_go_on() {
        let forbidden = Refusal::Forbidden { user: "eve".into(), missing: "get the path /metrics".into() };
        assert_eq!(forbidden.to_string(), "eve has no right to get the path /metrics");
        for (refusal, code, header) in [
            (Refusal::NoToken, 401, Some((header::WWW_AUTHENTICATE, "Bearer realm=\"ballsession\""))),
            (
                Refusal::BadToken,
                401,
                Some((header::WWW_AUTHENTICATE, "Bearer realm=\"ballsession\", error=\"invalid_token\"")),
            ),
            (forbidden, 403, None),
            (Refusal::TooMany(Duration::from_millis(1200)), 429, Some((header::RETRY_AFTER, "2"))),
            (Refusal::TooMany(Duration::from_secs(3)), 429, Some((header::RETRY_AFTER, "3"))),
            (Refusal::Unavailable("a".into()), 503, Some((header::RETRY_AFTER, "1"))),
        ] {
            let response = refusal.clone().into_response();
            assert_eq!(response.status(), code, "{refusal:?}");
            for name in [header::WWW_AUTHENTICATE, header::RETRY_AFTER] {
                let expected = header.as_ref().filter(|(header, _)| *header == name).map(|(_, value)| *value);
                let found = response.headers().get(&name).map(|value| value.to_str().unwrap());
                assert_eq!(found, expected, "{refusal:?}");
            }
        }
    }
}
