//! The messages on the report data channel. Our own server and client speak JSON text, one object a message; what other
//! programs send instead is in [`Foreign`].
//!
//! The first message on our channel is a hello. Then each reports one frame, named by its RTP timestamp, and repeats what
//! became of the last ones before; once a second one has the client's own counters. The channel is unordered and does not
//! retransmit, so any message may be missing, repeated or early. Whoever parses trusts nothing: length, names and numbers
//! are bounded here, once for all.

mod bounds;
mod foreign;
mod frame_report;
mod hello;
mod limits;
mod malformed;
mod message;
mod outcome;
mod own_report;
mod previous;
mod recovery;
mod stats;
mod wire;
mod wire_report;

pub use bounds::is_name;
pub use foreign::{Foreign, QUESTION, is_question};
pub use frame_report::FrameReport;
pub use hello::Hello;
pub use limits::{LABEL, MAX_COORDINATE, MAX_MESSAGE, MAX_NAME, MAX_NODE, MAX_PREVIOUS};
pub use malformed::Malformed;
pub use message::Message;
pub use outcome::FrameOutcome;
pub use previous::Previous;
pub use recovery::{FormerEnd, Recovery, Unanswered};
pub use stats::{ClientCpu, ClientStats};
