//! The numbers in the forms in which they leave: summaries, their rows, and what is judged.

mod client_row;
mod client_view;
mod judged;
mod summary;

pub(crate) use client_view::Pace;
pub(crate) use judged::{judged, judged_run};
pub(crate) use summary::summary;
