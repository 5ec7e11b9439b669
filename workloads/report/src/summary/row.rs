//! The numbers of one client, as the server sees it.

use serde::{Deserialize, Serialize};

use super::{
    frames::Frames,
    quantities::{ErrorPixels, Freezes, LatencyMilliseconds},
};
use crate::codes::State;

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
    /// The machine that its hello names.
    pub node: Option<String>,
    /// The state of its connection.
    pub state: State,
    /// How its reports are paired with frames.
    pub pairing: Pairing,
    /// By how much pairing shifts the client's reports, where that is estimated: with [`Pairing::Arrival`] the client's
    /// own delay, which fits its reports best; with [`Pairing::Relative`] the part of the video before the first frame
    /// that it received. Null with [`Pairing::Rtp`], and until it is known.
    #[serde(default)]
    pub pairing_milliseconds: Option<f64>,
    /// Of its last hello.
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
