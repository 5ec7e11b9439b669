//! Reports of our own client, which name a frame by its RTP timestamp.

use std::time::{Duration, Instant};

use report::channel::FrameReport;

use super::{
    outcome::MessageOutcome,
    paired::{self, Paired},
    repeated::{self, Repeated},
};
use crate::{
    frames::Timeline,
    recorder::Recorder,
    sessions::{Pairing, Session},
};

pub(super) fn report(
    session: &mut Session,
    at: Instant,
    report: &FrameReport,
    timeline: &Timeline,
    recorder: &mut Recorder,
) -> MessageOutcome {
    session.questions.stop();
    match session.pairing {
        Pairing::Open => session.pairing = Pairing::Rtp,
        Pairing::Rtp => {}
        _ => return paired::other_kind(&session.pairing, "ts"),
    }
    let nearest = |timestamp: u32| timeline.nearest(timestamp.wrapping_sub(session.timestamp_offset));
    let paired = Paired {
        timestamp: nearest(report.timestamp),
        name: ("RTP timestamp", report.timestamp.into()),
        is_estimate: false,
        outcome: report.outcome,
        held: report.held_microseconds.map(|held| Duration::from_micros(held.into())),
    };
    let repeated: Vec<_> =
        report.previous.iter().map(|(timestamp, outcome)| (nearest(timestamp), outcome)).collect();
    let outcome = paired::settle(session, at, &paired, timeline, recorder);
    if !matches!(outcome, MessageOutcome::Malformed(_)) {
        if let Some(row) = recorder.rows.get_mut(session.row) {
            row.network.reported(false);
        }
        for (timestamp, outcome) in repeated {
            let repeated = Repeated { timestamp, of: paired.timestamp, outcome };
            repeated::settle(session, at, &repeated, timeline, recorder);
        }
    }
    outcome
}
