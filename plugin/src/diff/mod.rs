//! Which of two reports is worse. Pure.

mod compare;
mod noise;
mod table;

pub(crate) use compare::compare;
pub(crate) use table::table;
