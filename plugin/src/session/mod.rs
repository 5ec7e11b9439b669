//! What a session says of itself, and how long to wait for it. Pure: time is an argument.
//!
//! [`judge`] reads one version of a session, [`Waiter`] the versions that a watch brings one after the other.

mod condition;
mod judgement;
mod patience;
mod trouble;
mod waiter;

pub(crate) use condition::current;
pub(crate) use judgement::{Judgement, NOT_OBSERVED, Outcome, judge};
pub(crate) use waiter::{Goal, Step, Waiter};
