//! The server's summary: the numbers of a run. A quantity without samples is null, never 0.

use std::ops::AddAssign;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{ErrorEntry, State};

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
    /// [`Frames::loss_percent`], without the frames of clients that are paired by [`Pairing::Arrival`]: of those only
    /// what was reported is known.
    pub loss_percent: Option<f64>,
    /// Over the matched and estimated frames of all clients, those paired by [`Pairing::Arrival`] left out.
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

/// What became of the frames sent. Each has exactly one fate, so that `sent` is the sum of `pending`, `matched`,
/// `estimated`, `lost`, `late`, `undecodable` and `undetected`; `duplicate` and `malformed` count messages beside.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Frames {
    /// Frames sent to a client whose report channel is open.
    pub sent: u64,
    /// Of these: no report yet, and not given up.
    pub pending: u64,
    /// The ball's position was reported within 1 s.
    pub matched: u64,
    /// As matched, but which frame is meant is an estimate.
    pub estimated: u64,
    /// Nothing was reported within 3 s.
    pub lost: u64,
    /// Something was reported, after 1 to 3 s.
    pub late: u64,
    /// The client got the frame but could not decode it.
    pub undecodable: u64,
    /// The client decoded the frame but found no ball.
    pub undetected: u64,
    /// Reports for frames whose fate was known already.
    pub duplicate: u64,
    /// Messages that make no sense, or name a frame that was never sent.
    pub malformed: u64,
}

impl Frames {
    /// Frames whose fate is known.
    pub fn settled(&self) -> u64 {
        self.sent.saturating_sub(self.pending)
    }

    /// Percent of the settled frames that were lost, late or undecodable; `None` where none is settled.
    pub fn loss_percent(&self) -> Option<f64> {
        let bad = self.lost.saturating_add(self.late).saturating_add(self.undecodable);
        (self.settled() > 0).then(|| bad as f64 * 100.0 / self.settled() as f64)
    }
}

impl AddAssign for Frames {
    fn add_assign(&mut self, other: Self) {
        // Without `..`: a counter that is forgotten here does not compile.
        let Self {
            sent,
            pending,
            matched,
            estimated,
            lost,
            late,
            undecodable,
            undetected,
            duplicate,
            malformed,
        } = other;
        self.sent += sent;
        self.pending += pending;
        self.matched += matched;
        self.estimated += estimated;
        self.lost += lost;
        self.late += late;
        self.undecodable += undecodable;
        self.undetected += undetected;
        self.duplicate += duplicate;
        self.malformed += malformed;
    }
}

/// Euclidean distances between reported and true position, in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ErrorPixels {
    /// The average.
    pub mean: f64,
    /// The median.
    pub p50: f64,
    /// 95 of 100 are not above.
    pub p95: f64,
    /// The worst.
    pub max: f64,
}

/// From the capture of a frame to the arrival of its report, both on the server's clock.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct LatencyMilliseconds {
    /// The median.
    pub p50: f64,
    /// 95 of 100 are not above.
    pub p95: f64,
    /// The worst.
    pub max: f64,
}

/// From accepted signalling to the first report.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct SetupQuantiles {
    /// The median.
    pub p50: f64,
    /// 95 of 100 are not above.
    pub p95: f64,
}

/// Steps between decoded frames, in the time of the video.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Freezes {
    /// Steps above the limit of W3C's `freezeCount`: max(3 x mean interval, mean interval + 150 ms).
    pub count: u64,
    /// The longest step, minus one frame interval.
    pub longest_milliseconds: f64,
}

/// The numbers over the last while; a frame belongs to the moment it was sent.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Recent {
    /// How long that while is.
    pub window_seconds: f64,
    /// As [`Summary::frames`].
    pub frames: Frames,
    /// As [`Summary::loss_percent`].
    pub loss_percent: Option<f64>,
    /// As [`Summary::error_pixels`].
    pub error_pixels: Option<ErrorPixels>,
    /// As [`Summary::latency_milliseconds`].
    pub latency_milliseconds: Option<LatencyMilliseconds>,
    /// As [`Summary::freezes`].
    pub freezes: Option<Freezes>,
}

/// How reports are paired with frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Pairing {
    /// By the exact RTP timestamp.
    Rtp,
    /// By a timestamp counted from the first frame received: the nearest frame, an estimate.
    Relative,
    /// Reports carry no timestamp: by their moment, an estimate. What such a client did not report is not known, so that
    /// only reported frames count, and there is no loss, latency or freeze.
    Arrival,
}

/// The numbers of one client, over all its sessions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ClientRow {
    /// The id of its hello, or its address.
    pub id: String,
    /// The machine it says that it runs on.
    pub node: Option<String>,
    /// How its connection stands.
    pub state: State,
    /// How its reports are paired with frames.
    pub pairing: Pairing,
    /// By how much pairing shifts the client's reports, where that is estimated: with [`Pairing::Arrival`] the client's
    /// own delay, which fits its reports best; with [`Pairing::Relative`] the part of the video before the first frame
    /// that it received. Null with [`Pairing::Rtp`], and until it is known.
    #[serde(default)]
    pub pairing_milliseconds: Option<f64>,
    /// As its last hello says.
    pub reconnects: u32,
    /// The last session's way to its first report.
    pub setup_milliseconds: SetupTimeline,
    /// What became of its frames.
    pub frames: Frames,
    /// [`Frames::loss_percent`]; null with [`Pairing::Arrival`].
    pub loss_percent: Option<f64>,
    /// Over its matched and estimated frames.
    pub error_pixels: Option<ErrorPixels>,
    /// Over the same frames.
    pub latency_milliseconds: Option<LatencyMilliseconds>,
    /// The steps between its decoded frames.
    pub freezes: Option<Freezes>,
}

/// Milliseconds since signalling was accepted, on the server's clock; null until then.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SetupTimeline {
    /// Offer and answer were exchanged.
    pub signaling: Option<f64>,
    /// ICE found a way.
    pub ice: Option<f64>,
    /// The media keys are agreed.
    pub dtls: Option<f64>,
    /// The first video packet was sent.
    pub first_frame: Option<f64>,
    /// The first report came.
    pub first_report: Option<f64>,
}
