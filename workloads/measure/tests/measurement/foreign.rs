//! Reports of programs that name no RTP timestamp.

use std::time::Duration;

use crate::run::{A, B, Run};
use ballsession_measure::MessageOutcome;
use picture::Point;
use report::{ErrorCode, Frames, FreezesFrom, Pairing, Stage};

/// The client of A.
const NAME: &str = "10.0.0.1:5000";
/// Between capture and the report of a frame, in ms.
const DELAY: u64 = 47;

/// A run in which A gets frames from 0 on, and counts them.
fn run() -> Run {
    let mut run = Run::new(30);
    run.measurement.sent_from(A, run.timestamp(0));
    run.join(A);
    run.measurement.sent_from(A, run.timestamp(0));
    run
}

fn send(run: &mut Run, text: &str, milliseconds: u64) -> MessageOutcome {
    let at = run.at(milliseconds);
    run.measurement.message(A, at, text.as_bytes())
}

/// The position of `frame`, off by (3, 4), with this `pts`.
fn pts_report(frame: u64, pts: u64) -> String {
    let Point { x, y } = Run::truth(frame);
    format!(r#"{{"pts":{pts},"x":{},"y":{}}}"#, x + 3.0, y - 4.0)
}

/// The position of `frame`, off by (0, 0.5).
fn bare_report(frame: u64) -> String {
    let Point { x, y } = Run::truth(frame);
    format!("{x},{}", y + 0.5)
}

fn capture_time(frame: u64) -> u64 {
    frame * 1000 / 30
}

#[test]
fn timestamps_of_the_peers_own_mean_the_nearest_frame() {
    let mut run = run();
    run.capture_all(0..5);
    // aiortc truncates: every third frame is off by a tick.
    for (frame, pts) in [(0, 0), (1, 2999), (2, 6001), (3, 9000 + 1499)] {
        let outcome = send(&mut run, &pts_report(frame, pts), capture_time(frame) + DELAY);
        assert!(matches!(outcome, MessageOutcome::Estimated { error_pixels: 5.0, .. }), "{outcome:?}");
    }
    let summary = run.summary(200);
    let expected = Frames { sent: 5, pending: 1, estimated: 4, ..Frames::default() };
    assert_eq!(summary.frames, expected);
    assert_eq!(summary.error_pixels.map(|error| error.max), Some(5.0));
    assert_eq!(summary.latency_milliseconds.map(|latency| latency.max), Some(DELAY as f64));
    let row = run.row(NAME);
    assert_eq!((row.pairing, row.pairing_milliseconds), (Pairing::Relative, Some(0.0)));
    assert_eq!((row.frames, row.loss_percent), (expected, Some(0.0)));
    assert!(row.freezes.is_some());
}

#[test]
fn a_frame_that_the_peer_names_itself_has_one_fate_as_well() {
    let mut run = run();
    run.capture_all(0..5);
    send(&mut run, &pts_report(0, 0), 10);
    assert_eq!(send(&mut run, &pts_report(0, 1), 20), MessageOutcome::Duplicate);
    assert_eq!(send(&mut run, &pts_report(1, 3000), 33 + 1001), MessageOutcome::Late);
    assert_eq!(send(&mut run, &pts_report(2, 6000), 66 + 3001), MessageOutcome::Duplicate);
    for pts in [10_500, 30_000, 1 << 53] {
        let outcome = send(&mut run, &pts_report(3, pts), 400);
        assert!(matches!(outcome, MessageOutcome::Malformed(_)), "{pts}: {outcome:?}");
    }
    let expected = Frames {
        sent: 5,
        pending: 2,
        estimated: 1,
        late: 1,
        lost: 1,
        duplicate: 2,
        malformed: 3,
        ..Frames::default()
    };
    let summary = run.summary(4000);
    assert_eq!(summary.frames, expected);
    assert!(summary.errors[0].message.ends_with("no frame with the pts 9007199254740992 was sent"));
    // Long forgotten.
    run.capture_all(5..600);
    assert_eq!(send(&mut run, &pts_report(0, 2999), 20_000), MessageOutcome::Duplicate);
}

#[test]
fn first_frames_that_never_came_are_found_out() {
    let mut run = run();
    for frame in 0..60 {
        run.capture(frame, capture_time(frame));
        // The peer's first frame is the fourth one.
        if frame >= 3 {
            let Point { x, y } = Run::truth(frame);
            let report = format!("{x}\t{y}\t{}", (frame - 3) * 3000);
            send(&mut run, &report, capture_time(frame) + 5);
        }
    }
    let row = run.row(NAME);
    assert_eq!((row.pairing, row.pairing_milliseconds), (Pairing::Relative, Some(100.0)));
    // The reports up to the decision keep what they had, and the frames that it skipped have no report.
    assert_eq!(row.frames.estimated, 57);
    assert_eq!(row.error_pixels.map(|error| (error.p50, error.max)), Some((0.0, 3.0)));
    // 100 ms more without the shift.
    assert!(row.latency_milliseconds.is_some_and(|latency| latency.p50 < 6.0), "{row:?}");
}

#[test]
fn a_detector_that_is_off_is_not_explained_away() {
    let mut run = run();
    for frame in 0..200 {
        run.capture(frame, capture_time(frame));
        let outcome = send(&mut run, &pts_report(frame, frame * 3000), capture_time(frame) + DELAY);
        assert!(
            matches!(outcome, MessageOutcome::Estimated { error_pixels: 5.0, .. }),
            "{frame}: {outcome:?}"
        );
    }
    assert_eq!(run.row(NAME).pairing_milliseconds, Some(0.0));
}

#[test]
fn frames_before_counting_are_no_mistake_of_the_peer() {
    let mut run = Run::new(30);
    run.connect(A, 0);
    run.capture_all(0..10);
    assert_eq!(send(&mut run, &pts_report(0, 0), 5), MessageOutcome::Uncounted);
    run.measurement.sent_from(A, run.timestamp(2));
    assert_eq!(send(&mut run, &pts_report(2, 0), 70), MessageOutcome::Uncounted);
    run.measurement.start_counting(A, run.timestamp(6));
    assert_eq!(send(&mut run, &pts_report(5, 9000), 210), MessageOutcome::Uncounted);
    assert!(matches!(
        send(&mut run, &pts_report(6, 12_000), 210),
        MessageOutcome::Estimated { error_pixels: 5.0, .. }
    ));
    assert_eq!(run.summary(300).frames, Frames { sent: 4, pending: 3, estimated: 1, ..Frames::default() });
}

#[test]
fn a_peer_that_names_no_frame_is_known_by_its_reports_alone() {
    let mut run = run();
    run.join(B);
    run.measurement.reached(A, Stage::Channel, run.at(0));
    for frame in 0..60 {
        run.capture(frame, capture_time(frame));
        run.see(B, frame, capture_time(frame) + 7);
        let outcome = send(&mut run, &bare_report(frame), capture_time(frame) + DELAY);
        let waits = frame < 2;
        assert_eq!(outcome == MessageOutcome::Waiting, waits, "{frame}: {outcome:?}");
        assert_eq!(
            matches!(outcome, MessageOutcome::Estimated { error_pixels: 0.5, .. }),
            !waits,
            "{frame}: {outcome:?}"
        );
    }
    let row = run.row(NAME);
    assert_eq!(row.pairing, Pairing::Arrival);
    let delay = row.pairing_milliseconds.unwrap();
    assert!((DELAY as f64 - 33.3..=DELAY as f64).contains(&delay), "within the frame's time: {delay}");
    assert_eq!(row.frames, Frames { sent: 60, estimated: 60, ..Frames::default() });
    assert_eq!(row.error_pixels.map(|error| error.max), Some(0.5));
    assert_eq!((row.loss_percent, row.latency_milliseconds, row.gaps), (None, None, None));
    assert_eq!(row.freezes_from, FreezesFrom::Arrivals);
    assert!(row.freezes.is_some_and(|freezes| freezes.count == 0 && freezes.longest_milliseconds < 1.0));
    assert_eq!(row.setup_milliseconds.first_report, Some(DELAY as f64));
    // The other client's numbers are all that the run has.
    run.expire_lost(5250);
    let summary = run.summary(5250);
    assert_eq!(summary.frames, Frames { sent: 120, matched: 60, estimated: 60, ..Frames::default() });
    for error in [summary.error_pixels, summary.recent.error_pixels] {
        assert_eq!(error.map(|error| (error.mean, error.max)), Some((5.0, 5.0)));
    }
    assert_eq!(summary.setup_milliseconds.map(|setup| setup.p95), Some(7.0));
    assert_eq!(summary.latency_milliseconds.map(|latency| latency.max), Some(7.0));
    assert_eq!((summary.loss_percent, summary.recent.loss_percent), (Some(0.0), Some(0.0)));
}

#[test]
fn arrivals_do_not_dilute_the_loss_of_others() {
    let mut run = run();
    run.join(B);
    for frame in 0..40 {
        run.capture(frame, capture_time(frame));
        send(&mut run, &bare_report(frame), capture_time(frame) + DELAY);
        if frame % 2 == 0 {
            run.see(B, frame, capture_time(frame) + 7);
        }
    }
    run.finish(5000);
    let summary = run.summary(5000);
    assert_eq!((summary.frames.sent, summary.frames.lost), (80, 20));
    assert_eq!((summary.loss_percent, summary.recent.loss_percent), (Some(50.0), Some(50.0)));
}

#[test]
fn an_answer_means_the_moment_of_its_question() {
    let mut run = run();
    run.measurement.reached(A, Stage::Channel, run.at(0));
    let mut answers = 0;
    for frame in 0..450 {
        run.capture(frame, capture_time(frame));
        let now = run.measurement.between_frames(run.at(capture_time(frame)));
        if run.measurement.due_questions(now) == [A] {
            // Of the newest frame at that moment, however long the answer takes.
            answers += 1;
            let took = [3, 30, 300][answers % 3];
            send(&mut run, &format!("({}, 100)", frame % 600), capture_time(frame) + 17 + took);
        }
    }
    let row = run.row(NAME);
    assert_eq!((answers, row.frames.estimated), (14, 14));
    assert_eq!(row.error_pixels.map(|error| error.max), Some(0.0));
    assert_eq!(row.frames.sent, 14);
    // No delay at all, up to half a frame.
    assert!(row.pairing_milliseconds.is_some_and(|delay| delay <= 17.0), "{row:?}");
}

#[test]
fn peers_that_say_something_by_themselves_are_not_asked() {
    for (text, is_asked) in
        [("hi", false), (r#"{"pts":0,"x":1,"y":2}"#, false), ("1,2", false), ("what?", true)]
    {
        let mut run = run();
        run.capture_all(0..1);
        run.measurement.reached(A, Stage::Channel, run.at(0));
        send(&mut run, text, 500);
        assert_eq!(!run.measurement.due_questions(run.at(1000)).is_empty(), is_asked, "{text}");
    }
    let mut run = Run::new(30);
    run.connect(A, 0);
    run.measurement.reached(A, Stage::Channel, run.at(0));
    run.hello(A, "ours", 0);
    assert!(run.measurement.due_questions(run.at(1000)).is_empty());
}

#[test]
fn what_was_given_up_before_the_first_word_stays_lost() {
    let mut run = run();
    run.capture_all(0..60);
    run.expire_lost(4000);
    let before = run.summary(4000).frames;
    assert!(before.lost > 20, "{before:?}");
    for frame in 120..123 {
        run.capture(frame, capture_time(frame));
        send(&mut run, &bare_report(frame), capture_time(frame) + DELAY);
    }
    let row = run.row(NAME);
    assert_eq!((row.frames.lost, row.frames.estimated, row.frames.pending), (before.lost, 3, 0));
    assert_eq!(row.loss_percent, None);
}

#[test]
fn a_session_keeps_to_one_kind_of_report() {
    let texts = [r#"{"ts":3000,"x":3,"y":4}"#, r#"{"pts":0,"x":3,"y":4}"#, "3,4"];
    for first in texts {
        for second in texts {
            let mut run = run();
            run.capture_all(0..3);
            send(&mut run, first, 100);
            let outcome = send(&mut run, second, 200);
            assert_eq!(
                matches!(outcome, MessageOutcome::Malformed(_)),
                first != second,
                "{first} then {second}"
            );
            let malformed = u64::from(first != second);
            let summary = run.summary(200);
            assert_eq!(summary.frames.malformed, malformed);
            assert_eq!(summary.errors.len() as u64, malformed);
            assert!(summary.errors.iter().all(|error| error.code == ErrorCode::MalformedReport));
        }
    }
}

#[test]
fn a_flood_of_positions_is_no_flood_of_frames() {
    let mut run = run();
    run.capture_all(0..30);
    let outcomes: Vec<MessageOutcome> = (0..1000).map(|_| send(&mut run, "1,2", 500)).collect();
    assert_eq!(outcomes.iter().filter(|outcome| **outcome == MessageOutcome::Duplicate).count(), 999);
    assert_eq!(run.row(NAME).frames.duplicate, 999);
}

#[test]
fn the_moment_to_ask_is_in_the_middle_between_captures() {
    let mut run = run();
    assert_eq!(run.measurement.between_frames(run.at(5)), run.at(5), "nothing is captured");
    run.capture(0, 100);
    let interval = Duration::from_secs(1) / 30;
    for (after, expected) in [(90, 0.5), (100, 0.5), (116, 0.5), (117, 1.5), (149, 1.5), (151, 2.5)] {
        let moment = run.measurement.between_frames(run.at(after));
        let difference = moment.duration_since(run.at(100)).abs_diff(interval.mul_f64(expected));
        assert!(difference < Duration::from_micros(1), "{after}");
        assert!(moment > run.at(after));
    }
}

#[test]
fn a_peer_that_speaks_before_frames_count_has_media_once_they_do() {
    let mut run = Run::new(30);
    run.connect(A, 0);
    run.measurement.sent_from(A, run.timestamp(0));
    run.measurement.reached(A, Stage::Channel, run.at(0));
    run.capture(0, capture_time(0));
    assert_eq!(send(&mut run, &bare_report(0), DELAY), MessageOutcome::Uncounted);
    run.measurement.start_counting(A, run.timestamp(1));
    for frame in 1..30 {
        run.capture(frame, capture_time(frame));
        send(&mut run, &bare_report(frame), capture_time(frame) + DELAY);
    }
    assert_eq!(run.row(NAME).pairing, Pairing::Arrival);
    let presence = run.measurement.presence(run.at(20_000));
    assert_eq!((presence.connected, presence.without_media), (1, 0));
}
