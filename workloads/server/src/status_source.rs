//! What HTTP shows of a running server.

use std::sync::Arc;
use std::time::Instant;

use measure::Histograms;
use media::fanout::Fanout;
use preview::Preview;
use process::{Exposition, Readiness, StatusSource};
use report::sender::PostCounters;
use report::{Recent, Summary};
use tokio_util::sync::CancellationToken;

use crate::page::{Events, Viewers};
use crate::recorder::Recorder;
use crate::video::Camera;

/// Reads the parts of the server.
pub(crate) struct ServerStatus {
    pub(crate) recorder: Arc<Recorder>,
    pub(crate) fanout: Arc<Fanout>,
    pub(crate) camera: Arc<Camera>,
    pub(crate) preview: Preview,
    pub(crate) events: Arc<Events>,
    pub(crate) viewers: Arc<Viewers>,
    pub(crate) posts: Option<PostCounters>,
    pub(crate) stop: CancellationToken,
}

impl StatusSource for ServerStatus {
    fn readiness(&self) -> Readiness {
        if self.stop.is_cancelled() {
            Readiness::Waiting("the server is ending".into())
        } else if !self.camera.is_running() {
            Readiness::Waiting("the video has ended: the encoder failed".into())
        } else if !self.fanout.is_running() {
            Readiness::Waiting("a media thread has ended".into())
        } else {
            Readiness::Ready
        }
    }

    fn status(&self) -> serde_json::Result<String> {
        let summary = self.recorder.measurement().summary(Instant::now());
        serde_json::to_string(&summary)
    }

    fn metrics(&self) -> Result<String, std::fmt::Error> {
        let (summary, histograms) = self.recorder.summary_and_histograms(Instant::now());
        let exposition = recent(scores(Exposition::default(), &summary, &histograms), &summary.recent);
        let exposition = transport(exposition, &self.fanout);
        self.watchers(exposition).posts(self.posts.as_ref()).finish()
    }
}

impl ServerStatus {
    fn watchers(&self, exposition: Exposition) -> Exposition {
        exposition
            .gauge("pages", "Pages open in browsers", self.events.pages() as f64)
            .gauge("video_viewers", "Browsers with a video session", self.viewers.count() as f64)
            .gauge("picture_viewers", "Requests now that wait for pictures", self.preview.watchers() as f64)
            .counter("pictures_encoded", "Pictures encoded for viewers", self.preview.encoded())
    }
}

/// Of the whole run.
fn scores(exposition: Exposition, summary: &Summary, histograms: &Histograms) -> Exposition {
    let frames = summary.frames;
    let (error, latency) = (&histograms.error_pixels, &histograms.latency_seconds);
    exposition
        .gauge("frames_pending", "Frames sent whose fate is not known yet", frames.pending as f64)
        .counters(
            "frames",
            "Frames whose fate is known, by fate",
            "fate",
            [
                ("matched", frames.matched),
                ("estimated", frames.estimated),
                ("lost", frames.lost),
                ("late", frames.late),
                ("undecodable", frames.undecodable),
                ("undetected", frames.undetected),
            ],
        )
        .counter("reports_duplicate", "Reports for frames whose fate was known", frames.duplicate)
        .counter("reports_malformed", "Messages that make no sense", frames.malformed)
        .counter("frames_skipped", "Frames left out to keep the pace", summary.video.skipped_frames)
        .counter(
            "freezes",
            "Steps between decoded frames that a viewer would see",
            summary.freezes.map_or(0, |f| f.count),
        )
        .histogram("error_pixels", "Distance of reported and true position", &error.buckets, error.sum)
        .histogram("latency_seconds", "From capture to report", &latency.buckets, latency.sum)
        .errors("errors", &summary.errors)
}

/// Of the last while, as objectives are judged by: exact where histograms only know a bucket.
fn recent(exposition: Exposition, recent: &Recent) -> Exposition {
    let (error, latency) = (recent.error_pixels, recent.latency_milliseconds);
    let seconds = |milliseconds: f64| milliseconds / 1e3;
    exposition
        .gauge("recent_window_seconds", "The length of the recent window", recent.window_seconds)
        .gauges(
            "recent_error_pixels",
            "Distance of reported and true position in the recent window",
            "percentile",
            [("50", error.map(|error| error.p50)), ("95", error.map(|error| error.p95))],
        )
        .gauges(
            "recent_latency_seconds",
            "From capture to report in the recent window",
            "percentile",
            [
                ("50", latency.map(|latency| seconds(latency.p50))),
                ("95", latency.map(|latency| seconds(latency.p95))),
            ],
        )
        .gauge_if_any(
            "recent_loss_ratio",
            "Lost, late and undecodable frames of those whose fate is known, in the recent window",
            recent.loss_percent.map(|percent| percent / 100.0),
        )
}

fn transport(exposition: Exposition, fanout: &Fanout) -> Exposition {
    let stats = fanout.stats();
    exposition
        .gauge("sessions", "Peer connections now", stats.sessions as f64)
        .counter("datagrams_sent", "UDP datagrams sent", stats.datagrams_sent)
        .counter("datagrams_received", "UDP datagrams received", stats.datagrams_received)
        .counter("datagrams_unknown", "UDP datagrams of no session", stats.unknown_datagrams)
        .counter("send_errors", "UDP datagrams that the system did not take", stats.send_errors)
        .counter(
            "peer_panics",
            "Panics over what a peer sent, each the end of its session",
            stats.peer_panics,
        )
        .counter("receive_drops", "UDP datagrams lost at a full receive buffer", stats.receive_drops)
        .counter("sweeps", "Frames swept over the sessions, by shard", stats.sweeps)
        .counter_of("sweep_seconds", "The time that took", stats.sweep_time.as_secs_f64())
}
