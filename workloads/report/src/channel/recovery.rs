//! How a client came back to pictures after a connection that had them ended.

use serde::{Deserialize, Serialize};

/// How a connection ended that had media, as its client saw it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum FormerEnd {
    /// The server said bye.
    Bye,
    /// The signalling connection ended without one.
    Eof,
    /// Signalling stayed open, and nothing that was sent was answered any more (RFC 7675).
    ConsentLost,
    /// In some other way.
    #[serde(other)]
    Other,
}

impl FormerEnd {
    /// The name, as it stands in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Bye => "bye",
            Self::Eof => "eof",
            Self::ConsentLost => "consentLost",
            Self::Other => "other",
        }
    }
}

/// Packets that nobody answered.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Unanswered {
    /// Sent on a way that had worked, since something came last.
    pub packets: u64,
    /// For so long.
    pub milliseconds: f64,
}

/// The time without pictures before a session, on the client's monotonic clock.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Recovery {
    /// From the last decoded frame of the session before to the first of this one.
    pub milliseconds: f64,
    /// So long ago that first frame was decoded.
    pub ago: f64,
    /// How the session before ended.
    pub former_end: FormerEnd,
    /// What it sent to where that server had answered, and nobody did any more: last in that session, and in those that never got
    /// going.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unanswered: Option<Unanswered>,
}
