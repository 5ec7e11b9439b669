//! The summaries that server and client write. A quantity without samples is null, never 0.

mod client;
mod frames;
mod quantities;
mod recent;
mod row;
mod server;

pub use client::{ClientFrames, ClientSetup, ClientSummary};
pub use frames::Frames;
pub use quantities::{
    ErrorPixels, Freezes, Gaps, LatencyMilliseconds, LatencySplit, Network, Received, RowCpu, ServerCpu,
    SetupQuantiles, SplitQuantiles,
};
pub use recent::{Recent, RowRecent};
pub use row::{ClientRow, FreezesFrom, Pairing, SetupTimeline};
pub use server::{Summary, VerdictSummary, Video};
