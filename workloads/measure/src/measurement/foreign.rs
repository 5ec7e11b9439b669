//! Reports in the dialects of other programs, which name no frame of ours.

use std::time::Instant;

use picture::Point;
use report::{
    Pairing as RowPairing, SessionId,
    channel::{Foreign, FrameOutcome},
    milliseconds,
};

use super::{Measurement, messages::Paired};
use crate::{
    arrival::Aligned,
    asking::Voice,
    events::MessageOutcome,
    pairing::Pairing,
    relative::Relative,
    rows::Position,
    tally::{Entry, Fate},
};

impl Measurement {
    pub(super) fn foreign(&mut self, id: SessionId, at: Instant, message: Foreign) -> MessageOutcome {
        match message {
            Foreign::Greeting => {
                let Some(session) = self.sessions.get_mut(&id) else { return MessageOutcome::UnknownSession };
                session.asking.speaks();
                MessageOutcome::Hello
            }
            Foreign::Position { x, y, pts: Some(pts) } => self.relative(id, at, pts, Point { x, y }),
            Foreign::Position { x, y, pts: None } => self.arrival(id, at, Point { x, y }),
        }
    }

    /// A report that counts from the peer's first frame.
    fn relative(&mut self, id: SessionId, at: Instant, pts: u64, reported: Point) -> MessageOutcome {
        let Some(session) = self.sessions.get_mut(&id) else { return MessageOutcome::UnknownSession };
        session.asking.speaks();
        let Some(first) = session.first_sent else { return MessageOutcome::Uncounted };
        if matches!(session.pairing, Pairing::Open) {
            session.pairing = Pairing::Relative(Relative::new(self.settings.frames_per_second));
        }
        let Pairing::Relative(relative) = &mut session.pairing else { return self.other_kind(id, at, "pts") };
        relative.learn(first, pts, reported, &self.timeline);
        let timestamp = self.timeline.snap(relative.timestamp(first, pts));
        if let Some(row) = self.books.rows.get_mut(session.row) {
            row.pairing = RowPairing::Relative;
            row.pairing_milliseconds = Some(relative.missed_milliseconds());
        }
        if session.ledger.from().is_none_or(|from| (first..from).contains(&timestamp)) {
            return MessageOutcome::Uncounted;
        }
        let outcome = FrameOutcome::Position { x: reported.x, y: reported.y, confidence: 1.0 };
        self.pair(
            id,
            at,
            &Paired { timestamp: Some(timestamp), name: ("pts", pts), is_estimate: true, outcome },
        )
    }

    /// A report that names no frame.
    fn arrival(&mut self, id: SessionId, at: Instant, reported: Point) -> MessageOutcome {
        let Some(session) = self.sessions.get_mut(&id) else { return MessageOutcome::UnknownSession };
        // Before frames count there is nothing that a report could be about, and nothing to decide.
        if !session.ledger.has_counted() {
            return MessageOutcome::Uncounted;
        }
        if matches!(session.pairing, Pairing::Open) {
            session.pairing = Pairing::Arrival(Box::default());
            // Whether the peer got a frame is known from its reports alone. What was given up before stays lost.
            session.ledger.stop(i64::MIN, &self.timeline, |frame| {
                self.books.enter(session.row, frame.captured, Entry::Withdrawn);
            });
            Self::advance(session, &self.timeline, &mut self.books);
        }
        let Pairing::Arrival(arrival) = &mut session.pairing else {
            return self.other_kind(id, at, "no timestamp");
        };
        let (moment, is_answer) = match session.asking.position() {
            Voice::Answer(asked) => (asked, true),
            Voice::Own => (at, false),
            Voice::Unasked => return self.duplicate(id, at),
        };
        if !arrival.admit(at, is_answer, self.timeline.interval()) {
            return self.duplicate(id, at);
        }
        let aligned = arrival.take(moment, reported, session.first_sent.unwrap_or(i64::MAX), &self.timeline);
        let row = self.books.rows.get_mut(session.row);
        if let Some(row) = row {
            row.pairing = RowPairing::Arrival;
            row.pairing_milliseconds = arrival.delay().map(milliseconds);
            let setup = at.saturating_duration_since(session.connected);
            row.setup.first_report.get_or_insert(milliseconds(setup));
        }
        let row = session.row;
        for Aligned { captured, error } in &aligned {
            self.books.enter(row, *captured, Entry::Sent);
            self.books.enter(row, *captured, Entry::Settled(Fate::Aligned { error: *error }));
        }
        let Some(Aligned { captured, error }) = aligned.last() else { return MessageOutcome::Waiting };
        if let Some(ordinal) = self.timeline.captured_by(*captured)
            && let Some(frame) = self.timeline.get(ordinal)
            && let Some(row) = self.books.rows.get_mut(row)
        {
            row.located(Position { ordinal, at, reported, truth: frame.position, error: *error });
        }
        MessageOutcome::Estimated { reported, error_pixels: *error }
    }

    fn duplicate(&mut self, id: SessionId, at: Instant) -> MessageOutcome {
        if let Some(session) = self.sessions.get(&id) {
            self.books.enter(session.row, at, Entry::Duplicate);
        }
        MessageOutcome::Duplicate
    }
}
