//! Offer or answer.

use std::fmt;

/// Which description something is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The peer's offer.
    Offer,
    /// The peer's answer.
    Answer,
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Offer => "offer",
            Self::Answer => "answer",
        })
    }
}
