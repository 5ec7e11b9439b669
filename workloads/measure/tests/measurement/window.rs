//! What is judged over the window: settled frames, delivered ones, undetected ones, set-ups.

use std::time::Duration;

use ballsession_measure::Ended;
use report::{ErrorCode, judged::Media};

use crate::{
    run::{A, Run},
    world::{Fate, World},
};

/// V8: 2 % loss reads 2 % in every window, as soon as the window is full.
#[test]
fn loss_is_the_same_in_every_window() {
    for window in [5, 10, 30, 60] {
        let mut world = World::new(30, window);
        world.join("a");
        for frame in 0..(window + 10) * 30 {
            world.clients[0].fate = if frame % 50 == 7 { Fate::Lost } else { Fate::Good };
            world.step();
        }
        let recent = world.run.summary(world.now()).recent;
        let loss = recent.loss_percent.unwrap();
        assert!((loss - 2.0).abs() <= 0.35, "{loss} % over {window} s");
        assert_eq!(recent.frames.pending, 0);
        assert_eq!(world.client("a").numbers.loss_percent, recent.loss_percent);
    }
}

/// V10: the minimum is one that a window of 10 s can hold.
#[test]
fn a_short_window_is_judged_as_well() {
    let mut world = World::new(30, 10);
    world.join("a");
    world.play(20_000);
    let objectives = "loss=1,frames=300".parse().unwrap();
    let verdict = world.run.measurement.verdict(&objectives, world.run.at(world.now()));
    assert_eq!(verdict.to_string(), "Met");
}

/// V4: frames without a ball are judged.
#[test]
fn a_blank_picture_is_not_met() {
    let mut world = World::new(30, 10);
    world.join("a");
    world.play(8_000);
    world.clients[0].fate = Fate::Undetected;
    world.play(14_000);
    let numbers = world.client("a").numbers;
    assert_eq!((numbers.undetected_percent, numbers.loss_percent), (Some(100.0), Some(0.0)));
    let said = world.said();
    assert!(
        said.contains("UndetectedTooHigh: 100 % undetected, 1 % allowed (a on node-of-a; cause Codec)"),
        "{said}"
    );
}

/// V5: a server that makes half of the frames delivers half of them, although it loses none.
#[test]
fn frames_that_are_never_made_are_missed() {
    let mut world = World::new(30, 10);
    world.join("a");
    world.play(6_000);
    assert_eq!(world.client("a").numbers.delivered_percent, Some(100.0));
    for frame in 0..20 * 30 {
        world.camera = frame % 2 == 0;
        world.step();
    }
    let numbers = world.client("a").numbers;
    assert_eq!(numbers.loss_percent, Some(0.0));
    assert!(numbers.delivered_percent.is_some_and(|percent| (49.0..=52.0).contains(&percent)), "{numbers:?}");
    assert!(world.said().contains("DeliveredTooLow: "), "{}", world.said());
    let summary = world.run.summary(world.now());
    assert!(summary.delivered_percent.is_some_and(|percent| (55.0..70.0).contains(&percent)), "{summary:?}");
}

/// V5: a client that is away half of the time loses no frame and is delivered half of them.
#[test]
fn absences_count() {
    let mut world = World::new(30, 20);
    world.join("a");
    world.join("steady");
    for _ in 0..6 {
        world.play(2_000);
        world.disconnect(0, Ended::Lost);
        world.play(2_000);
        world.connect(0);
    }
    let numbers = world.client("a").numbers;
    assert_eq!(numbers.loss_percent, Some(0.0));
    assert!(numbers.delivered_percent.is_some_and(|percent| (40.0..60.0).contains(&percent)), "{numbers:?}");
    assert!(numbers.wanted_seconds > 17.0);
    assert!(world.said().contains("DeliveredTooLow: "), "{}", world.said());
    let row = world.row("a");
    assert_eq!(row.recent.delivered_percent, numbers.delivered_percent);
    assert!(row.wanted_seconds > 20.0 && row.delivered_percent.is_some_and(|percent| percent < 60.0));
}

/// V7: one of many at 100 % loss is a percent of all frames, and it decides.
#[test]
fn the_worst_client_is_named() {
    let mut world = World::new(30, 10);
    for client in 0..40 {
        world.join(&format!("client-{client}"));
    }
    world.play(8_000);
    for frame in 0..6 * 30 {
        world.clients[17].fate = if frame % 4 == 0 { Fate::Lost } else { Fate::Good };
        world.step();
    }
    assert!(world.judged().all.loss_percent.is_some_and(|loss| loss < 1.0));
    let said = world.said();
    assert!(
        said.starts_with("LossTooHigh: ") && said.contains("(client-17 on node-of-client-17; "),
        "{said}"
    );
}

/// V9: a slow set-up is judged as long as the window has it; then the last one of each client is.
#[test]
fn a_slow_set_up_is_forgotten() {
    let mut run = Run::with_window(30, 3000, Duration::from_secs(10));
    let frames = |run: &mut Run, id, seconds: std::ops::Range<u64>| {
        for frame in seconds.start * 30..seconds.end * 30 {
            run.capture(frame, frame * 1000 / 30);
            run.see(id, frame, frame * 1000 / 30 + 5);
            run.expire_lost(frame * 1000 / 30);
        }
    };
    run.connect(A, 0);
    run.measurement.start_counting(A, run.timestamp(9 * 30));
    run.hello(A, "slow", 0);
    frames(&mut run, A, 9..14);
    let setup = |run: &Run, second: u64| {
        let judged = run.measurement.judged(run.at(second * 1000));
        (judged.all.setup_p95_milliseconds, judged.clients[0].numbers.setup_p95_milliseconds)
    };
    let slow = |setup: Option<f64>| setup.is_some_and(|setup| (8990.0..9200.0).contains(&setup));
    let (all, client) = setup(&run, 14);
    assert!(slow(all) && slow(client), "{all:?} {client:?}");
    // It comes back quickly.
    let now = run.at(14_000);
    run.measurement.disconnect(A, Ended::Lost, now);
    let again = ballsession_measure::SessionId(9);
    run.connect(again, 14_000);
    run.measurement.start_counting(again, run.timestamp(14 * 30));
    run.hello(again, "slow", 1);
    frames(&mut run, again, 14..30);
    assert_eq!(setup(&run, 30), (Some(5.0), Some(5.0)), "nobody connected in the window: the last one");
    assert!(
        run.summary(30_000).setup_milliseconds.is_some_and(|setup| setup.p95 > 5000.0),
        "the run keeps it"
    );
    assert_eq!(run.summary(30_000).recent.setup_milliseconds.map(|setup| setup.p95), Some(5.0));
}

/// V1, V19: clients that vanish are named by then, whatever the window says.
#[test]
fn clients_that_are_gone_are_said_within_seconds() {
    let mut world = World::new(30, 60);
    world.join("a");
    world.join("b");
    world.play(30_000);
    assert_eq!(world.said(), "Met");
    world.clients[1].fate = Fate::Cut;
    world.play(5_500);
    assert!(matches!(world.client("b").media, Media::Stopped { .. }));
    assert!(world.said().starts_with("NoMedia: no frame decoded for "), "{}", world.said());
    // When its loss is noticed the time goes on.
    world.disconnect(1, Ended::Failed { code: ErrorCode::PeerLost, message: "silent".into() });
    world.play(500);
    assert!(matches!(world.client("b").media, Media::Gone { seconds } if seconds > 5.0));
    let said = world.said();
    assert!(
        said.starts_with("ClientsLost: gone, no frame decoded for ") && said.contains("(b on node-of-b"),
        "{said}"
    );
    // It is not forgotten by itself either.
    world.play(120_000);
    assert!(world.said().starts_with("ClientsLost: "), "{}", world.said());
}

/// Frames that begin to count after the window has got past them are in it at once, and pending until their fate is known.
#[test]
fn frames_that_count_late_are_in_the_window_at_once() {
    let mut run = Run::new(30);
    run.connect(A, 0);
    run.capture(0, 0);
    run.expire_lost(3_500);
    run.measurement.start_counting(A, run.timestamp(0));
    let frames = |run: &Run, milliseconds| {
        let frames = run.measurement.summary(run.at(milliseconds)).recent.frames;
        (frames.sent, frames.pending, frames.lost)
    };
    assert_eq!(frames(&run, 3_500), (1, 1, 0));
    run.expire_lost(3_600);
    assert_eq!(frames(&run, 3_600), (1, 0, 1));
}
