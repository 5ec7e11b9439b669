//! The numbers of one client, as the server sees it.

use serde::{Deserialize, Serialize};

use super::{
    frames::Frames,
    quantities::{ErrorPixels, Freezes, Gaps, LatencyMilliseconds, LatencySplit, Network, Received, RowCpu},
    recent::RowRecent,
};
use crate::{
    candidate_pair::CandidatePair,
    cause::Cause,
    channel::{FormerEnd, Unanswered},
    codes::State,
    path_mtu::PathMtu,
};

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

/// Whose clock a client's freezes are of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FreezesFrom {
    /// The client's own, as it reports it.
    Client,
    /// The server's: the times between the client's reports of decoded frames.
    #[default]
    Arrivals,
}

/// The numbers of one client, over all its sessions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ClientRow {
    /// The id of its hello, or its address.
    pub id: String,
    /// The machine that its hello names.
    pub node: Option<String>,
    /// The zone that its hello names.
    #[serde(default)]
    pub zone: Option<String>,
    /// The random word for its process, of its hello.
    #[serde(default)]
    pub instance: Option<String>,
    /// Which process under this id it is, of its hello.
    #[serde(default)]
    pub attempt: Option<u32>,
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
    /// Its pictures that stood still.
    pub freezes: Option<Freezes>,
    /// Whose clock [`Self::freezes`] are of.
    #[serde(default)]
    pub freezes_from: FreezesFrom,
    /// For how long it has had no new picture by now, less one interval; null where it has media or is not wanted.
    #[serde(default)]
    pub open_gap_milliseconds: Option<f64>,
    /// The steps between its decoded frames.
    #[serde(default)]
    pub gaps: Option<Gaps>,
    /// Decoded frames without a ball.
    #[serde(default)]
    pub undetected_percent: Option<f64>,
    /// Matched and estimated frames, of those that the frame rate promises for the wanted time.
    #[serde(default)]
    pub delivered_percent: Option<f64>,
    /// For how long it was wanted, from its first decoded frame on.
    #[serde(default)]
    pub wanted_seconds: f64,
    /// Where its latency goes.
    #[serde(default)]
    pub latency_split: LatencySplit,
    /// Its numbers over the last while.
    #[serde(default)]
    pub recent: RowRecent,
    /// What the server knows of the packets to it, in its last session.
    #[serde(default)]
    pub network: Option<Network>,
    /// What it says of them itself, over all its sessions.
    #[serde(default)]
    pub received: Option<Received>,
    /// What kept it from its work, as it says.
    #[serde(default)]
    pub cpu: Option<RowCpu>,
    /// What the evidence points at, should something not be good enough.
    #[serde(default)]
    pub cause: Cause,
    /// The way that media took to it last, as it says: the local end is the client's. Left out where it is not known, for posts
    /// have little room.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<CandidatePair>,
    /// The same way as the server sees it, whose is the local end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server_path: Option<CandidatePair>,
    /// How large a packet may be to and from it. Left out where neither is known, as with all programs but our own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path_mtu: Option<PathMtu>,
    /// For how long it had no pictures when this server process took over from another one, as it says. Left out, with all that
    /// follows, where it did not have to come back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recovery_milliseconds: Option<f64>,
    /// The frames that the frame rate promises for that time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lost_frames: Option<u64>,
    /// How its connection to the other process ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub former_end: Option<FormerEnd>,
    /// What it sent to where that process had answered, and nobody did any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unanswered: Option<Unanswered>,
}

impl ClientRow {
    /// The row of a client that has nothing but a name yet.
    pub fn new(id: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            node: None,
            zone: None,
            instance: None,
            attempt: None,
            state: State::Connecting,
            pairing: Pairing::Rtp,
            pairing_milliseconds: None,
            reconnects: 0,
            setup_milliseconds: SetupTimeline::default(),
            frames: Frames::default(),
            loss_percent: None,
            error_pixels: None,
            latency_milliseconds: None,
            freezes: None,
            freezes_from: FreezesFrom::default(),
            open_gap_milliseconds: None,
            gaps: None,
            undetected_percent: None,
            delivered_percent: None,
            wanted_seconds: 0.0,
            latency_split: LatencySplit::default(),
            recent: RowRecent::default(),
            network: None,
            received: None,
            cpu: None,
            cause: Cause::default(),
            path: None,
            server_path: None,
            path_mtu: None,
            recovery_milliseconds: None,
            lost_frames: None,
            former_end: None,
            unanswered: None,
        }
    }
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
