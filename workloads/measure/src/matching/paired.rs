//! Reports whose frame is identified: the frame gets its fate.

use std::time::{Duration, Instant};

use picture::Point;
use report::channel::FrameOutcome;

use super::outcome::MessageOutcome;
use crate::{
    clients::Position,
    frames::{Claim, Frame, Timeline},
    recorder::Recorder,
    sessions::{LOST_AFTER, Pairing, Session},
    statistics::{Entry, Fate, Split},
};

/// A report is in time up to this age of its frame.
pub(super) const IN_TIME: Duration = Duration::from_secs(1);

/// A report, and the timestamp of the frame that it means, as far as there can be one.
pub(super) struct Paired {
    pub(super) timestamp: Option<i64>,
    /// By what the peer names the frame.
    pub(super) name: (&'static str, u64),
    pub(super) is_estimate: bool,
    pub(super) outcome: FrameOutcome,
    /// For how long the client held the frame, as it says.
    pub(super) held: Option<Duration>,
}

/// Settles the frame that a report means.
pub(super) fn settle(
    session: &mut Session,
    at: Instant,
    report: &Paired,
    timeline: &Timeline,
    recorder: &mut Recorder,
) -> MessageOutcome {
    let claim =
        report.timestamp.map_or(Claim::NeverSent, |timestamp| session.ledger.claim(timestamp, timeline));
    let (ordinal, frame) = match claim {
        Claim::Open(ordinal) => match timeline.get(ordinal) {
            Some(frame) => (ordinal, frame),
            None => return MessageOutcome::Duplicate,
        },
        Claim::Settled(Some(ordinal)) if session.overtaken.remove(ordinal) => {
            return match timeline.get(ordinal) {
                Some(frame) => overtaken(session, at, ordinal, frame, report, recorder),
                None => MessageOutcome::Duplicate,
            };
        }
        Claim::Settled(_) => {
            // The frame's fate is known, and yet this is news of the viewer.
            if report.outcome != FrameOutcome::Undecodable {
                recorder.decoded(session.row, session.key, at, at, true);
            }
            recorder.record(session.row, at, Entry::Duplicate);
            return MessageOutcome::Duplicate;
        }
        Claim::NeverSent => {
            let (name, value) = report.name;
            return MessageOutcome::Malformed(format!("no frame with the {name} {value} was sent"));
        }
    };
    if !session.has_reported {
        session.has_reported = true;
        recorder.set_up(session.row, at, at.saturating_duration_since(session.connected));
    }
    if report.outcome != FrameOutcome::Undecodable {
        recorder.decoded(session.row, session.key, at, frame.captured, true);
    }
    let age = at.saturating_duration_since(frame.captured);
    let (fate, outcome) = fate_of(frame, age, report);
    let is_decoded = fate != Fate::Lost && report.outcome != FrameOutcome::Undecodable;
    session.settle(ordinal, frame, fate, is_decoded, timeline, recorder);
    if fate == Fate::Lost {
        recorder.record(session.row, at, Entry::Duplicate);
    }
    if let MessageOutcome::Matched { reported, error_pixels: error, .. }
    | MessageOutcome::Estimated { reported, error_pixels: error } = outcome
        && let Some(row) = recorder.rows.get_mut(session.row)
    {
        row.located(Position { ordinal, at, reported, truth: frame.position, error });
    }
    outcome
}

/// The own report of a frame that is known from a repetition came after all. The fate stays as it is; how long the report
/// took is known now, and the longest ones are just those that are overtaken.
fn overtaken(
    session: &Session,
    at: Instant,
    ordinal: u64,
    frame: &Frame,
    report: &Paired,
    recorder: &mut Recorder,
) -> MessageOutcome {
    if report.outcome != FrameOutcome::Undecodable {
        recorder.decoded(session.row, session.key, at, frame.captured, true);
    }
    let age = at.saturating_duration_since(frame.captured);
    let (fate, outcome) = fate_of(frame, age, report);
    if let Fate::Matched { error, latency, split } = fate {
        recorder.record(session.row, frame.captured, Entry::Timed { latency, split });
        let FrameOutcome::Position { x, y, .. } = report.outcome else { return outcome };
        if let Some(row) = recorder.rows.get_mut(session.row) {
            let reported = Point { x, y };
            row.located(Position { ordinal, at, reported, truth: frame.position, error });
        }
    }
    outcome
}

/// What a report that names `named` is where those before it are paired otherwise.
pub(super) fn other_kind(pairing: &Pairing, named: &str) -> MessageOutcome {
    let reason = format!("a report that names {named} after one that names {}", pairing.named_by());
    MessageOutcome::Malformed(reason)
}

/// The fate of a pending frame whose first report comes at this age, and what that is to the caller.
fn fate_of(frame: &Frame, age: Duration, report: &Paired) -> (Fate, MessageOutcome) {
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
            let written = frame.written.map(|written| written.saturating_duration_since(frame.captured));
            let split = Split::new(age, written, report.held);
            (Fate::Matched { error, latency: age, split }, outcome)
        }
        FrameOutcome::Undetected => (Fate::Undetected, MessageOutcome::Undetected),
        FrameOutcome::Undecodable => (Fate::Undecodable, MessageOutcome::Undecodable),
    }
}
