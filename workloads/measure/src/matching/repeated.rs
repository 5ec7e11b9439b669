//! What a report repeats of the frames before: their own reports may have been lost on the way.

use std::time::Instant;

use picture::Point;
use report::channel::FrameOutcome;

use super::paired::IN_TIME;
use crate::{
    frames::{Claim, Timeline},
    recorder::Recorder,
    sessions::{LOST_AFTER, Session},
    statistics::Fate,
};

/// An outcome that a report repeats.
pub(super) struct Repeated {
    pub(super) timestamp: Option<i64>,
    /// The timestamp of the frame that the report itself is about.
    pub(super) of: Option<i64>,
    pub(super) outcome: FrameOutcome,
}

/// Settles the frame, if its own report has not come. When that would have come is not known, only that it was before
/// this one: so there is no latency, and it counts as in time where this one is.
pub(super) fn settle(
    session: &mut Session,
    at: Instant,
    repeated: &Repeated,
    timeline: &Timeline,
    recorder: &mut Recorder,
) {
    let claim =
        repeated.timestamp.map_or(Claim::NeverSent, |timestamp| session.ledger.claim(timestamp, timeline));
    let Claim::Open(ordinal) = claim else { return };
    let Some(frame) = timeline.get(ordinal) else { return };
    let age = at.saturating_duration_since(frame.captured);
    let carrier =
        repeated.of.and_then(|timestamp| timeline.around(timestamp)).map_or(frame, |carrier| carrier);
    let carrier_age = at.saturating_duration_since(carrier.captured);
    if age > LOST_AFTER {
        return;
    }
    let fate = match repeated.outcome {
        _ if carrier_age > IN_TIME => Fate::Late,
        FrameOutcome::Position { x, y, .. } => {
            Fate::Repeated { error: Point { x, y }.distance(frame.position) }
        }
        FrameOutcome::Undetected => Fate::Undetected,
        FrameOutcome::Undecodable => Fate::Undecodable,
    };
    let is_decoded = repeated.outcome != FrameOutcome::Undecodable;
    session.overtaken.insert(ordinal);
    if let Some(row) = recorder.rows.get_mut(session.row) {
        row.network.reported(true);
    }
    session.settle(ordinal, frame, fate, is_decoded, timeline, recorder);
}
