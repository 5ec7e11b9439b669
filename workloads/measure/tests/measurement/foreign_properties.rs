//! What holds whatever programs of all kinds say, in whatever order.

use ballsession_measure::{Ended, Histogram, Histograms, SessionId};
use proptest::prelude::*;
use report::{Frames, Pairing, Stage};

use crate::run::{Run, sum};

const SESSIONS: u64 = 4;
const INTERVAL: u64 = 100;

#[derive(Debug, Clone)]
enum Action {
    Capture,
    Says { session: u64, text: String },
    Ask,
    Stop(u64),
    Disconnect(u64),
    ExpireLost,
    Wait(u64),
}

fn text() -> impl Strategy<Value = String> {
    let number = -50.0..700.0f64;
    prop_oneof![
        (number.clone(), number.clone()).prop_map(|(x, y)| format!("({x}, {y})")),
        (number.clone(), number.clone()).prop_map(|(x, y)| format!("{x},{y}")),
        (number.clone(), 0u64..400_000).prop_map(|(x, pts)| format!("{x}\t100\t{pts}")),
        (number.clone(), prop_oneof![0u64..400_000, any::<u64>()])
            .prop_map(|(x, pts)| format!(r#"{{"pts":{pts},"x":{x},"y":100}}"#)),
        (number, 0u32..400_000).prop_map(|(x, ts)| format!(r#"{{"ts":{ts},"x":{x},"y":100}}"#)),
        Just("hi".to_owned()),
        ".{0,12}",
    ]
}

fn action() -> impl Strategy<Value = Action> {
    let session = 0..SESSIONS;
    prop_oneof![
        20 => Just(Action::Capture),
        30 => (session.clone(), text()).prop_map(|(session, text)| Action::Says { session, text }),
        5 => Just(Action::Ask),
        1 => session.clone().prop_map(Action::Stop),
        1 => session.prop_map(Action::Disconnect),
        3 => Just(Action::ExpireLost),
        3 => prop_oneof![0..50u64, 900..3200u64, 9_000..12_000u64].prop_map(Action::Wait),
    ]
}

/// What may only grow.
fn settled(frames: &Frames) -> [u64; 8] {
    let Frames { matched, estimated, lost, late, undecodable, undetected, duplicate, malformed, .. } =
        *frames;
    [matched, estimated, lost, late, undecodable, undetected, duplicate, malformed]
}

/// All samples.
fn total(histogram: &Histogram) -> u64 {
    histogram.buckets.iter().map(|(_, count)| count).sum()
}

/// Whether no number is smaller than before.
fn has_grown(before: &Histograms, after: &Histograms) -> bool {
    let pairs =
        [(&before.error_pixels, &after.error_pixels), (&before.latency_seconds, &after.latency_seconds)];
    pairs.iter().all(|(before, after)| {
        let buckets = before.buckets.iter().zip(&after.buckets);
        before.sum <= after.sum
            && buckets.clone().all(|(before, after)| before.0 == after.0 && before.1 <= after.1)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn the_fates_add_up_to_what_was_sent(actions in prop::collection::vec(action(), 1..300), first: u32) {
        let mut run = Run::starting_at(1000 / INTERVAL as u32, first);
        for session in 0..SESSIONS {
            let id = SessionId(session);
            run.connect(id, 0);
            run.measurement.reached(id, Stage::Channel, run.at(0));
            run.measurement.sent_from(id, first);
            run.measurement.start_counting(id, first);
        }
        let (mut now, mut frame, mut before) = (0, 0, [0; 8]);
        let mut histograms = run.measurement.histograms();
        for action in actions {
            match action {
                Action::Capture => {
                    now += INTERVAL;
                    frame += 1;
                    run.capture(frame, now);
                }
                Action::Says { session, text } => {
                    let at = run.at(now);
                    run.measurement.message(SessionId(session), at, text.as_bytes());
                }
                Action::Ask => {
                    let at = run.at(now);
                    run.measurement.due_questions(at);
                }
                Action::Stop(session) => run.measurement.stop_counting(SessionId(session), Some(run.timestamp(frame))),
                Action::Disconnect(session) => {
                    let at = run.at(now);
                    run.measurement.disconnect(SessionId(session), Ended::Bye, at);
                }
                Action::ExpireLost => run.expire_lost(now),
                Action::Wait(milliseconds) => now += milliseconds,
            }
            // The summary itself checks the sums, of all, of each row and of the window.
            let summary = run.summary(now);
            prop_assert_eq!(sum(&summary.clients), summary.frames);
            let after = settled(&summary.frames);
            prop_assert!(before.iter().zip(&after).all(|(before, after)| before <= after), "{before:?} {after:?}");
            before = after;
            // Errors and latencies are of all reported frames but those of clients that are known from their reports alone.
            let aligned = summary.clients.iter().filter(|row| row.pairing == Pairing::Arrival);
            let aligned: u64 = aligned.map(|row| row.frames.estimated).sum();
            let measured = summary.frames.matched + summary.frames.estimated - aligned;
            let before = std::mem::replace(&mut histograms, run.measurement.histograms());
            prop_assert_eq!(total(&histograms.error_pixels), measured);
            prop_assert_eq!(total(&histograms.latency_seconds), measured);
            prop_assert!(has_grown(&before, &histograms), "{before:?} {histograms:?}");
            for row in summary.clients.iter().filter(|row| row.pairing == Pairing::Arrival) {
                prop_assert_eq!(row.frames.sent, row.frames.estimated + row.frames.lost, "{:?}", row);
                prop_assert!(row.loss_percent.is_none() && row.latency_milliseconds.is_none());
                prop_assert!(row.gaps.is_none() && row.delivered_percent.is_none());
            }
        }
        run.finish(now);
        prop_assert_eq!(run.summary(now).frames.pending, 0);
    }
}
