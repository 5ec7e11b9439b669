//! Who may see what over HTTP. In this order:
//!
//! 1. [`admission`]: whether a request needs a token, by where it comes from, and which one it has;
//! 2. whose token it is, by a TokenReview, for the [`audience`] that it names;
//! 3. whether that one has the [`right`] that is asked for, by a SubjectAccessReview.
//!
//! Answers are kept for a while ([`memory`]), and so many questions are asked a second ([`rate`]): who sends junk costs the
//! API server next to nothing, and takes nothing from others. [`checks`] puts these together, [`refusal`] says no.

mod admission;
mod audience;
mod checks;
mod memory;
mod rate;
mod refusal;
mod right;
mod visitor;

pub use admission::HttpAccess;
pub(super) use checks::Access;
pub(super) use refusal::Refusal;
pub(super) use right::Right;
pub(super) use visitor::{Visible, Visitor};

#[cfg(test)]
mod tests;
