//! What a client reports of itself once a second: counters since its process started, by the names of W3C's
//! [webrtc-stats](https://www.w3.org/TR/webrtc-stats/) where it has one.

use serde::{Deserialize, Serialize};

use super::bounds::within;
use super::malformed::Malformed;
use super::recovery::Recovery;
use crate::candidate_pair::CandidatePair;
use crate::path_mtu::PathMtu;

/// The largest number of milliseconds or seconds that a client may say: some centuries, in which sums stay exact.
const MAX_TIME: f64 = 1e13;

/// One message of it, as `{"stats":{…}}`. Times are in the unit of W3C's, seconds, where the name is W3C's.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ClientStats {
    /// RTP packets that came.
    pub packets_received: u64,
    /// RTP packets that never came, as RFC 3550 counts them.
    pub packets_lost: i64,
    /// Packets that came because they were asked for again. Not W3C's.
    pub packets_repaired: u64,
    /// Interarrival jitter of RFC 3550, in seconds.
    pub jitter: f64,
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
    /// Seconds that decoding took.
    pub total_decode_time: f64,
    /// Gaps between decoded frames above max(3 x mean interval, mean interval + 150 ms).
    pub freeze_count: u64,
    /// Seconds of those gaps.
    pub total_freezes_duration: f64,
    /// Seconds between decoded frames.
    pub total_inter_frame_delay: f64,
    /// The sum of the squares of them.
    pub total_squared_inter_frame_delay: f64,
    /// The longest time between two decoded frames, in milliseconds on the client's monotonic clock, of those that ended within the last
    /// 3 s or are still open, over a lost connection too. None before the first frame. Not W3C's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub longest_gap: Option<f64>,
    /// The longest time between two frames that came, complete or not, as `longest_gap`. Not W3C's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub longest_received_gap: Option<f64>,
    /// Milliseconds since the last decoded frame. None before the first. Not W3C's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since_decoded: Option<f64>,
    /// What kept the client from its work. Not W3C's.
    pub cpu: ClientCpu,
    /// The way that its media took last. None before there was any. Not W3C's, which has statistics of their own for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<CandidatePair>,
    /// How large a packet may be to the server, and what the server said of the other direction. None before anything is known. Not
    /// W3C's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path_mtu: Option<PathMtu>,
    /// The last time that there were pictures again after a connection that had them ended. None before. Not W3C's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recovery: Option<Recovery>,
}

/// Evidence about the processor, as far as the system gives it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ClientCpu {
    /// Time for which the process's cgroup was throttled, since the process started.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub throttled_milliseconds: Option<f64>,
    /// Time for which some task of the cgroup waited for a processor, since the process started.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pressure_milliseconds: Option<f64>,
    /// The longest wait of a complete frame before its decoding began, since the last message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub worst_lateness_milliseconds: Option<f64>,
}

impl ClientStats {
    /// Refuses what no client can have counted.
    pub(super) fn bounded(self) -> Result<Self, Malformed> {
        let times = [
            ("jitter", Some(self.jitter)),
            ("totalDecodeTime", Some(self.total_decode_time)),
            ("totalFreezesDuration", Some(self.total_freezes_duration)),
            ("totalInterFrameDelay", Some(self.total_inter_frame_delay)),
            ("totalSquaredInterFrameDelay", Some(self.total_squared_inter_frame_delay)),
            ("longestGap", self.longest_gap),
            ("longestReceivedGap", self.longest_received_gap),
            ("sinceDecoded", self.since_decoded),
            ("throttledMilliseconds", self.cpu.throttled_milliseconds),
            ("pressureMilliseconds", self.cpu.pressure_milliseconds),
            ("worstLatenessMilliseconds", self.cpu.worst_lateness_milliseconds),
            ("milliseconds", self.recovery.map(|recovery| recovery.milliseconds)),
            ("ago", self.recovery.map(|recovery| recovery.ago)),
            ("milliseconds", self.recovery.and_then(|recovery| Some(recovery.unanswered?.milliseconds))),
        ];
        for (name, time) in times {
            if let Some(time) = time {
                within(name, time, 0.0, MAX_TIME)?;
            }
        }
        Ok(self)
    }
}
