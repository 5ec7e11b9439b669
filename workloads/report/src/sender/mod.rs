//! Posts what a process has to report to the operator: one task, which sends a snapshot when one is due and minds the
//! answer.
//!
//! ```text
//! changes, time -> schedule (pure): when --> source: a snapshot --> poster: HTTP, TLS --> result (pure): what it means
//!                     ^---------------------------------------------------------------------'
//! ```
//! Whoever is reported on never waits: a change is a flag that is raised, and nothing is queued, because a snapshot is made
//! when it is sent and holds all that happened before.

mod connect;
mod counters;
mod file;
mod handle;
mod log;
mod pace;
mod poster;
mod resolver;
mod result;
mod schedule;
mod source;
mod target;
mod task;
mod tls;
mod untaken;

pub use counters::PostCounters;
pub use handle::Sender;
pub use pace::Pace;
pub use poster::MAX_ANSWER_BYTES;
pub use source::{Source, SourceState};
pub use target::{InvalidUrl, MissingCa, Target, Url};
pub use task::LAST_POST_LIMIT;
pub use untaken::Untaken;
