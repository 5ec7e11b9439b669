//! What both sides of a session share: the summaries that server and client write, the messages on the report
//! data channel, what pods post to the operator, error codes, durations, and how small files are read that others
//! replace. With the feature `sender` also the task that posts.
//!
//! Nothing here measures or judges anything; this crate defines how results look on the wire. Readers are
//! tolerant (unknown keys are ignored, new error codes become [`ErrorCode::Other`]), because a summary may come from
//! a newer version; peers on the data channel are not trusted, so that parser is bounded and strict about values.

mod candidate_pair;
mod cause;
pub mod channel;
mod codes;
pub mod duration;
mod error_log;
pub mod judged;
pub mod last_line;
mod network_sample;
mod number;
pub mod one_way;
mod path_mtu;
pub mod post;
pub mod relay;
mod schema;
#[cfg(feature = "sender")]
pub mod sender;
mod session;
mod small_file;
mod summary;
mod text;
pub mod unreachable;
pub mod way;

pub use candidate_pair::{CandidatePair, CandidateProtocol, CandidateType, IceCandidate};
pub use cause::Cause;
pub use codes::{ErrorCode, State};
pub use error_log::{ErrorEntry, ErrorLog};
pub use network_sample::NetworkSample;
pub use number::{milliseconds, significant};
pub use path_mtu::PathMtu;
pub use schema::SCHEMA_VERSION;
pub use session::{SessionId, Stage};
pub use small_file::{SmallFileError, read_small_file};
pub use summary::{
    ClientFrames, ClientRow, ClientSetup, ClientSummary, ErrorPixels, Frames, Freezes, FreezesFrom, Gaps,
    LatencyMilliseconds, LatencySplit, Network, Pairing, Received, Recent, RowCpu, RowRecent, ServerCpu,
    SetupQuantiles, SetupTimeline, SplitQuantiles, Summary, VerdictSummary, Video,
};
pub use text::escape;
