//! From prepared children to children in the cluster.

mod admitted;
mod all;
mod applier;
mod attempt;
mod contests;
pub(super) mod difference;
mod error;
mod refusals;
mod remade;

pub use all::Outcome;
pub(super) use all::apply;
pub(super) use applier::Tools;
pub(super) use contests::Contests;
pub use error::Error;
pub(super) use refusals::Refusals;
