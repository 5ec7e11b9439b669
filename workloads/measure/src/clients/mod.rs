//! The clients of a run, each with one row, over all its sessions.

mod latest;
mod row;
mod rows;
mod viewer;
mod wanted;
mod wanting;
mod ways;

pub use latest::Latest;
pub(crate) use latest::latest;
pub(crate) use row::{Opening, Position, Row};
pub(crate) use rows::{RowId, Rows};
pub(crate) use viewer::{Stills, Viewer};
pub(crate) use wanting::Wanting;
pub(crate) use ways::Ways;
