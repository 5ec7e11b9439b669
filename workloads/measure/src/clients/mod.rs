//! The clients of a run, each with one row, over all its sessions.

mod latest;
mod row;
mod rows;

pub use latest::Latest;
pub(crate) use latest::latest;
pub(crate) use row::{Position, Row};
pub(crate) use rows::{RowId, Rows};
