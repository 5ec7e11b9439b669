//! Measures what sessions cost. Two programs, each a module here:
//!
//! - [`load`]: many sessions of one process that answer every frame without decoding it, to find out how many sessions
//!   a server carries;
//! - [`stages`]: what each stage of a frame costs, from drawing to detection, and what detectors cost and find.
//!
//! `bench/run` runs both, and whole programs beside each other.

mod clock;
pub mod load;
mod program;
pub mod stages;
mod statistics;

pub use program::program;
