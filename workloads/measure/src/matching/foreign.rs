//! Reports in the dialects of other programs, which name no RTP timestamp.

use std::time::Instant;

use picture::Point;
use report::{
    Pairing as RowPairing,
    channel::{Foreign, FrameOutcome},
    milliseconds,
};

use super::{
    outcome::MessageOutcome,
    paired::{self, Paired},
};
use crate::{
    clients::Position,
    foreign::{Aligned, PositionOrigin, Relative},
    frames::Timeline,
    recorder::Recorder,
    sessions::{Pairing, Session},
    statistics::{Entry, Fate},
};

pub(super) fn message(
    session: &mut Session,
    at: Instant,
    message: Foreign,
    timeline: &Timeline,
    recorder: &mut Recorder,
) -> MessageOutcome {
    match message {
        Foreign::Greeting => {
            session.questions.stop();
            MessageOutcome::Hello
        }
        Foreign::Position { x, y, pts: Some(pts) } => {
            relative(session, at, pts, Point { x, y }, timeline, recorder)
        }
        Foreign::Position { x, y, pts: None } => arrival(session, at, Point { x, y }, timeline, recorder),
    }
}

/// A report that counts from the peer's first frame.
fn relative(
    session: &mut Session,
    at: Instant,
    pts: u64,
    reported: Point,
    timeline: &Timeline,
    recorder: &mut Recorder,
) -> MessageOutcome {
    session.questions.stop();
    let Some(first) = session.first_sent else { return MessageOutcome::Uncounted };
    if matches!(session.pairing, Pairing::Open) {
        session.pairing = Pairing::Relative(Relative::new(timeline.frames_per_second()));
    }
    let Pairing::Relative(relative) = &mut session.pairing else {
        return paired::other_kind(&session.pairing, "pts");
    };
    relative.learn(first, pts, reported, timeline);
    let timestamp = timeline.snap(relative.timestamp(first, pts));
    if let Some(row) = recorder.rows.get_mut(session.row) {
        row.pairing = RowPairing::Relative;
        row.pairing_milliseconds = Some(relative.missed_milliseconds());
    }
    if session.ledger.from().is_none_or(|from| (first..from).contains(&timestamp)) {
        return MessageOutcome::Uncounted;
    }
    let paired = Paired {
        timestamp: Some(timestamp),
        name: ("pts", pts),
        is_estimate: true,
        outcome: FrameOutcome::Position { x: reported.x, y: reported.y, confidence: 1.0 },
        held: None,
    };
    paired::settle(session, at, &paired, timeline, recorder)
}

/// A report that names no frame.
fn arrival(
    session: &mut Session,
    at: Instant,
    reported: Point,
    timeline: &Timeline,
    recorder: &mut Recorder,
) -> MessageOutcome {
    // Before frames count there is nothing that a report could be about, and nothing to decide.
    if !session.ledger.has_counted() {
        return MessageOutcome::Uncounted;
    }
    if matches!(session.pairing, Pairing::Open) {
        session.pairing = Pairing::Arrival(Box::default());
        // Whether the peer got a frame is known from its reports alone. What was given up before stays lost.
        session.stop(i64::MIN, timeline, recorder);
    }
    let Pairing::Arrival(arrival) = &mut session.pairing else {
        return paired::other_kind(&session.pairing, "no timestamp");
    };
    let (moment, is_answer) = match session.questions.position() {
        PositionOrigin::Answer(asked) => (asked, true),
        PositionOrigin::Unprompted => (at, false),
        PositionOrigin::Surplus => {
            recorder.record(session.row, at, Entry::Duplicate);
            return MessageOutcome::Duplicate;
        }
    };
    if !arrival.admit(at, is_answer, timeline.interval()) {
        recorder.record(session.row, at, Entry::Duplicate);
        return MessageOutcome::Duplicate;
    }
    let aligned = arrival.take(moment, reported, session.first_sent.unwrap_or(i64::MAX), timeline);
    if let Some(row) = recorder.rows.get_mut(session.row) {
        row.pairing = RowPairing::Arrival;
        row.pairing_milliseconds = arrival.delay().map(milliseconds);
        let setup = at.saturating_duration_since(session.connected);
        row.setup.first_report.get_or_insert(milliseconds(setup));
    }
    recorder.decoded(session.row, session.key, at, at, !is_answer);
    for Aligned { captured, error } in &aligned {
        recorder.record(session.row, *captured, Entry::Sent);
        recorder.record(session.row, *captured, Entry::Settled(Fate::Aligned { error: *error }));
    }
    let Some(Aligned { captured, error }) = aligned.last() else { return MessageOutcome::Waiting };
    if let Some(ordinal) = timeline.captured_by(*captured)
        && let Some(frame) = timeline.get(ordinal)
        && let Some(row) = recorder.rows.get_mut(session.row)
    {
        row.located(Position { ordinal, at, reported, truth: frame.position, error: *error });
    }
    MessageOutcome::Estimated { reported, error_pixels: *error }
}
