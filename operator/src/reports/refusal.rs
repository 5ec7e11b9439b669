//! The reasons for which a report is not taken, apart from how they are answered.

use std::time::Duration;

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
    /// A pod that has nothing to report, or not this. Where it is of no session, only said after asking the API server itself.
    #[error("{0}")]
    Forbidden(&'static str),
    /// A token that names a key which is not known; the API server is asked for its keys again after this time.
    #[error("the token names a key that the API server has not published yet")]
    UnknownKey(Duration),
    /// More questions about tokens than the API server shall be asked.
    #[error("too many unknown tokens")]
    TooMany(Duration),
    /// This operator stands by: another one takes reports.
    #[error("another replica of the operator takes reports")]
    Standby,
    /// It cannot be found out now whose report it is, or too many are under way.
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
            Self::UnknownKey(_) => "unknown_key",
            Self::TooMany(_) => "too_many_tokens",
            Self::Standby => "standby",
            Self::Unavailable(_) => "unavailable",
        }
    }

    /// Whether it says nothing about the report and its sender: the same may be taken in a moment.
    pub(super) fn is_transient(&self) -> bool {
        matches!(self, Self::UnknownKey(_) | Self::TooMany(_) | Self::Standby | Self::Unavailable(_))
    }
}
