//! What a session's numbers say, for machines: deployment tools that wait for a verdict, and go on or back by it.
//!
//! [`judge()`] makes it of what is stored of the session and nothing else; [`query`] is what somebody asks beside it.

mod judge;
mod judgement;
mod numbers;
mod query;

pub(crate) use judge::{judge, undecodable, unseen};
pub(crate) use judgement::{Judgement, Verdict};
pub(crate) use query::Query;

#[cfg(test)]
mod tests;
