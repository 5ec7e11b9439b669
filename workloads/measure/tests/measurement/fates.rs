//! One frame, one fate: what counts when.

use crate::run::{A, B, Run};
use ballsession_measure::{Ended, MessageOutcome};
use report::{ErrorCode, Frames, State, channel::FrameOutcome};

#[test]
fn a_frame_is_pending_until_its_report() {
    let mut run = Run::new(30);
    run.join(A);
    run.capture_all(0..3);
    assert_eq!(run.summary(0).frames, Frames { sent: 3, pending: 3, ..Frames::default() });
    assert_eq!(run.summary(0).loss_percent, None);
    assert!(matches!(run.see(A, 1, 40), MessageOutcome::Matched { error_pixels: 5.0, .. }));
    let summary = run.summary(40);
    assert_eq!(summary.frames, Frames { sent: 3, pending: 2, matched: 1, ..Frames::default() });
    assert_eq!(summary.loss_percent, Some(0.0));
    assert_eq!(summary.error_pixels.map(|error| (error.mean, error.p95, error.max)), Some((5.0, 5.0, 5.0)));
    assert_eq!(summary.latency_milliseconds.map(|latency| latency.max), Some(7.0));
}

#[test]
fn age_decides_between_in_time_late_and_lost() {
    let mut run = Run::new(30);
    run.join(A);
    run.capture_all(0..5);
    assert!(matches!(run.see(A, 0, 1000), MessageOutcome::Matched { .. }));
    assert_eq!(run.see(A, 1, 33 + 1001), MessageOutcome::Late);
    assert_eq!(run.report(A, 2, 66 + 3000, FrameOutcome::Undecodable), MessageOutcome::Late);
    assert_eq!(run.see(A, 3, 100 + 3001), MessageOutcome::Duplicate);
    assert_eq!(run.see(A, 3, 100 + 3002), MessageOutcome::Duplicate);
    let expected =
        Frames { sent: 5, pending: 1, matched: 1, late: 2, lost: 1, duplicate: 2, ..Frames::default() };
    assert_eq!(run.summary(3200).frames, expected);
}

#[test]
fn a_sweep_gives_up_frames_above_3_s_and_never_again_asks_for_them() {
    let mut run = Run::new(30);
    run.join(A);
    run.capture_all(0..2);
    run.expire_lost(3000);
    assert_eq!(run.summary(3000).frames.lost, 0);
    run.expire_lost(3001);
    assert_eq!(run.summary(3001).frames, Frames { sent: 2, pending: 1, lost: 1, ..Frames::default() });
    assert_eq!(run.see(A, 0, 900), MessageOutcome::Duplicate);
    assert_eq!(run.summary(3001).frames.lost, 1);
}

#[test]
fn each_outcome_has_its_fate_and_the_first_one_wins() {
    let mut run = Run::new(30);
    run.join(A);
    run.capture_all(0..3);
    assert_eq!(run.report(A, 0, 10, FrameOutcome::Undetected), MessageOutcome::Undetected);
    assert_eq!(run.report(A, 1, 40, FrameOutcome::Undecodable), MessageOutcome::Undecodable);
    assert_eq!(run.see(A, 0, 50), MessageOutcome::Duplicate);
    assert_eq!(run.see(A, 1, 50), MessageOutcome::Duplicate);
    let frames =
        Frames { sent: 3, pending: 1, undetected: 1, undecodable: 1, duplicate: 2, ..Frames::default() };
    let summary = run.summary(50);
    assert_eq!(summary.frames, frames);
    assert_eq!(summary.loss_percent, Some(50.0));
    assert_eq!(summary.error_pixels, None);
    assert_eq!(summary.latency_milliseconds, None);
}

#[test]
fn duplicates_are_known_also_when_the_frame_is_long_forgotten() {
    let mut run = Run::starting_at(7, u32::MAX - 90_000);
    run.connect(A, 0);
    run.capture_all(0..5);
    run.measurement.start_counting(A, run.timestamp(5));
    run.capture_all(5..7 * 60);
    for frame in 5..15 {
        assert_eq!(run.see(A, frame, 60_000), MessageOutcome::Duplicate, "frame {frame}");
    }
    // Never sent: before counting, and off the grid.
    assert!(matches!(run.see(A, 4, 60_000), MessageOutcome::Malformed(_)));
    let off_grid = format!(r#"{{"ts":{},"state":"undetected"}}"#, run.timestamp(20).wrapping_add(3));
    let at = run.at(60_000);
    assert!(matches!(run.measurement.message(A, at, off_grid.as_bytes()), MessageOutcome::Malformed(_)));
    assert_eq!(run.summary(60_000).frames.duplicate, 10);
}

#[test]
fn reports_for_frames_that_were_never_sent_are_malformed() {
    let mut run = Run::new(30);
    run.connect(A, 0);
    run.capture_all(0..10);
    // Not counting yet.
    assert!(matches!(run.see(A, 3, 400), MessageOutcome::Malformed(_)));
    run.measurement.start_counting(A, run.timestamp(5));
    assert_eq!(run.summary(400).frames.sent, 5);
    // Before its first frame, in the future, and one that the pacing left out.
    run.measurement.skipped(1);
    run.capture(11, 400);
    for frame in [4, 12, 1_000_000, 10] {
        assert!(matches!(run.see(A, frame, 410), MessageOutcome::Malformed(_)), "frame {frame}");
    }
    let summary = run.summary(410);
    assert_eq!(summary.frames, Frames { sent: 6, pending: 6, malformed: 5, ..Frames::default() });
    assert_eq!(summary.video.skipped_frames, 1);
    assert_eq!((summary.errors[0].code, summary.errors[0].count), (ErrorCode::MalformedReport, 5));
    assert_eq!(summary.errors[0].message, "10.0.0.1:5000: no frame with the RTP timestamp 33000 was sent");
    assert_eq!(summary.errors[0].last_seen.as_millisecond(), 410);
    assert_eq!(summary.clients[0].setup_milliseconds.first_report, None);
}

#[test]
fn garbage_is_counted_and_survived() {
    let mut run = Run::new(30);
    run.join(A);
    run.capture_all(0..1);
    let at = run.at(5);
    let ts = run.timestamp(0);
    for data in [
        b"\xff\xfe".to_vec(),
        vec![b'x'; 1 << 20],
        format!(r#"{{"ts":{ts},"x":NaN,"y":0}}"#).into_bytes(),
        format!(r#"{{"ts":{ts},"x":1e308,"y":0}}"#).into_bytes(),
        b"(12, 13, 14)".to_vec(),
    ] {
        assert!(matches!(run.measurement.message(A, at, &data), MessageOutcome::Malformed(_)));
    }
    let summary = run.summary(5);
    assert_eq!(summary.frames, Frames { sent: 1, pending: 1, malformed: 5, ..Frames::default() });
    assert_eq!(summary.clients[0].frames.malformed, 5);
}

#[test]
fn frames_after_the_last_one_sent_do_not_count() {
    let mut run = Run::new(30);
    run.join(A);
    run.capture_all(0..6);
    run.see(A, 0, 10);
    run.measurement.stop_counting(A, Some(run.timestamp(3)));
    run.capture_all(6..9);
    assert_eq!(run.summary(0).frames, Frames { sent: 4, pending: 3, matched: 1, ..Frames::default() });
    // Those before it are still wanted, the others were never sent.
    assert!(matches!(run.see(A, 3, 300), MessageOutcome::Matched { .. }));
    assert!(matches!(run.see(A, 4, 300), MessageOutcome::Malformed(_)));
    run.measurement.start_counting(A, run.timestamp(0));
    run.finish(400);
    let frames = Frames { sent: 4, matched: 2, lost: 2, malformed: 1, ..Frames::default() };
    assert_eq!(run.summary(0).frames, frames);
    assert_eq!(run.summary(0).recent.frames, frames);
}

#[test]
fn a_session_that_got_nothing_has_sent_nothing() {
    let mut run = Run::new(30);
    run.join(A);
    run.capture_all(0..6);
    run.measurement.stop_counting(A, None);
    run.finish(400);
    assert_eq!(run.summary(0).frames, Frames::default());
}

#[test]
fn a_killed_clients_pending_frames_are_lost() {
    let mut run = Run::new(30);
    run.join(A);
    run.capture_all(0..4);
    run.see(A, 0, 5);
    let at = run.at(150);
    run.measurement.disconnect(A, Ended::Lost, at);
    run.capture_all(5..30);
    // A report that was on its way still counts.
    assert!(matches!(run.see(A, 1, 160), MessageOutcome::Matched { .. }));
    assert_eq!(run.row("10.0.0.1:5000").state, State::Lost);
    run.expire_lost(4000);
    let summary = run.summary(4000);
    assert_eq!(summary.frames, Frames { sent: 4, matched: 2, lost: 2, ..Frames::default() });
    assert_eq!(summary.errors[0].message, "10.0.0.1:5000: gone without a bye");
    assert_eq!(run.see(A, 2, 4000), MessageOutcome::UnknownSession);
}

#[test]
fn a_session_is_settled_when_nothing_is_open_and_nothing_will_come() {
    let mut run = Run::new(30);
    run.join(A);
    run.capture_all(0..2);
    run.see(A, 0, 40);
    run.see(A, 1, 40);
    // More frames may come.
    assert!(!run.measurement.is_settled(A));
    run.capture_all(2..3);
    run.measurement.stop_counting(A, Some(run.timestamp(2)));
    assert!(!run.measurement.is_settled(A));
    run.see(A, 2, 90);
    assert!(run.measurement.is_settled(A));
    assert!(run.measurement.is_settled(B), "there is no such session");
}

#[test]
fn events_may_come_before_the_frames_they_name() {
    let mut run = Run::new(30);
    run.connect(A, 0);
    // The first keyframe was sent before the measurement heard of it.
    run.measurement.start_counting(A, run.timestamp(2));
    run.capture_all(0..4);
    assert_eq!(run.summary(0).frames.sent, 2);
    assert!(matches!(run.see(A, 1, 200), MessageOutcome::Malformed(_)));
    assert!(matches!(run.see(A, 2, 200), MessageOutcome::Matched { .. }));
}

#[test]
fn a_run_of_14_hours_passes_the_wrap_around_unnoticed() {
    let mut run = Run::starting_at(5, u32::MAX - 10 * 90_000);
    run.join(A);
    let frames = 14 * 3600 * 5;
    for frame in 0..frames {
        run.capture(frame, frame * 200);
        // Out of order by one, and each twice.
        let seen = frame ^ 1;
        if seen < frame {
            run.see(A, frame, frame * 200 + 10);
            run.see(A, seen, frame * 200 + 20);
            run.see(A, seen, frame * 200 + 30);
        }
        if frame % 5 == 0 {
            run.expire_lost(frame * 200);
        }
    }
    run.finish(frames * 200);
    let summary = run.summary(frames * 200);
    let expected = Frames { sent: frames, matched: frames, duplicate: frames / 2, ..Frames::default() };
    assert_eq!(summary.frames, expected);
    assert_eq!(summary.gaps.map(|gaps| (gaps.count, gaps.longest_milliseconds)), Some((0, 0.0)));
    assert_eq!(summary.duration_seconds, 14.0 * 3600.0);
}
