//! What HTTP shows of a running client.

use std::sync::Arc;
use std::time::Instant;

use preview::Preview;
use process::{Exposition, Readiness, StatusSource, last_error};
use report::ClientSummary;
use report::channel::ClientStats;
use report::sender::PostCounters;
use serde::Serialize;

use crate::counters::Counters;

/// Shows the counters.
pub(crate) struct ClientStatus {
    pub(crate) counters: Arc<Counters>,
    pub(crate) posts: Option<PostCounters>,
    pub(crate) preview: Preview,
}

/// The summary so far, and what only matters while it runs.
#[derive(Serialize)]
struct Now {
    #[serde(flatten)]
    summary: ClientSummary,
    /// As the server is sent it.
    stats: ClientStats,
    /// As it was last seen; null before.
    ball: Option<Ball>,
    /// Why there is no video; null while there is.
    waiting: Option<String>,
}

#[derive(Serialize)]
struct Ball {
    x: f64,
    y: f64,
    confidence: f64,
}

impl StatusSource for ClientStatus {
    fn readiness(&self) -> Readiness {
        let now = Instant::now();
        if self.counters.is_fresh(now) {
            return Readiness::Ready;
        }
        let summary = self.counters.summary(now);
        let why = last_error(&summary.errors)
            .map_or_else(String::new, |error| format!("; last error: {}: {}", error.code, error.message));
        Readiness::Waiting(format!("no frame was decoded for 2 s; {}{why}", summary.state))
    }

    fn status(&self) -> serde_json::Result<String> {
        let now = Instant::now();
        let (summary, stats) = (self.counters.summary(now), self.counters.stats_so_far(now));
        let last = self.counters.last_position();
        let ball = last.map(|(position, confidence)| Ball { x: position.x, y: position.y, confidence });
        let waiting = match self.readiness() {
            Readiness::Ready => None,
            Readiness::Waiting(why) => Some(why),
        };
        serde_json::to_string(&Now { summary, stats, ball, waiting })
    }

    fn metrics(&self) -> Result<String, std::fmt::Error> {
        let now = Instant::now();
        let summary = self.counters.summary(now);
        let frames = summary.frames;
        stats(Exposition::default(), &self.counters.stats_so_far(now))
            .counters(
                "client_frames",
                "Complete frames, by what became of them",
                "fate",
                [
                    ("detected", frames.detected),
                    ("undetected", frames.undetected),
                    ("undecodable", frames.undecodable),
                ],
            )
            .counter("client_reconnects", "Sessions after the first", summary.reconnects.into())
            .counter(
                "client_queue_overruns",
                "Frames dropped as the decoder was behind",
                summary.queue_overruns,
            )
            .counter(
                "client_ice_checks_suppressed",
                "ICE checks that did not leave, as enough go to addresses that do not answer",
                self.counters.transport().checks_suppressed,
            )
            .counter(
                "client_foreign_packets",
                "RTP packets that are none of the video: of another payload type, or of a source beside its own",
                self.counters.transport().foreign,
            )
            .errors("client_errors", &summary.errors)
            .counter("client_pictures_encoded", "Pictures encoded for viewers", self.preview.encoded())
            .gauge(
                "client_picture_viewers",
                "Requests now that wait for pictures",
                self.preview.watchers() as f64,
            )
            .posts(self.posts.as_ref())
            .finish()
    }
}

/// What the server is sent once a second, by W3C's names where there is one.
fn stats(exposition: Exposition, stats: &ClientStats) -> Exposition {
    let seconds = |milliseconds: f64| milliseconds / 1e3;
    exposition
        .counter("client_packets_received", "RTP packets received", stats.packets_received)
        .gauge(
            "client_packets_lost",
            "RTP packets that never came; repeated ones that come twice count against it",
            stats.packets_lost as f64,
        )
        .counter(
            "client_packets_repaired",
            "RTP packets that came because they were asked for again",
            stats.packets_repaired,
        )
        .gauge("client_jitter_seconds", "Interarrival jitter of RTP packets", stats.jitter)
        .counter("client_nack_count", "NACK packets sent", stats.nack_count)
        .counter("client_pli_count", "Picture loss indications sent", stats.pli_count)
        .counter("client_frames_received", "Complete frames", stats.frames_received)
        .counter("client_frames_decoded", "Decoded frames", stats.frames_decoded)
        .counter("client_frames_dropped", "Complete frames that were not decoded", stats.frames_dropped)
        .counter("client_key_frames_decoded", "Decoded keyframes", stats.key_frames_decoded)
        .counter_of("client_decode_time_seconds", "The time that decoding took", stats.total_decode_time)
        .counter("client_freeze_count", "Times without a new picture that a viewer sees", stats.freeze_count)
        .counter_of(
            "client_freezes_duration_seconds",
            "The time that they took",
            stats.total_freezes_duration,
        )
        .counter_of(
            "client_inter_frame_delay_seconds",
            "The time between decoded frames",
            stats.total_inter_frame_delay,
        )
        .counter_of(
            "client_squared_inter_frame_delay_seconds",
            "The squares of the times between decoded frames",
            stats.total_squared_inter_frame_delay,
        )
        .gauge_if_any(
            "client_longest_gap_seconds",
            "The longest time between decoded frames of the last 3 s, the open one included",
            stats.longest_gap.map(seconds),
        )
        .gauge_if_any(
            "client_since_decoded_seconds",
            "The time since the last decoded frame",
            stats.since_decoded.map(seconds),
        )
        .gauge_if_any(
            "client_recovery_seconds",
            "The last time without pictures from one session to the next",
            stats.recovery.map(|recovery| seconds(recovery.milliseconds)),
        )
        .gauge_if_any(
            "client_cpu_throttled_seconds",
            "The time for which the cgroup's quota was used up",
            stats.cpu.throttled_milliseconds.map(seconds),
        )
        .gauge_if_any(
            "client_cpu_pressure_seconds",
            "The time for which a task of the cgroup waited for a processor",
            stats.cpu.pressure_milliseconds.map(seconds),
        )
        .gauge_if_any(
            "client_cpu_worst_lateness_seconds",
            "The longest wait of a frame before it was decoded, since the server was last sent it",
            stats.cpu.worst_lateness_milliseconds.map(seconds),
        )
}
