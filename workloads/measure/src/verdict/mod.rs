//! Whether a session is good enough: one pure function for `--require`, for the operator's objectives and for the pages.
//!
//! [`judge()`] looks at every client that is to be there and at all of them together; the worst decides. [`Hysteresis`]
//! keeps a verdict from turning good too soon.

mod failure;
mod hysteresis;
mod judge;
mod objectives;
mod outcome;
mod reason;

pub use failure::{Failure, Place};
pub use hysteresis::Hysteresis;
pub use judge::judge;
pub use objectives::{InvalidObjectives, Objectives};
pub use outcome::Verdict;
pub use reason::{Pending, Reason};
