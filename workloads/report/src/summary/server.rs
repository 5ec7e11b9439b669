//! The server's summary: the numbers of a run.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    frames::Frames,
    quantities::{ErrorPixels, Freezes, LatencyMilliseconds, SetupQuantiles},
    recent::Recent,
    row::ClientRow,
};
use crate::error_log::ErrorEntry;

/// The numbers of one server process.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    /// [`crate::SCHEMA_VERSION`].
    pub schema_version: u32,
    /// When the server started; names the process the numbers belong to.
    pub started_at: Timestamp,
    /// Since then.
    pub duration_seconds: f64,
    /// What was streamed.
    pub video: Video,
    /// The sum over all clients ever, those without a row included.
    pub frames: Frames,
    /// [`Frames::loss_percent`], without the frames of clients that are paired by [`crate::Pairing::Arrival`]: of those only
    /// what was reported is known.
    pub loss_percent: Option<f64>,
    /// Over the matched and estimated frames of all clients, those paired by [`crate::Pairing::Arrival`] left out.
    pub error_pixels: Option<ErrorPixels>,
    /// Over the same frames.
    pub latency_milliseconds: Option<LatencyMilliseconds>,
    /// From accepted signalling to the first report, over all sessions.
    pub setup_milliseconds: Option<SetupQuantiles>,
    /// The sum over all clients, and the longest of any.
    pub freezes: Option<Freezes>,
    /// The codes that happened.
    #[serde(default)]
    pub errors: Vec<ErrorEntry>,
    /// The same numbers over the last while.
    pub recent: Recent,
    /// Connected clients, and the last ones that are gone.
    #[serde(default)]
    pub clients: Vec<ClientRow>,
}

/// What was streamed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Video {
    /// In pixels.
    pub width: usize,
    /// In pixels.
    pub height: usize,
    /// Frames per second, as asked for.
    pub frames_per_second: u32,
    /// Frames left out because the server was behind its schedule.
    #[serde(default)]
    pub skipped_frames: u64,
}
