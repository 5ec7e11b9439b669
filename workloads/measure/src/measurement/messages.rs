//! What comes on the report channels: hellos, and reports that are paired with their frames.

use std::time::{Duration, Instant};

use picture::Point;
use report::{
    ErrorCode, SessionId,
    channel::{FrameOutcome, FrameReport, Hello, Message},
    milliseconds,
};

use super::{LOST_AFTER, Measurement};
use crate::{
    events::MessageOutcome,
    ledger::Claim,
    pairing::Pairing,
    rows::Position,
    tally::{Entry, Fate},
    timeline::Frame,
};

/// A report is in time up to this age of its frame.
const IN_TIME: Duration = Duration::from_secs(1);

/// A report, and the timestamp of the frame that it means, as far as there can be one.
pub(super) struct Paired {
    pub(super) timestamp: Option<i64>,
    /// What the peer calls the frame by.
    pub(super) name: (&'static str, u64),
    pub(super) is_estimate: bool,
    pub(super) outcome: FrameOutcome,
}

impl Measurement {
    /// A message came on a session's report channel.
    pub fn message(&mut self, id: SessionId, at: Instant, data: &[u8]) -> MessageOutcome {
        if self.finished.is_some() {
            return MessageOutcome::UnknownSession;
        }
        match Message::parse(data) {
            Ok(Message::Frame(report)) => self.report(id, at, &report),
            Ok(Message::Hello(hello)) => self.hello(id, at, &hello),
            Ok(Message::Foreign(message)) => self.foreign(id, at, message),
            Err(reason) => self.malformed(id, at, reason.to_string()),
        }
    }

    fn hello(&mut self, id: SessionId, at: Instant, hello: &Hello) -> MessageOutcome {
        let Some(session) = self.sessions.get_mut(&id) else { return MessageOutcome::UnknownSession };
        session.asking.speaks();
        match &session.id {
            // The channel may deliver a message twice.
            Some(known) if *known == hello.id => MessageOutcome::Hello,
            Some(known) => {
                let reason = format!("a second hello, with the id {:?} after {known:?}", hello.id);
                self.malformed(id, at, reason)
            }
            None => {
                session.id = Some(hello.id.clone());
                // Of an ended session the row may be gone, or another client's already.
                if !session.has_ended {
                    session.row = self.books.rows.name(session.row, hello);
                }
                MessageOutcome::Hello
            }
        }
    }

    /// A report of our own client.
    fn report(&mut self, id: SessionId, at: Instant, report: &FrameReport) -> MessageOutcome {
        let Some(session) = self.sessions.get_mut(&id) else { return MessageOutcome::UnknownSession };
        session.asking.speaks();
        match session.pairing {
            Pairing::Open => session.pairing = Pairing::Rtp,
            Pairing::Rtp => {}
            _ => return self.other_kind(id, at, "ts"),
        }
        let timestamp = self.timeline.nearest(report.timestamp);
        let name = ("RTP timestamp", report.timestamp.into());
        self.pair(id, at, &Paired { timestamp, name, is_estimate: false, outcome: report.outcome })
    }

    /// Settles the frame that a report means.
    pub(super) fn pair(&mut self, id: SessionId, at: Instant, report: &Paired) -> MessageOutcome {
        let Some(session) = self.sessions.get_mut(&id) else { return MessageOutcome::UnknownSession };
        let claim = report
            .timestamp
            .map_or(Claim::NeverSent, |timestamp| session.ledger.claim(timestamp, &self.timeline));
        let (ordinal, frame) = match claim {
            Claim::Open(ordinal) => match self.timeline.get(ordinal) {
                Some(frame) => (ordinal, frame),
                None => return MessageOutcome::Duplicate,
            },
            Claim::Settled => {
                self.books.enter(session.row, at, Entry::Duplicate);
                return MessageOutcome::Duplicate;
            }
            Claim::NeverSent => {
                let (name, value) = report.name;
                let reason = format!("no frame with the {name} {value} was sent");
                return self.malformed(id, at, reason);
            }
        };
        if !session.has_reported {
            session.has_reported = true;
            let setup = at.saturating_duration_since(session.connected);
            self.books.setup.record(setup);
            if let Some(row) = self.books.rows.get_mut(session.row) {
                row.setup.first_report.get_or_insert(milliseconds(setup));
            }
        }
        let age = at.saturating_duration_since(frame.captured);
        let (fate, outcome) = judge(frame, age, report);
        session.ledger.settle(ordinal, fate != Fate::Lost && report.outcome != FrameOutcome::Undecodable);
        self.books.enter(session.row, frame.captured, Entry::Settled(fate));
        if fate == Fate::Lost {
            self.books.enter(session.row, at, Entry::Duplicate);
        }
        if let MessageOutcome::Matched { reported, error_pixels: error, .. }
        | MessageOutcome::Estimated { reported, error_pixels: error } = outcome
            && let Some(row) = self.books.rows.get_mut(session.row)
        {
            row.located(Position { ordinal, at, reported, truth: frame.position, error });
        }
        Self::advance(session, &self.timeline, &mut self.books);
        outcome
    }

    /// A report that is paired otherwise than those before it.
    pub(super) fn other_kind(&mut self, id: SessionId, at: Instant, names: &str) -> MessageOutcome {
        let Some(session) = self.sessions.get(&id) else { return MessageOutcome::UnknownSession };
        let reason = format!("a report that names {names} after one that names {}", session.pairing.words());
        self.malformed(id, at, reason)
    }

    fn malformed(&mut self, id: SessionId, at: Instant, reason: String) -> MessageOutcome {
        let Some(session) = self.sessions.get(&id) else { return MessageOutcome::UnknownSession };
        self.books.enter(session.row, at, Entry::Malformed);
        self.error(Some(id), ErrorCode::MalformedReport, &reason, at);
        MessageOutcome::Malformed(reason)
    }
}

/// The fate of a pending frame whose first report comes at this age, and what that is to the caller.
fn judge(frame: &Frame, age: Duration, report: &Paired) -> (Fate, MessageOutcome) {
    match report.outcome {
        // Nothing came in time; that it was not noticed before makes no difference.
        _ if age > LOST_AFTER => (Fate::Lost, MessageOutcome::Duplicate),
        _ if age > IN_TIME => (Fate::Late, MessageOutcome::Late),
        FrameOutcome::Position { x, y, .. } => {
            let (truth, reported) = (frame.position, Point { x, y });
            let error = reported.distance(truth);
            if report.is_estimate {
                let outcome = MessageOutcome::Estimated { reported, error_pixels: error };
                return (Fate::Estimated { error, latency: age }, outcome);
            }
            let outcome = MessageOutcome::Matched { truth, reported, error_pixels: error, latency: age };
            (Fate::Matched { error, latency: age }, outcome)
        }
        FrameOutcome::Undetected => (Fate::Undetected, MessageOutcome::Undetected),
        FrameOutcome::Undecodable => (Fate::Undecodable, MessageOutcome::Undecodable),
    }
}
