//! From prepared children to children in the cluster.

mod applier;
pub(super) mod difference;
mod error;
mod job;
mod quantity;

pub use applier::Outcome;
pub(super) use applier::{Tools, apply};
pub use error::Error;
