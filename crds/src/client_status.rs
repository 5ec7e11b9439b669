//! A row of `status.clients`. All from the reports.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::limits::MAX_PATH;
use crate::measurements::Frames;

/// A client as the server sees it: by the last window while the session runs, by the whole run once it is complete. What
/// counts events does so since the client's first connection. From the reports.
#[derive(JsonSchema, Serialize, Deserialize, Debug, Clone, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase", default)]
pub struct ClientStatus {
    /// Its name: that of the session's clients and its index.
    #[schemars(length(max = 128))]
    pub id: String,
    /// The node it runs on.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 253))]
    pub node: Option<String>,
    /// Connecting, Connected, Ended, Lost or Failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 32))]
    pub state: Option<String>,
    /// How often it had to connect again.
    pub reconnects: i64,
    /// What became of the frames sent to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frames: Option<Frames>,
    /// Lost, late and undecodable frames, in percent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 16))]
    pub loss_percent: Option<String>,
    /// Decoded frames in which no ball was found, in percent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 16))]
    pub undetected_percent: Option<String>,
    /// Frames that came out good, in percent of those that the frame rate promises for the time for which it is to be
    /// there, its absences included.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 16))]
    pub delivered_percent: Option<String>,
    /// 95 of 100 positions are not farther off, in pixels.
    #[serde(skip_serializing_if = "Option::is_none", rename = "errorPixelsP95")]
    #[schemars(length(max = 16))]
    pub error_pixels_p95: Option<String>,
    /// 95 of 100 reports do not take longer, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none", rename = "latencyMillisecondsP95")]
    #[schemars(length(max = 16))]
    pub latency_milliseconds_p95: Option<String>,
    /// The longest time its video stood still, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 16))]
    pub longest_freeze_milliseconds: Option<String>,
    /// From its connection to its first report, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 16))]
    pub setup_milliseconds: Option<String>,
    /// The stages of its last connection, each since signalling was accepted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub setup: Option<SetupTimeline>,
    /// What the evidence points at, should something not be good enough: ServerCpu, ClientCpu, Network, Codec or Unknown.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 16))]
    pub cause: Option<String>,
    /// Its packets.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network: Option<ClientNetwork>,
    /// Its processor time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu: Option<ClientCpu>,
    /// How large a packet may be to and from it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path_mtu: Option<PathMtu>,
    /// The way that media takes to it: from its own address to the one at which it reaches the server, each with what kind it is
    /// to ICE, such as host 10.244.2.10:57076 to host 10.96.0.7:8082.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = MAX_PATH))]
    pub path: Option<String>,
    /// For how long it had no pictures when this server took over from the one before, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 16))]
    pub recovery_milliseconds: Option<String>,
    /// The frames that the frame rate promises for that time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lost_frames: Option<i64>,
    /// How its connection to the server before ended: bye, eof (the signalling connection was closed without one), consentLost
    /// (nothing that was sent was answered any more) or other.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 16))]
    pub former_end: Option<String>,
    /// The zone of its node, by the node's label topology.kubernetes.io/zone.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 128))]
    pub zone: Option<String>,
}

/// How large packets may be, in bytes of IP packets with all headers, as probes between the session's own programs found out;
/// what is not known is left out.
#[derive(JsonSchema, Serialize, Deserialize, Debug, Clone, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase", default)]
pub struct PathMtu {
    /// The largest that gets from the server to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to_client: Option<i64>,
    /// The largest that gets from it to the server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to_server: Option<i64>,
    /// The largest with video that was sent to it in one piece. Where `toClient` is less, such packets vanish.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub largest_packet: Option<i64>,
}

/// The stages of a connection, in milliseconds since signalling was accepted; what has not happened is left out.
#[derive(JsonSchema, Serialize, Deserialize, Debug, Clone, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase", default)]
pub struct SetupTimeline {
    /// Offer and answer were exchanged.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 16))]
    pub signaling: Option<String>,
    /// ICE found a way.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 16))]
    pub ice: Option<String>,
    /// The media keys are agreed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 16))]
    pub dtls: Option<String>,
    /// The first video packet was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 16))]
    pub first_frame: Option<String>,
    /// The first report came.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 16))]
    pub first_report: Option<String>,
}

/// A client's packets, as both ends count them; what is not known is left out.
#[derive(JsonSchema, Serialize, Deserialize, Debug, Clone, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase", default)]
pub struct ClientNetwork {
    /// Sent to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub packets_sent: Option<i64>,
    /// Lost on the way, before any was sent again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub packets_lost: Option<i64>,
    /// Of the lost ones, sent again in time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub packets_repaired: Option<i64>,
    /// Of the lost ones, never there in time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub packets_given_up: Option<i64>,
    /// To it and back, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 16))]
    pub round_trip_time_milliseconds: Option<String>,
    /// How unevenly packets arrive at it, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 16))]
    pub jitter_milliseconds: Option<String>,
}

/// A client's processor time; what is not known is left out.
#[derive(JsonSchema, Serialize, Deserialize, Debug, Clone, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase", default)]
pub struct ClientCpu {
    /// For how long the limit of its container kept it from running, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub throttled_milliseconds: Option<i64>,
    /// For how long something in its container waited for a processor, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pressure_milliseconds: Option<i64>,
    /// The longest that a complete frame waited for its decoder, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 16))]
    pub worst_lateness_milliseconds: Option<String>,
}
