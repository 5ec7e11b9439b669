//! How sessions end.

use report::ErrorCode;

/// How a session ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    /// One side said bye.
    Bye,
    /// The peer was gone without a bye; counts as [`ErrorCode::PeerLost`].
    Lost,
    /// It never worked, or broke.
    Failed {
        /// The stage that failed.
        code: ErrorCode,
        /// What happened, for people.
        message: String,
    },
}
