//! How reports are answered. The status codes are a contract with the sender: 401 read the token again and retry, 403
//! wait for ten minutes, 413 drop this one, 429 and 503 come again later.

use std::time::Duration;

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use report::post::Answer;

use crate::reports::refusal::Refusal;

/// When to come again where nothing better is known.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// The answer to a report that is taken.
pub(super) fn accepted(answer: Option<&Answer>) -> Response {
    match answer {
        Some(answer) => (StatusCode::ACCEPTED, Json(answer)).into_response(),
        None => StatusCode::ACCEPTED.into_response(),
    }
}

/// The answer to a report that is not taken.
pub(super) fn refused(refusal: &Refusal) -> Response {
    let mut response = (status_code(refusal), format!("{refusal}\n")).into_response();
    if let Some(seconds) = retry_after(refusal) {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

fn status_code(refusal: &Refusal) -> StatusCode {
    match refusal {
        Refusal::Malformed(_) => StatusCode::BAD_REQUEST,
        Refusal::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        Refusal::TooSlow => StatusCode::REQUEST_TIMEOUT,
        Refusal::Unauthorized(_) => StatusCode::UNAUTHORIZED,
        Refusal::Forbidden(_) => StatusCode::FORBIDDEN,
        Refusal::TooMany(_) => StatusCode::TOO_MANY_REQUESTS,
        Refusal::UnknownKey(_) | Refusal::Standby | Refusal::Unavailable(_) => {
            StatusCode::SERVICE_UNAVAILABLE
        }
    }
}

/// Seconds until it makes sense to come again.
fn retry_after(refusal: &Refusal) -> Option<u64> {
    let wait = match refusal {
        Refusal::TooMany(wait) => *wait,
        Refusal::UnknownKey(wait) => (*wait).max(RETRY_AFTER),
        Refusal::Standby | Refusal::Unavailable(_) => RETRY_AFTER,
        _ => return None,
    };
    // Whole seconds (RFC 9110, 10.2.3), rounded up.
    Some(wait.as_secs() + u64::from(wait.subsec_nanos() > 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_may_come_again_is_told_when() {
        let answer = |refusal: Refusal| {
            let response = refused(&refusal);
            let wait = response.headers().get(header::RETRY_AFTER).cloned();
            (response.status().as_u16(), wait.map(|wait| wait.to_str().unwrap().to_owned()))
        };
        assert_eq!(answer(Refusal::TooMany(Duration::from_millis(200))), (429, Some("1".into())));
        assert_eq!(answer(Refusal::UnknownKey(Duration::ZERO)), (503, Some("1".into())));
        assert_eq!(answer(Refusal::UnknownKey(Duration::from_millis(28_100))), (503, Some("29".into())));
        assert_eq!(answer(Refusal::Unavailable(String::new())), (503, Some("1".into())));
        assert_eq!(answer(Refusal::Standby), (503, Some("1".into())));
        assert_eq!(answer(Refusal::Malformed(String::new())), (400, None));
        assert_eq!(answer(Refusal::Unauthorized(String::new())), (401, None));
        assert_eq!(answer(Refusal::Forbidden("")), (403, None));
        assert_eq!(answer(Refusal::TooSlow), (408, None));
        assert_eq!(answer(Refusal::TooLarge), (413, None));
    }
}
