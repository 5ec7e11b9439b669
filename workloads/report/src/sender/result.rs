//! What became of a post: the meaning of the operator's answers. The status codes are a contract between it and the pods.

use std::time::Duration;

use http::{HeaderValue, StatusCode};

/// What became of a post.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PostResult {
    /// It was taken.
    Accepted,
    /// The token is not valid, or no more: another one may be.
    Unauthorized,
    /// This pod has nothing to report, as far as the operator knows.
    Forbidden,
    /// This post is refused, and would be again; later ones may not be.
    Refused,
    /// Not now. The operator may have said when.
    Busy { retry_after: Option<Duration> },
    /// Nobody answered.
    Unreachable,
    /// There was no token to send it with.
    NoToken,
    /// Who answered did not prove to be the operator, or there was nothing to check that by.
    Untrusted,
}

impl PostResult {
    /// All labels.
    pub(super) const LABELS: [&'static str; 8] =
        ["accepted", "unauthorized", "forbidden", "refused", "busy", "unreachable", "no_token", "untrusted"];

    /// What an answer with this status means.
    pub(super) fn of(status: StatusCode, retry_after: Option<&HeaderValue>) -> Self {
        match status {
            _ if status.is_success() => Self::Accepted,
            StatusCode::UNAUTHORIZED => Self::Unauthorized,
            StatusCode::FORBIDDEN => Self::Forbidden,
            // A request that took too long may be faster the next time.
            StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT => {
                Self::Busy { retry_after: retry_after.and_then(seconds) }
            }
            _ if status.is_server_error() => Self::Busy { retry_after: retry_after.and_then(seconds) },
            // A redirect is not followed: the token would go to somebody else.
            _ => Self::Refused,
        }
    }

    /// The name in metrics.
    pub(super) fn label(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Unauthorized => "unauthorized",
            Self::Forbidden => "forbidden",
            Self::Refused => "refused",
            Self::Busy { .. } => "busy",
            Self::Unreachable => "unreachable",
            Self::NoToken => "no_token",
            Self::Untrusted => "untrusted",
        }
    }
}

/// The seconds of a Retry-After header; its other form, a date, is of no use without a clock in common.
fn seconds(header: &HeaderValue) -> Option<Duration> {
    header.to_str().ok()?.trim().parse().ok().map(Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_has_its_meaning() {
        let busy = PostResult::Busy { retry_after: None };
        for (status, meaning) in [
            (202, PostResult::Accepted),
            (200, PostResult::Accepted),
            (401, PostResult::Unauthorized),
            (403, PostResult::Forbidden),
            (413, PostResult::Refused),
            (400, PostResult::Refused),
            (404, PostResult::Refused),
            (307, PostResult::Refused),
            (408, busy),
            (429, busy),
            (500, busy),
            (503, busy),
        ] {
            assert_eq!(PostResult::of(StatusCode::from_u16(status).unwrap(), None), meaning, "{status}");
        }
    }

    #[test]
    fn retry_after_is_read_where_it_is_a_number_of_seconds() {
        let of = |value: &'static str| match PostResult::of(
            StatusCode::SERVICE_UNAVAILABLE,
            Some(&HeaderValue::from_static(value)),
        ) {
            PostResult::Busy { retry_after } => retry_after,
            other => panic!("{other:?}"),
        };
        assert_eq!(of("7"), Some(Duration::from_secs(7)));
        assert_eq!(of("0"), Some(Duration::ZERO));
        for useless in ["-1", "soon", "", "99999999999999999999", "Wed, 21 Oct 2026 07:28:00 GMT"] {
            assert_eq!(of(useless), None, "{useless}");
        }
    }

    #[test]
    fn every_label_is_listed() {
        let results = [
            PostResult::Accepted,
            PostResult::Unauthorized,
            PostResult::Forbidden,
            PostResult::Refused,
            PostResult::Busy { retry_after: None },
            PostResult::Unreachable,
            PostResult::NoToken,
            PostResult::Untrusted,
        ];
        assert_eq!(results.map(PostResult::label), PostResult::LABELS);
    }
}
