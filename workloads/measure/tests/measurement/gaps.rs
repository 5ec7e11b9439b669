//! Gaps in the time of the video, whatever the order in which reports come.

use proptest::prelude::*;
use report::{Gaps, RowRecent, Summary, channel::FrameOutcome};

use crate::run::{A, Run};

/// A run of 90 frames at 30 fps (33.3 ms): for each frame what its only report says, or none.
fn run_of(outcomes: &[Option<FrameOutcome>], order: &[usize]) -> Summary {
    let mut run = Run::new(30);
    run.join(A);
    run.capture_all(0..outcomes.len() as u64);
    for frame in order {
        if let Some(reported) = outcomes[*frame] {
            // In time, each with an age of its own.
            let frame = *frame as u64;
            run.report(A, frame, frame * 1000 / 30 + 1 + frame * 7 % 30, reported);
        }
    }
    run.finish(10_000);
    run.summary(10_000)
}

/// All frames seen, but not these.
fn gaps_without(missing: impl Fn(usize) -> bool, instead: Option<FrameOutcome>) -> Option<Gaps> {
    let seen = FrameOutcome::Position { x: 1.0, y: 1.0, confidence: 1.0 };
    let outcomes: Vec<_> = (0..90).map(|frame| if missing(frame) { instead } else { Some(seen) }).collect();
    run_of(&outcomes, &(0..90).collect::<Vec<_>>()).gaps
}

#[test]
fn lost_and_undecodable_frames_are_a_gap() {
    let gap = |frame| (40..55).contains(&frame);
    let expected = Some(Gaps { count: 1, longest_milliseconds: 500.0 });
    assert_eq!(gaps_without(gap, None), expected);
    assert_eq!(gaps_without(gap, Some(FrameOutcome::Undecodable)), expected);
}

#[test]
fn a_frame_without_a_ball_is_a_picture_all_the_same() {
    let gap = |frame| (40..55).contains(&frame);
    let expected = Some(Gaps { count: 0, longest_milliseconds: 0.0 });
    assert_eq!(gaps_without(gap, Some(FrameOutcome::Undetected)), expected);
}

#[test]
fn a_single_lost_frame_is_a_longer_step_but_no_gap() {
    let expected = Some(Gaps { count: 0, longest_milliseconds: 33.3 });
    assert_eq!(gaps_without(|frame| frame == 7, None), expected);
}

#[test]
fn without_two_decoded_frames_there_is_no_step() {
    assert_eq!(gaps_without(|frame| frame != 7, None), None);
}

#[test]
fn recent_has_its_own_gaps() {
    let mut run = Run::new(30);
    run.join(A);
    for frame in 0..30 * 120 {
        run.capture_all(frame..frame + 1);
        if !(30..60).contains(&frame) {
            run.see(A, frame, frame * 1000 / 30 + 3);
        }
        run.expire_lost(frame * 1000 / 30);
    }
    let summary = run.summary(120_000);
    assert_eq!(summary.gaps, Some(Gaps { count: 1, longest_milliseconds: 1000.0 }));
    assert_eq!(summary.recent.gaps, Some(Gaps { count: 0, longest_milliseconds: 0.0 }));
    assert_eq!(summary.clients[0].gaps, summary.gaps);
}

#[test]
fn frames_left_out_by_the_pacing_are_a_gap_too() {
    let mut run = Run::new(30);
    run.join(A);
    run.capture_all(0..30);
    run.capture_all(40..60);
    for frame in (0..30).chain(40..60) {
        run.see(A, frame, frame * 1000 / 30 + 3);
    }
    assert_eq!(run.summary(2000).gaps, Some(Gaps { count: 1, longest_milliseconds: 333.0 }));
}

fn frame_outcome() -> impl Strategy<Value = Option<FrameOutcome>> {
    prop_oneof![
        4 => Just(Some(FrameOutcome::Position { x: 5.0, y: 5.0, confidence: 1.0 })),
        1 => Just(Some(FrameOutcome::Undetected)),
        2 => Just(Some(FrameOutcome::Undecodable)),
        2 => Just(None),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_order_of_arrival_changes_nothing(
        outcomes in prop::collection::vec(frame_outcome(), 90),
        order in Just((0..90).collect::<Vec<_>>()).prop_shuffle(),
    ) {
        let mut in_order = run_of(&outcomes, &(0..90).collect::<Vec<_>>());
        let mut shuffled = run_of(&outcomes, &order);
        // Which report is the first does depend on it, of course, and so does the time between arrivals.
        shuffled.setup_milliseconds = in_order.setup_milliseconds;
        shuffled.recent.setup_milliseconds = in_order.recent.setup_milliseconds;
        shuffled.clients[0].setup_milliseconds = in_order.clients[0].setup_milliseconds;
        for summary in [&mut in_order, &mut shuffled] {
            (summary.freezes, summary.recent.freezes, summary.clients[0].freezes) = (None, None, None);
            (summary.delivered_percent, summary.recent.delivered_percent) = (None, None);
            let row = &mut summary.clients[0];
            (row.delivered_percent, row.wanted_seconds, row.recent) = (None, 0.0, RowRecent::default());
        }
        prop_assert_eq!(in_order, shuffled);
    }
}
