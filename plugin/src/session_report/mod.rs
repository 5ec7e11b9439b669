//! A session's numbers as they are handed on: one [`Report`], made from the resource, and its forms. Pure.
//!
//! The JSON form is an interface: `diff` reads what `report -o json` has written, of any version with the same
//! `schemaVersion`.

mod clients;
mod columns;
mod format;
mod junit;
mod list;
mod markdown;
mod model;
mod of_session;
mod quantity;
mod table;

pub(crate) use columns::columns;
pub(crate) use format::{Format, render};
pub(crate) use list::list;
#[cfg(test)]
pub(crate) use model::Measured;
pub(crate) use model::{Report, SCHEMA_VERSION};
pub(crate) use of_session::{report, report_judged};
pub(crate) use quantity::Quantity;
pub(crate) use table::{status, verdict};
