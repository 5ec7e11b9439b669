//! What both programs and the way between them say of themselves, over the window.

mod network;
mod program;
mod samples;
mod span;

pub(crate) use network::NetworkSeries;
pub(crate) use program::{ProgramFigures, ProgramSeries};
pub use report::NetworkSample;
pub use samples::ProgramSample;
pub(crate) use span::{since, stretch};
