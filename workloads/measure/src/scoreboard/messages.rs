//! What comes on the report channels: hellos, and reports that are paired with their frames.

use std::time::{Duration, Instant};

use picture::Point;
use report::{
    ErrorCode,
    channel::{FrameReport, Hello, Message, Sighting},
    milliseconds,
};

use super::{LOST_AFTER, Scoreboard};
use crate::{
    events::{Outcome, SessionId},
    ledger::Claim,
    rows::Position,
    tally::{Entry, Fate},
    timeline::Frame,
};

/// A report is in time up to this age of its frame.
const IN_TIME: Duration = Duration::from_secs(1);

impl Scoreboard {
    /// A message came on a session's report channel.
    pub fn message(&mut self, id: SessionId, at: Instant, data: &[u8]) -> Outcome {
        if self.finished.is_some() {
            return Outcome::UnknownSession;
        }
        match Message::parse(data) {
            Ok(Message::Frame(report)) => self.report(id, at, report),
            Ok(Message::Hello(hello)) => self.hello(id, at, &hello),
            Err(reason) => self.malformed(id, at, reason.to_string()),
        }
    }

    fn hello(&mut self, id: SessionId, at: Instant, hello: &Hello) -> Outcome {
        let Some(session) = self.sessions.get_mut(&id) else { return Outcome::UnknownSession };
        match &session.id {
            // The channel may deliver a message twice.
            Some(known) if *known == hello.id => Outcome::Hello,
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
                Outcome::Hello
            }
        }
    }

    fn report(&mut self, id: SessionId, at: Instant, report: FrameReport) -> Outcome {
        let Some(session) = self.sessions.get_mut(&id) else { return Outcome::UnknownSession };
        let timestamp = self.timeline.nearest(report.timestamp);
        let claim =
            timestamp.map_or(Claim::NeverSent, |timestamp| session.ledger.claim(timestamp, &self.timeline));
        let (ordinal, frame) = match claim {
            Claim::Open(ordinal) => match self.timeline.get(ordinal) {
                Some(frame) => (ordinal, frame),
                None => return Outcome::Duplicate,
            },
            Claim::Settled => {
                self.books.enter(session.row, at, Entry::Duplicate);
                return Outcome::Duplicate;
            }
            Claim::NeverSent => {
                let reason = format!("no frame with the RTP timestamp {} was sent", report.timestamp);
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
        let (fate, outcome) = judge(frame, age, report.sighting);
        session.ledger.settle(ordinal, fate != Fate::Lost && report.sighting != Sighting::Undecodable);
        self.books.enter(session.row, frame.captured, Entry::Settled(fate));
        if fate == Fate::Lost {
            self.books.enter(session.row, at, Entry::Duplicate);
        }
        if let Outcome::Scored { truth, reported, error_pixels: error, .. } = outcome
            && let Some(row) = self.books.rows.get_mut(session.row)
        {
            row.located(Position { ordinal, at, reported, truth, error });
        }
        Self::advance(session, &self.timeline, &mut self.books);
        outcome
    }

    fn malformed(&mut self, id: SessionId, at: Instant, reason: String) -> Outcome {
        let Some(session) = self.sessions.get(&id) else { return Outcome::UnknownSession };
        self.books.enter(session.row, at, Entry::Malformed);
        self.error(Some(id), ErrorCode::MalformedReport, &reason, at);
        Outcome::Malformed(reason)
    }
}

/// The fate of a pending frame whose first report comes at this age, and what that is to the caller.
fn judge(frame: &Frame, age: Duration, sighting: Sighting) -> (Fate, Outcome) {
    match sighting {
        // Nothing came in time; that it was not noticed before makes no difference.
        _ if age > LOST_AFTER => (Fate::Lost, Outcome::Duplicate),
        _ if age > IN_TIME => (Fate::Late, Outcome::Late),
        Sighting::Position { x, y, .. } => {
            let (truth, reported) = (frame.position, Point { x, y });
            let error = reported.distance(truth);
            let outcome = Outcome::Scored { truth, reported, error_pixels: error, latency: age };
            (Fate::Matched { error, latency: age }, outcome)
        }
        Sighting::Undetected => (Fate::Undetected, Outcome::Undetected),
        Sighting::Undecodable => (Fate::Undecodable, Outcome::Undecodable),
    }
}
