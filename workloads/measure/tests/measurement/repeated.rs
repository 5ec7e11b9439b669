//! Outcomes that reports repeat, where latency goes, and timestamps with an offset.

use std::time::Duration;

use ballsession_measure::MessageOutcome;
use report::{
    Frames,
    channel::{FrameOutcome, FrameReport, Message, Previous},
};

use crate::{
    run::{A, Run},
    world::{Fate, World},
};

fn send(run: &mut Run, report: FrameReport, milliseconds: u64) -> MessageOutcome {
    let at = run.at(milliseconds);
    run.measurement.message(A, at, Message::Frame(report).to_text().as_bytes())
}

fn position(frame: u64) -> FrameOutcome {
    let truth = Run::truth(frame);
    FrameOutcome::Position { x: truth.x + 3.0, y: truth.y + 4.0, confidence: 1.0 }
}

/// V13: a decoded frame whose report vanished is no lost frame; its latency is not known, unless the report was only
/// overtaken and comes after all.
#[test]
fn a_frame_whose_report_vanished_is_known_from_the_next_ones() {
    let mut run = Run::new(30);
    run.join(A);
    run.capture_all(0..6);
    let mut previous = Previous::default();
    previous.push(run.timestamp(0), position(0));
    previous.push(run.timestamp(1), FrameOutcome::Undetected);
    previous.push(run.timestamp(2), FrameOutcome::Undecodable);
    let report = FrameReport { previous, ..FrameReport::new(run.timestamp(3), position(3)) };
    assert!(matches!(send(&mut run, report, 110), MessageOutcome::Matched { .. }));
    // Repeated again, and its own report after all.
    let mut previous = Previous::default();
    (1..4).for_each(|frame| previous.push(run.timestamp(frame), position(frame)));
    let report = FrameReport { previous, ..FrameReport::new(run.timestamp(4), position(4)) };
    assert!(matches!(send(&mut run, report, 150), MessageOutcome::Matched { .. }));
    assert!(matches!(run.see(A, 0, 160), MessageOutcome::Matched { .. }), "it was overtaken");
    assert_eq!(run.see(A, 0, 170), MessageOutcome::Duplicate);
    let summary = run.summary(200);
    let expected = Frames {
        sent: 6,
        pending: 1,
        matched: 3,
        undetected: 1,
        undecodable: 1,
        duplicate: 1,
        ..Frames::default()
    };
    assert_eq!(summary.frames, expected);
    assert_eq!(summary.error_pixels.map(|error| (error.mean, error.max)), Some((5.0, 5.0)));
    let histograms = run.measurement.histograms();
    let samples = |buckets: &[(f64, u64)]| buckets.iter().map(|bucket| bucket.1).sum::<u64>();
    assert_eq!(samples(&histograms.error_pixels.buckets), 3);
    assert_eq!(samples(&histograms.latency_seconds.buckets), 3, "only of those that came themselves");
}

/// V13: two of three reports vanish, and nothing is lost.
#[test]
fn reports_that_vanish_are_no_loss() {
    let mut world = World::new(30, 10);
    world.join("a");
    for frame in 0..15 * 30 {
        world.clients[0].fate = if frame % 3 == 0 { Fate::Good } else { Fate::Unheard };
        world.step();
    }
    let numbers = world.client("a").numbers;
    assert_eq!((numbers.loss_percent, numbers.delivered_percent), (Some(0.0), Some(100.0)));
    // An old client repeats nothing.
    let mut world = World::new(30, 10);
    world.join_old("old");
    for frame in 0..15 * 30 {
        world.clients[0].fate = if frame % 3 == 0 { Fate::Good } else { Fate::Unheard };
        world.step();
    }
    assert!(world.client("old").numbers.loss_percent > Some(60.0));
}

#[test]
fn what_is_repeated_is_as_late_as_what_repeats_it() {
    let mut run = Run::new(30);
    run.join(A);
    run.capture_all(0..3);
    let mut previous = Previous::default();
    previous.push(run.timestamp(0), position(0));
    let report = FrameReport { previous, ..FrameReport::new(run.timestamp(1), position(1)) };
    send(&mut run, report, 1030);
    let report = FrameReport { previous, ..FrameReport::new(run.timestamp(2), position(2)) };
    send(&mut run, report, 1300);
    let expected = Frames { sent: 3, matched: 2, late: 1, ..Frames::default() };
    assert_eq!(run.summary(1300).frames, expected);
}

#[test]
fn latency_is_divided_without_any_clock_but_ones_own() {
    let mut run = Run::new(30);
    run.join(A);
    run.capture_all(0..2);
    for at in [5, 8, 7] {
        run.measurement.frame_written(run.timestamp(0), run.at(at));
    }
    let report =
        FrameReport { held_microseconds: Some(4000), ..FrameReport::new(run.timestamp(0), position(0)) };
    send(&mut run, report, 22);
    // Of this one only one part is known.
    let report =
        FrameReport { held_microseconds: Some(4000), ..FrameReport::new(run.timestamp(1), position(1)) };
    send(&mut run, report, 50);
    let summary = run.summary(50);
    let p95 = |part: Option<report::SplitQuantiles>| part.map(|part| part.p95);
    for split in [summary.latency_split, summary.clients[0].latency_split] {
        assert_eq!(
            (p95(split.server), p95(split.client), p95(split.network)),
            (Some(8.0), Some(4.0), Some(10.0))
        );
    }
}

/// V14: each session has timestamps of its own, so that the reports of another one match nothing here.
#[test]
fn reports_of_another_session_are_worth_nothing() {
    let mut run = Run::new(30);
    run.join(A);
    run.measurement.set_timestamp_offset(A, 0xdead_beef);
    run.capture_all(0..10);
    let ours = FrameReport::new(run.timestamp(3).wrapping_add(0xdead_beef), position(3));
    assert!(matches!(send(&mut run, ours, 120), MessageOutcome::Matched { .. }));
    for frame in 0..10 {
        let replayed = FrameReport::new(run.timestamp(frame).wrapping_add(0x0bad_cafe), position(frame));
        assert!(matches!(send(&mut run, replayed, 400), MessageOutcome::Malformed(_)));
    }
    assert_eq!(run.summary(400).frames.matched, 1);
    run.measurement.expire_lost(run.at(0) + Duration::from_secs(9));
    assert_eq!(run.summary(9000).frames.lost, 9);
}
