//! Counters and distributions: of a client, of all clients, of the last while. What goes in is an [`Entry`], what comes out
//! has the form in which it is reported.

mod distribution;
mod entry;
mod frame_statistics;
mod histogram;
mod setup_statistics;
mod window;

pub(crate) use entry::{Entry, Fate};
pub(crate) use frame_statistics::FrameStatistics;
pub use histogram::{Histogram, Histograms};
pub(crate) use setup_statistics::SetupStatistics;
pub(crate) use window::Window;
