//! Counters and distributions: of a client, of all clients, of the last while. What goes in is an [`Entry`], what comes out
//! has the form in which it is reported.

mod buckets;
mod compact;
mod distribution;
mod entry;
mod frame_statistics;
mod grid;
mod histogram;
mod log;
mod longest;
mod samples;
mod setup_statistics;
mod slices;
mod split;
mod window;

pub(crate) use compact::Compact;
pub(crate) use distribution::Distribution;
pub(crate) use entry::{Entry, Fate};
pub(crate) use frame_statistics::FrameStatistics;
pub(crate) use grid::Grid;
pub use histogram::{Histogram, Histograms};
pub(crate) use log::{Log, Logged};
pub(crate) use samples::Samples;
pub(crate) use setup_statistics::{SetupStatistics, of_list};
pub(crate) use split::Split;
pub(crate) use window::Window;
