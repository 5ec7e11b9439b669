//! What HTTP shows of a running server.

use std::sync::Arc;
use std::time::Instant;

use media::fanout::Fanout;
use preview::Preview;
use process::{Exposition, Readiness, StatusSource};
use report::Summary;
use report::sender::PostCounters;
use serde::Serialize;
use tokio_util::sync::CancellationToken;

use crate::limits::Limits;
use crate::metrics;
use crate::page::{Events, Viewers};
use crate::video::Camera;
use crate::views::Views;

/// Reads the parts of the server.
pub(crate) struct ServerStatus {
    pub(crate) views: Arc<Views>,
    pub(crate) fanout: Arc<Fanout>,
    pub(crate) camera: Arc<Camera>,
    pub(crate) preview: Preview,
    pub(crate) events: Arc<Events>,
    pub(crate) viewers: Arc<Viewers>,
    pub(crate) posts: Option<PostCounters>,
    pub(crate) stop: CancellationToken,
}

/// The summary, and what it is compared with.
#[derive(Serialize)]
struct Now<'a> {
    #[serde(flatten)]
    summary: &'a Summary,
    #[serde(skip_serializing_if = "Option::is_none")]
    objectives: Option<Limits>,
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
        let view = self.views.current(Instant::now());
        serde_json::to_string(&Now { summary: &view.summary, objectives: self.views.limits() })
    }

    fn metrics(&self) -> Result<String, std::fmt::Error> {
        let exposition = metrics::of_view(Exposition::default(), &self.views.current(Instant::now()));
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

fn transport(exposition: Exposition, fanout: &Fanout) -> Exposition {
    let stats = fanout.stats();
    exposition
        .gauge("sessions", "Peer connections now", stats.sessions as f64)
        .counter("datagrams_sent", "UDP datagrams sent", stats.datagrams_sent)
        .counter("datagrams_received", "UDP datagrams received", stats.datagrams_received)
        .counter("datagrams_unknown", "UDP datagrams of no session", stats.unknown_datagrams)
        .counter("send_errors", "UDP datagrams that the system did not take", stats.send_errors)
        .counter(
            "ice_checks_suppressed",
            "ICE checks that did not leave, as enough go to addresses that do not answer",
            stats.checks_suppressed,
        )
        .counter(
            "peer_panics",
            "Panics over what a peer sent, each the end of its session",
            stats.peer_panics,
        )
        .counter("receive_drops", "UDP datagrams lost at a full receive buffer", stats.receive_drops)
        .counter("sweeps", "Frames swept over the sessions, by shard", stats.sweeps)
        .counter_of("sweep_seconds", "The time that took", stats.sweep_time.as_secs_f64())
}
