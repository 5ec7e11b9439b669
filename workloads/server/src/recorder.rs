//! Records what happens, for all who have something to record: the camera, the fan-out's threads and session tasks.
//!
//! A lock and not a queue: what is done under it takes a microsecond a report, moments are stamped where things
//! happen, and no caller needs a rule for a full queue.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use measure::{Ended, Measurement, MessageOutcome, Settings};
use media::fanout::Event;
use process::Console;
use report::channel::Message;
use report::judged::JudgedSession;
use report::{ErrorCode, SessionId, Stage};
use tokio::sync::watch;

use crate::live::{Live, Matched};
use crate::view::View;

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

    /// All there is to show, of one moment; without a number and a verdict yet.
    pub(crate) fn view(&self, now: Instant) -> View {
        let mut measurement = self.measurement();
        measurement.expire_lost(now);
        view(&measurement, measurement.judged(now), false, now)
    }

    /// The last one: what is pending now is lost.
    pub(crate) fn finish(&self, now: Instant) -> View {
        let mut measurement = self.measurement();
        measurement.finish(now);
        view(&measurement, measurement.judged_run(now), true, now)
    }

    /// What there is to judge.
    pub(crate) fn judged(&self, now: Instant) -> JudgedSession {
        let mut measurement = self.measurement();
        measurement.expire_lost(now);
        measurement.judged(now)
    }

    /// What went wrong so far.
    pub(crate) fn error_codes(&self) -> BTreeSet<ErrorCode> {
        self.measurement().errors().map(|error| error.code).collect()
    }

    /// How many of the clients that are to be connected are not.
    pub(crate) fn absent(&self) -> usize {
        self.measurement().absent()
    }

    /// The name of a session's client: the id of its hello, or its address.
    pub(crate) fn client(&self, id: SessionId) -> Option<String> {
        self.measurement().client(id).map(str::to_owned)
    }

    /// Notifies that a client came or went, or that something went wrong.
    pub(crate) fn changes(&self) -> &watch::Sender<()> {
        &self.changes
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

    /// Records a batch of the fan-out's events; the sessions that are to end because others took their clients' rows over.
    pub(crate) fn record(&self, events: &[Event]) -> Vec<SessionId> {
        let mut measurement = self.measurement();
        let mut live = self.live();
        let mut has_changed = false;
        for event in events {
            match event {
                Event::Reached { id, stage, at } => measurement.reached(*id, *stage, *at),
                Event::Started { id, timestamp, timestamp_offset } => {
                    measurement.set_timestamp_offset(*id, *timestamp_offset);
                    measurement.sent_from(*id, *timestamp);
                }
                Event::Counting { id, timestamp } => measurement.start_counting(*id, *timestamp),
                Event::Stopped { id, last } => measurement.stop_counting(*id, *last),
                Event::Report { id, at, data } => {
                    let outcome = measurement.message(*id, *at, data);
                    has_changed |= matches!(outcome, MessageOutcome::Malformed(_));
                    let client = || measurement.client(*id).unwrap_or("?");
                    if let MessageOutcome::Matched { truth, reported, error_pixels, latency } = outcome {
                        let matched = Matched { at: *at, truth, reported, error_pixels, latency };
                        live.matched(*id, client, &matched);
                    }
                    if let Some(console) = &self.verbose {
                        let client = client();
                        console.line(format!("{client}: {}{}", frame_prefix(data), describe(&outcome)));
                    }
                }
                Event::Path { id, pair } => measurement.path(*id, *pair),
                Event::PathMtu { id, path_mtu, largest_packet } => {
                    measurement.path_mtu(*id, *path_mtu, *largest_packet);
                }
                Event::Network { id, sample, at } => measurement.network_sample(*id, *sample, *at),
                Event::Written { timestamp, at } => measurement.frame_written(*timestamp, *at),
                Event::NoChannel { id, why, at } => {
                    measurement.error(Some(*id), ErrorCode::NoChannel, &why.to_string(), *at);
                    has_changed = true;
                }
                Event::KeyframeWanted(_) | Event::Closed { .. } => {}
            }
        }
        let superseded = measurement.take_superseded();
        drop((measurement, live));
        if has_changed {
            self.changes.send_replace(());
        }
        superseded
    }

    /// What can be watched while it happens.
    pub(crate) fn live(&self) -> MutexGuard<'_, Live> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn view(measurement: &Measurement, judged: JudgedSession, is_final: bool, now: Instant) -> View {
    View {
        at: now,
        presence: measurement.presence(now),
        summary: measurement.summary(now),
        verdict: None,
        histograms: measurement.histograms(),
        judged,
        is_final,
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
