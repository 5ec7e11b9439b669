//! The server's summary: the numbers of a run.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    frames::Frames,
    quantities::{
        ErrorPixels, Freezes, Gaps, LatencyMilliseconds, LatencySplit, Network, ServerCpu, SetupQuantiles,
    },
    recent::Recent,
    row::ClientRow,
};
use crate::{cause::Cause, error_log::ErrorEntry};

/// The numbers of one server process.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    /// [`crate::SCHEMA_VERSION`].
    pub schema_version: u32,
    /// A random word for the process that the numbers belong to.
    #[serde(default)]
    pub instance: String,
    /// Of the reports of this process; each shows the numbers of one moment, in every view the same.
    #[serde(default)]
    pub sequence: u64,
    /// When the server started.
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
    /// [`Frames::undetected_percent`], without the frames of the same clients.
    #[serde(default)]
    pub undetected_percent: Option<f64>,
    /// Matched and estimated frames, of those that the frame rate promises for the time for which clients were wanted.
    #[serde(default)]
    pub delivered_percent: Option<f64>,
    /// Over the matched and estimated frames of all clients, those paired by [`crate::Pairing::Arrival`] left out.
    pub error_pixels: Option<ErrorPixels>,
    /// Over the same frames.
    pub latency_milliseconds: Option<LatencyMilliseconds>,
    /// Where the latency goes.
    #[serde(default)]
    pub latency_split: LatencySplit,
    /// From accepted signalling to the first report, over all sessions.
    pub setup_milliseconds: Option<SetupQuantiles>,
    /// The sum over all clients, and the longest of any.
    pub freezes: Option<Freezes>,
    /// The sum over all clients, and the longest of any.
    #[serde(default)]
    pub gaps: Option<Gaps>,
    /// The sum over all sessions.
    #[serde(default)]
    pub network: Network,
    /// What kept the server from its work.
    #[serde(default)]
    pub cpu: ServerCpu,
    /// Whether the numbers are good enough; null where nobody said what they have to be.
    #[serde(default)]
    pub verdict: Option<VerdictSummary>,
    /// The codes that happened.
    #[serde(default)]
    pub errors: Vec<ErrorEntry>,
    /// The same numbers over the last while.
    pub recent: Recent,
    /// Connected clients, and the last ones that are gone.
    #[serde(default)]
    pub clients: Vec<ClientRow>,
    /// Clients without a row: they went long ago, or only the worst rows are shown. The totals have their numbers.
    #[serde(default)]
    pub rows_omitted: u64,
    /// The longest time without pictures of any client when this process took over from another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recovery_milliseconds: Option<f64>,
    /// The frames that the frame rate promises all clients for the times of each.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lost_frames: Option<u64>,
}

/// Whether the numbers are good enough.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct VerdictSummary {
    /// Null where it is too early to say.
    pub met: Option<bool>,
    /// One word, which scripts may match on.
    pub reason: String,
    /// With value, limit, client, node and cause of each breach.
    pub message: String,
    /// What the evidence points at; null where nothing is missed.
    #[serde(default)]
    pub cause: Option<Cause>,
    /// The client that decides; null where it is all together, or none.
    #[serde(default)]
    pub client: Option<String>,
    /// The machine that it runs on.
    #[serde(default)]
    pub node: Option<String>,
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
