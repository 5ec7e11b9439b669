//! Reports of our own client, which name a frame by its RTP timestamp.

use std::time::Instant;

use report::channel::FrameReport;

use super::{
    outcome::MessageOutcome,
    paired::{self, Paired},
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
    let paired = Paired {
        timestamp: timeline.nearest(report.timestamp.wrapping_sub(session.timestamp_offset)),
        name: ("RTP timestamp", report.timestamp.into()),
        is_estimate: false,
        outcome: report.outcome,
    };
    paired::settle(session, at, &paired, timeline, recorder)
}
