//! What the server reports to the operator, and what it is answered.

use std::sync::Arc;
use std::time::Instant;

use process::state_line;
use report::post::{Answer, ServerPost};
use report::sender::{Source, SourceState};

use crate::announced::Announced;
use crate::recorder::Recorder;
use crate::views::Views;

/// Posts the views.
pub(crate) struct Posts {
    recorder: Arc<Recorder>,
    views: Arc<Views>,
    /// What the operator says of where clients reach media, where it does.
    announced: Option<Arc<Announced>>,
}

impl Posts {
    pub(crate) fn new(recorder: Arc<Recorder>, views: Arc<Views>, announced: Option<Arc<Announced>>) -> Self {
        Self { recorder, views, announced }
    }
}

impl Source for Posts {
    fn state(&self) -> SourceState {
        let (codes, absent) = (self.recorder.error_codes(), self.recorder.absent());
        // With nobody connected it posts as well: that nobody is there is to be known, and who is silent counts as gone.
        let questions = self.announced.as_ref().map_or(0, |announced| announced.questions());
        SourceState {
            active: true,
            state: None,
            codes,
            conditions: self.views.conditions(),
            absent,
            questions,
        }
    }

    fn post(&self, sequence: u64) -> Vec<u8> {
        let view = self.views.current(Instant::now());
        let count = |clients| u32::try_from(clients).unwrap_or(u32::MAX);
        let (connected, without_media) = (count(view.presence.connected), count(view.presence.without_media));
        let post = ServerPost::new(sequence, connected, without_media, view.summary.clone());
        let post = post.judged(&view.summary.instance, &view.judged, view.is_final);
        // Cannot fail: all keys are strings.
        serde_json::to_vec(&post).unwrap_or_default()
    }

    fn answered(&self, body: &[u8]) {
        if let Some(answer) = Answer::parse(body) {
            let mut measurement = self.recorder.measurement();
            measurement.apply_answer(&answer, Instant::now());
            if let Some(announced) = &self.announced {
                measurement.judge_ways(answer.advertise.as_deref().unwrap_or_default());
                drop(measurement);
                announced.learn(answer.advertise);
            }
        }
    }
}

/// The server's state, in one line.
pub(crate) fn line(views: &Views) -> String {
    let view = views.current(Instant::now());
    let (presence, summary) = (&view.presence, &view.summary);
    let number = |number: Option<f64>| number.map_or_else(|| "-".to_owned(), |number| number.to_string());
    let numbers = format!(
        "{} clients connected, {} without media; {} frames sent, {} matched, loss {} %, delivered {} %, error p95 {} px, latency p95 {} ms",
        presence.connected,
        presence.without_media,
        summary.frames.sent,
        summary.frames.matched,
        number(summary.loss_percent),
        number(summary.delivered_percent),
        number(summary.error_pixels.map(|error| error.p95)),
        number(summary.latency_milliseconds.map(|latency| latency.p95)),
    );
    state_line(&summary.errors, &numbers)
}
