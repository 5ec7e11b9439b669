//! Who reports.

use crate::reports::stores::{PodKey, SessionKey};

/// What a pod is in its session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::reports) enum Role {
    Server,
    Client,
}

/// A pod that reports, and the session that it belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::reports) struct Reporter {
    pub(in crate::reports) session: SessionKey,
    pub(in crate::reports) role: Role,
    pub(in crate::reports) pod: PodKey,
}

impl Role {
    /// The label's value in metrics.
    pub(in crate::reports) fn as_str(self) -> &'static str {
        match self {
            Self::Server => "server",
            Self::Client => "client",
        }
    }
}
