//! What is measured of frames and set-ups, as quantiles.

use serde::{Deserialize, Serialize};

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

/// Pictures that stood still at the viewer: the times between decoded frames on the client's clock.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Freezes {
    /// Times above the limit of W3C's `freezeCount`: max(3 x mean interval, mean interval + 150 ms).
    pub count: u64,
    /// The longest time, minus one frame interval.
    pub longest_milliseconds: f64,
}

/// Steps between decoded frames, in the time of the video.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Gaps {
    /// Steps above the limit of W3C's `freezeCount`: max(3 x mean interval, mean interval + 150 ms).
    pub count: u64,
    /// The longest step, minus one frame interval.
    pub longest_milliseconds: f64,
}

/// Where the latency goes; no clocks are compared. Only of frames whose client says how long it held them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct LatencySplit {
    /// From capture until the frame's last packet was given to the socket.
    pub server: Option<SplitQuantiles>,
    /// From the complete frame to its report: decoding and detection.
    pub client: Option<SplitQuantiles>,
    /// The rest: the way there and back.
    pub network: Option<SplitQuantiles>,
}

/// A part of the latency, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct SplitQuantiles {
    /// The median.
    pub p50: f64,
    /// 95 of 100 are not above.
    pub p95: f64,
}

/// What the server knows of its packets of video; W3C's names where there is one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Network {
    /// Packets sent, those that were sent again left out.
    pub packets_sent: u64,
    /// Of these: lost on the way, before any were sent again.
    pub packets_lost: u64,
    /// Of these: sent again because they were asked for.
    pub packets_repaired: u64,
    /// Packets that never came, as the receiver reports have it.
    pub packets_given_up: u64,
    /// The newest one of RFC 3550's receiver reports; of all clients together the longest.
    pub round_trip_time_milliseconds: Option<f64>,
    /// The newest interarrival jitter of the same reports; of all clients together the greatest.
    pub jitter_milliseconds: Option<f64>,
    /// NACK packets that came.
    pub nack_count: u64,
    /// Picture loss indications that came.
    pub pli_count: u64,
    /// Keyframes sent.
    pub key_frames_sent: u64,
}

/// What a client says of the packets and frames that it received.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Received {
    /// Packets that came.
    pub packets_received: u64,
    /// Packets that never came, as RFC 3550 counts them.
    pub packets_lost: i64,
    /// Packets that came because they were asked for again.
    pub packets_repaired: u64,
    /// Interarrival jitter.
    pub jitter_milliseconds: f64,
    /// NACK packets sent.
    pub nack_count: u64,
    /// Picture loss indications sent.
    pub pli_count: u64,
    /// Complete frames.
    pub frames_received: u64,
    /// Decoded frames.
    pub frames_decoded: u64,
    /// Complete frames that were not decoded.
    pub frames_dropped: u64,
    /// Decoded keyframes.
    pub key_frames_decoded: u64,
}

/// What kept the server from its work, since its start.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ServerCpu {
    /// Frames left out because the camera was behind its schedule.
    pub skipped_frames: u64,
    /// Time for which the process's cgroup was throttled; null where that is not known.
    pub throttled_milliseconds: Option<f64>,
    /// Time for which some task of the cgroup waited for a processor; null where that is not known.
    pub pressure_milliseconds: Option<f64>,
    /// The latest that the camera was with a frame; in [`crate::Recent`] over the window.
    pub worst_lateness_milliseconds: Option<f64>,
    /// The latest that a thread was with sending one; in [`crate::Recent`] over the window.
    pub shard_worst_lateness_milliseconds: Option<f64>,
}

/// What kept a client from its work, since its process started.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RowCpu {
    /// Time for which the process's cgroup was throttled; null where that is not known.
    pub throttled_milliseconds: Option<f64>,
    /// Time for which some task of the cgroup waited for a processor; null where that is not known.
    pub pressure_milliseconds: Option<f64>,
    /// The longest wait of a complete frame before it was decoded.
    pub worst_lateness_milliseconds: Option<f64>,
}
