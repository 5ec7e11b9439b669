//! The scoreboard, shared by those who know something: the camera, the fan-out's threads and the session tasks.
//!
//! A lock and not a queue: what is done under it takes a microsecond a report, moments are stamped where things
//! happen, and nobody needs to wonder what to do with a full queue.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use measure::{Ended, Histograms, Measurement, MessageOutcome, Presence, Settings, Truth};
use media::fanout::Event;
use process::Console;
use report::channel::Message;
use report::{ErrorCode, SessionId, Stage, Summary};
use tokio::sync::watch;

use crate::live::{Live, Scored};

/// The scoreboard.
pub(crate) struct Board {
    scores: Mutex<Measurement>,
    /// Locked after the scores, where both are.
    live: Mutex<Live>,
    /// Where every report is printed, if that is wanted.
    verbose: Option<Console>,
    /// Raised when somebody comes or goes, and with every error.
    news: watch::Sender<()>,
}

impl Board {
    pub(crate) fn new(settings: Settings, verbose: Option<Console>) -> Self {
        let live = Mutex::new(Live::new(settings.started));
        Self { scores: Mutex::new(Measurement::new(settings)), live, verbose, news: watch::Sender::new(()) }
    }

    pub(crate) fn captured(&self, truth: Truth) {
        self.lock().captured(truth);
    }

    pub(crate) fn skipped(&self, frames: u64) {
        self.lock().skipped(frames);
    }

    pub(crate) fn connected(&self, id: SessionId, peer: SocketAddr, accepted: Instant, answered: Instant) {
        let mut scores = self.lock();
        scores.connect(id, peer, accepted);
        scores.reached(id, Stage::Signaling, answered);
        drop(scores);
        self.news.send_replace(());
    }

    pub(crate) fn disconnected(&self, id: SessionId, how: Ended, now: Instant) {
        self.lock().disconnect(id, how, now);
        self.live().gone(id);
        self.news.send_replace(());
    }

    /// Something went wrong before there was a session to speak of.
    pub(crate) fn refused(&self, code: ErrorCode, message: &str, now: Instant) {
        self.lock().error(None, code, message, now);
        self.news.send_replace(());
    }

    /// Whether no further frame goes to a session, and the fate of all that went is known.
    pub(crate) fn is_settled(&self, id: SessionId) -> bool {
        self.lock().is_settled(id)
    }

    pub(crate) fn sweep(&self, now: Instant) {
        self.lock().expire_lost(now);
    }

    pub(crate) fn summary(&self, now: Instant) -> Summary {
        self.lock().summary(now)
    }

    /// The numbers and what they are made of, of the same moment.
    pub(crate) fn detailed(&self, now: Instant) -> (Summary, Histograms) {
        let scores = self.lock();
        (scores.summary(now), scores.histograms())
    }

    /// Who is there, and the numbers of the same moment.
    pub(crate) fn full(&self, now: Instant) -> (Presence, Summary) {
        let scores = self.lock();
        (scores.presence(now), scores.summary(now))
    }

    /// Whether anybody is there, and what went wrong so far.
    pub(crate) fn outline(&self, now: Instant) -> (bool, BTreeSet<ErrorCode>) {
        let scores = self.lock();
        (scores.presence(now).connected > 0, scores.errors().map(|error| error.code).collect())
    }

    /// Where it is raised that somebody came or went, or that something went wrong.
    pub(crate) fn news(&self) -> &watch::Sender<()> {
        &self.news
    }

    /// The final numbers: what is pending now is lost.
    pub(crate) fn finish(&self, now: Instant) -> Summary {
        let mut scores = self.lock();
        scores.finish(now);
        scores.summary(now)
    }

    /// The sessions whose peers are to be asked now where the ball is.
    pub(crate) fn ask(&self, now: Instant) -> Vec<SessionId> {
        self.lock().due_questions(now)
    }

    /// The next moment after `after` that is a good one to ask at.
    pub(crate) fn between_frames(&self, after: Instant) -> Instant {
        self.lock().between_frames(after)
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
        self.lock().latest(now).map(line).collect()
    }

    /// What the fan-out has to say about scores.
    pub(crate) fn take(&self, events: &[Event]) {
        let mut scores = self.lock();
        let mut live = self.live();
        let mut is_news = false;
        for event in events {
            match event {
                Event::Reached { id, stage, at } => scores.reached(*id, *stage, *at),
                Event::Started { id, timestamp } => scores.sent_from(*id, *timestamp),
                Event::Counting { id, timestamp } => scores.start_counting(*id, *timestamp),
                Event::Stopped { id, last } => scores.stop_counting(*id, *last),
                Event::Report { id, at, data } => {
                    let outcome = scores.message(*id, *at, data);
                    is_news |= matches!(outcome, MessageOutcome::Malformed(_));
                    let client = scores.client(*id).unwrap_or("?");
                    if let MessageOutcome::Matched { truth, reported, error_pixels, latency } = outcome {
                        let scored = Scored { at: *at, truth, reported, error_pixels, latency };
                        live.scored(*id, client, &scored);
                    }
                    if let Some(console) = &self.verbose {
                        console.line(format!("{client}: {}{}", frame(data), words(&outcome)));
                    }
                }
                Event::KeyframeWanted(_) | Event::Closed { .. } => {}
            }
        }
        drop((scores, live));
        if is_news {
            self.news.send_replace(());
        }
    }

    /// What can be watched while it happens.
    pub(crate) fn live(&self) -> MutexGuard<'_, Live> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock(&self) -> MutexGuard<'_, Measurement> {
        // Numbers after a panic in here would be worth nothing, but the panic has been seen by then; ending a run
        // in order, with what there is, beats a chain of further panics.
        self.scores.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Which frame a report is about, in the words of the client's own output.
fn frame(report: &[u8]) -> String {
    match Message::parse(report) {
        Ok(Message::Frame(report)) => format!("frame {}: ", report.timestamp),
        _ => String::new(),
    }
}

fn words(outcome: &MessageOutcome) -> String {
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
        MessageOutcome::Waiting => "waits until its frame can be told".into(),
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
