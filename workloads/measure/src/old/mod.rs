//! The verdict: numbers compared with what is asked for. Pure.

mod judge;
mod numbers;
mod outcome;
mod reason;

pub use judge::verdict;
pub use numbers::Numbers;
pub use outcome::Verdict;
pub use reason::{Failure, Reason};
