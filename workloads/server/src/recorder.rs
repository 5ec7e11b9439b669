//! Records what happens, for all who have something to record: the camera, the fan-out's threads and session tasks.
//!
//! A lock and not a queue: what is done under it takes a microsecond a report, moments are stamped where things
//! happen, and no caller needs a rule for a full queue.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use measure::{Ended, Histograms, Measurement, MessageOutcome, Presence, Settings};
use media::fanout::Event;
use process::Console;
use report::channel::Message;
use report::{ErrorCode, SessionId, Stage, Summary};
use tokio::sync::watch;

use crate::live::{Live, Matched};

/// The measurement of a run, and what can be watched while it happens.
pub(crate) struct Recorder {
    measurement: Mutex<Measurement>,
    /// Locked after the measurement, where both are.
    live: Mutex<Live>,
    /// Where every report is printed, if that is wanted.
    verbose: Option<Console>,
    /// Notifies of clients that come and go, and of every error.
    changes: watch::Sender<()>,
}

impl Recorder {
    pub(crate) fn new(settings: Settings, verbose: Option<Console>) -> Self {
        let live = Mutex::new(Live::new(settings.started));
        Self {
            measurement: Mutex::new(Measurement::new(settings)),
            live,
            verbose,
            changes: watch::Sender::new(()),
        }
    }

    /// The measurement, locked to the end of the statement. The fan-out's threads wait meanwhile, so what is done with a
    /// value from it belongs in the next statement.
    pub(crate) fn measurement(&self) -> MutexGuard<'_, Measurement> {
        // Numbers after a panic in here would be worth nothing, but the panic has been seen by then; ending a run
        // in order, with what there is, beats a chain of further panics.
        self.measurement.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn connected(&self, id: SessionId, peer: SocketAddr, accepted: Instant, answered: Instant) {
        let mut measurement = self.measurement();
        measurement.connect(id, peer, accepted);
        measurement.reached(id, Stage::Signaling, answered);
        drop(measurement);
        self.changes.send_replace(());
    }

    pub(crate) fn disconnected(&self, id: SessionId, how: Ended, now: Instant) {
        self.measurement().disconnect(id, how, now);
        self.live().remove(id);
        self.changes.send_replace(());
    }

    /// Something went wrong before there was a session to speak of.
    pub(crate) fn refused(&self, code: ErrorCode, message: &str, now: Instant) {
        self.measurement().error(None, code, message, now);
        self.changes.send_replace(());
    }

    /// The numbers and what they are made of, of the same moment.
    pub(crate) fn summary_and_histograms(&self, now: Instant) -> (Summary, Histograms) {
        let measurement = self.measurement();
        (measurement.summary(now), measurement.histograms())
    }

    /// Who is there, and the numbers of the same moment.
    pub(crate) fn presence_and_summary(&self, now: Instant) -> (Presence, Summary) {
        let measurement = self.measurement();
        (measurement.presence(now), measurement.summary(now))
    }

    /// Whether anybody is there, and what went wrong so far.
    pub(crate) fn presence_and_error_codes(&self, now: Instant) -> (bool, BTreeSet<ErrorCode>) {
        let measurement = self.measurement();
        (measurement.presence(now).connected > 0, measurement.errors().map(|error| error.code).collect())
    }

    /// Notifies that a client came or went, or that something went wrong.
    pub(crate) fn changes(&self) -> &watch::Sender<()> {
        &self.changes
    }

    /// The final numbers: what is pending now is lost.
    pub(crate) fn finish(&self, now: Instant) -> Summary {
        let mut measurement = self.measurement();
        measurement.finish(now);
        measurement.summary(now)
    }

    /// One line for each connected client: where it saw the ball last, where it was, and how far off that is.
    pub(crate) fn latest_lines(&self, now: Instant) -> Vec<String> {
        let line = |latest: measure::Latest<'_>| {
            let (reported, truth) = (latest.reported, latest.truth);
            format!(
                "{}: ball reported at ({:.2}, {:.2}), true ({:.2}, {:.2}), error {:.3} px",
                latest.client, reported.x, reported.y, truth.x, truth.y, latest.error_pixels
            )
        };
        self.measurement().latest(now).map(line).collect()
    }

    /// Records a batch of the fan-out's events.
    pub(crate) fn record(&self, events: &[Event]) {
        let mut measurement = self.measurement();
        let mut live = self.live();
        let mut has_changed = false;
        for event in events {
            match event {
                Event::Reached { id, stage, at } => measurement.reached(*id, *stage, *at),
                Event::Started { id, timestamp } => measurement.sent_from(*id, *timestamp),
                Event::Counting { id, timestamp } => measurement.start_counting(*id, *timestamp),
                Event::Stopped { id, last } => measurement.stop_counting(*id, *last),
                Event::Report { id, at, data } => {
                    let outcome = measurement.message(*id, *at, data);
                    has_changed |= matches!(outcome, MessageOutcome::Malformed(_));
                    let client = measurement.client(*id).unwrap_or("?");
                    if let MessageOutcome::Matched { truth, reported, error_pixels, latency } = outcome {
                        let matched = Matched { at: *at, truth, reported, error_pixels, latency };
                        live.matched(*id, client, &matched);
                    }
                    if let Some(console) = &self.verbose {
                        console.line(format!("{client}: {}{}", frame_prefix(data), describe(&outcome)));
                    }
                }
                Event::KeyframeWanted(_) | Event::Closed { .. } => {}
            }
        }
        drop((measurement, live));
        if has_changed {
            self.changes.send_replace(());
        }
    }

    /// What can be watched while it happens.
    pub(crate) fn live(&self) -> MutexGuard<'_, Live> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Which frame a report is about, in the words of the client's own output.
fn frame_prefix(report: &[u8]) -> String {
    match Message::parse(report) {
        Ok(Message::Frame(report)) => format!("frame {}: ", report.timestamp),
        _ => String::new(),
    }
}

fn describe(outcome: &MessageOutcome) -> String {
    match outcome {
        MessageOutcome::Matched { truth, reported, error_pixels, latency } => format!(
            "reported ({:.3}, {:.3}), true ({:.3}, {:.3}), error {error_pixels:.4} px, {:.2} ms",
            reported.x,
            reported.y,
            truth.x,
            truth.y,
            latency.as_secs_f64() * 1e3
        ),
        MessageOutcome::Estimated { reported, error_pixels } => {
            format!("reported ({:.3}, {:.3}), error {error_pixels:.4} px, estimated", reported.x, reported.y)
        }
        MessageOutcome::Stats => "stats".into(),
        MessageOutcome::Waiting => "waits until its frame is known".into(),
        MessageOutcome::Uncounted => "before counting began".into(),
        MessageOutcome::Hello => "hello".into(),
        MessageOutcome::Undetected => "no ball found".into(),
        MessageOutcome::Undecodable => "undecodable".into(),
        MessageOutcome::Late => "too late".into(),
        MessageOutcome::Duplicate => "reported before".into(),
        MessageOutcome::Malformed(why) => format!("malformed: {why}"),
        MessageOutcome::UnknownSession => "after the end".into(),
    }
}
