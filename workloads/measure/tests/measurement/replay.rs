//! Timestamps of its own in each session.

use crate::run::{A, B, Run};
use ballsession_measure::MessageOutcome;
use report::channel::{FrameOutcome, FrameReport, Message};

const OFFSET_OF_A: u32 = 0xfff0_0000;
const OFFSET_OF_B: u32 = 0x1234_5678;

fn report(run: &Run, frame: u64, offset: u32) -> String {
    let position = Run::truth(frame);
    let reported = FrameOutcome::Position { x: position.x, y: position.y, confidence: 1.0 };
    Message::Frame(FrameReport::new(run.timestamp(frame).wrapping_add(offset), reported)).to_text()
}

/// V14: a peer that decodes nothing and replays what another session reports has no frame matched.
#[test]
fn reports_of_one_session_match_nothing_in_another() {
    let mut run = Run::new(30);
    for (session, offset) in [(A, OFFSET_OF_A), (B, OFFSET_OF_B)] {
        run.connect(session, 0);
        run.measurement.set_timestamp_offset(session, offset);
        run.measurement.start_counting(session, run.timestamp(0));
    }
    run.capture_all(0..600);
    for frame in 550..600 {
        let at = run.at(frame * 1000 / 30 + 20);
        let recorded = report(&run, frame, OFFSET_OF_A);
        let matched = run.measurement.message(A, at, recorded.as_bytes());
        assert!(matches!(matched, MessageOutcome::Matched { error_pixels: 0.0, .. }), "{frame}: {matched:?}");
        let replayed = run.measurement.message(B, at, recorded.as_bytes());
        assert!(matches!(replayed, MessageOutcome::Malformed(_)), "{frame}: {replayed:?}");
    }
    let matched = run.summary(20_000).clients.iter().map(|row| row.frames.matched).collect::<Vec<_>>();
    assert_eq!(matched, [50, 0]);
}
