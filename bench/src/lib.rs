//! Measures what sessions cost, and whether faults are seen. Five programs, each a module here:
//!
//! - [`hostile`]: one peer that does its worst, to find out what others have of it;
//! - [`load`]: many sessions of one process that answer every frame without decoding it, to find out how many sessions
//!   a server carries;
//! - [`operator_load`]: an operator with sessions by the thousand whose pods only report: its memory, how soon it is done with
//!   them, and how much it writes;
//! - [`relay`]: a bad network between a server and clients, which a line on stdin makes better or worse;
//! - [`stages`]: what each stage of a frame costs, from drawing to detection, and what detectors cost and find.
//!
//! `bench/run` runs them, and whole programs beside each other.

mod clock;
pub mod hostile;
pub mod load;
pub mod operator_load;
mod program;
pub mod relay;
pub mod stages;
mod statistics;

pub use program::program;
