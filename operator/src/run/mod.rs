//! The life of a run, from what is stored of it and what was observed. Pure: no I/O, and time is an argument.

mod progress;
mod stage;

pub use progress::Progress;
pub use stage::{RunStage, is_stored_run, stage};
