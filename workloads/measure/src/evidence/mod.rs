//! What both programs and the way between them say of themselves, over the window.

mod network;
mod program;
mod samples;

pub(crate) use network::NetworkSeries;
pub(crate) use program::{ProgramFigures, ProgramSeries};
pub use report::NetworkSample;
pub use samples::ProgramSample;
