//! What comes on a session's report channel, and which frame a report means.

mod foreign;
mod hello;
mod message;
mod outcome;
mod own;
mod paired;
mod repeated;

pub(crate) use message::message;
pub use outcome::MessageOutcome;
