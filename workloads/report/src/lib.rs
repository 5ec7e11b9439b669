//! The words both sides of a session share: the summaries that server and client write, the messages on the report
//! data channel, what pods post to the operator, error codes and durations. With the feature `sender` also the task
//! that posts.
//!
//! Nothing here measures or judges anything; this crate says how results look on the wire. Readers are
//! tolerant (unknown keys are ignored, new error codes become [`ErrorCode::Other`]), because a summary may come from
//! a newer version; peers on the data channel are not trusted, so that parser is bounded and strict about values.

pub mod channel;
mod client;
mod codes;
pub mod duration;
mod error_log;
mod number;
pub mod post;
#[cfg(feature = "sender")]
pub mod sender;
mod session;
mod summary;
mod text;

pub use client::{ClientFrames, ClientSetup, ClientSummary};
pub use codes::{ErrorCode, State};
pub use error_log::{ErrorEntry, ErrorLog};
pub use number::{milliseconds, significant};
pub use session::{SessionId, Stage};
pub use summary::{
    ClientRow, ErrorPixels, Frames, Freezes, LatencyMilliseconds, Pairing, Recent, SetupQuantiles,
    SetupTimeline, Summary, Video,
};
pub use text::escape;

/// The version of the summaries' JSON. It changes only when a reader of the old form would misread the new one.
pub const SCHEMA_VERSION: u32 = 1;
