//! Who is to be there: as the operator says, or whoever had media until its bye.

use std::time::Duration;

use ballsession_measure::{Ended, SessionId, verdict::Pending, verdict::Verdict};
use report::{channel::Hello, judged::Media, post::Answer};

use crate::{
    run::{A, B, C, Run},
    world::{Fate, World},
};

fn answer(wanted: &str, epoch: &str, window_seconds: f64) -> Answer {
    Answer {
        schema_version: Answer::SCHEMA_VERSION,
        window_seconds,
        epoch: epoch.into(),
        wanted_prefix: "demo-client-".into(),
        wanted: wanted.into(),
        suspended: false,
        advertise: None,
    }
}

fn apply(world: &mut World, answer: &Answer) {
    let now = world.run.at(world.now());
    world.run.measurement.apply_answer(answer, now);
}

/// Two clients in a cluster, with media for 15 s.
fn cluster() -> World {
    let mut world = World::new(30, 60);
    world.join("demo-client-0");
    world.join("demo-client-1");
    apply(&mut world, &answer("0-1", "one", 60.0));
    world.play(15_000);
    assert_eq!(world.said(), "Met");
    world
}

#[test]
fn a_bye_ends_nothing_in_a_cluster() {
    let mut world = cluster();
    assert_eq!(world.run.measurement.absent(), 0);
    world.disconnect(1, Ended::Bye);
    assert_eq!(world.run.measurement.absent(), 1, "known at once, for the operator to be asked");
    world.play(6_000);
    assert!(world.said().starts_with("ClientsLost: "), "{}", world.said());
    // But who is not wanted any more is not missed.
    apply(&mut world, &answer("0", "one", 60.0));
    assert_eq!((world.said().as_str(), world.run.measurement.absent()), ("Met", 0));
    let client = world.client("demo-client-1");
    assert!(!client.is_wanted);
    assert_eq!(client.numbers.delivered_percent, Some(100.0), "it left when it was to");
    assert!(world.row("demo-client-1").open_gap_milliseconds.is_none());
}

/// V5: evicted and back: the absence counts, although it began with a bye.
#[test]
fn a_bye_and_a_return_are_an_absence_in_a_cluster() {
    let mut world = cluster();
    world.play(5_000);
    world.disconnect(1, Ended::Bye);
    world.play(6_000);
    world.restart(1);
    world.connect(1);
    world.play(4_000);
    for numbers in [world.client("demo-client-1").numbers, world.judged().all] {
        assert!(numbers.longest_freeze_milliseconds > Some(5900.0), "{numbers:?}");
        assert!(numbers.delivered_percent < Some(90.0), "{numbers:?}");
    }
    let row = world.row("demo-client-1");
    assert!(row.delivered_percent < Some(80.0) && row.wanted_seconds > 26.0, "{row:?}");
}

#[test]
fn whoever_was_never_seen_is_awaited() {
    let mut world = cluster();
    apply(&mut world, &answer("0-2", "one", 60.0));
    world.play(4_000);
    assert_eq!(world.client("demo-client-2").media, Media::Awaited { seconds: 4.0 });
    assert_eq!(world.said(), "Starting: demo-client-2 has no media yet");
    world.play(57_000);
    assert!(world.said().starts_with("NoMedia: "), "{}", world.said());
}

/// All of many clients vanish: every one that is wanted keeps its row, for the verdict to name it.
#[test]
fn wanted_clients_keep_their_rows() {
    let mut world = World::new(30, 10);
    (0..30).for_each(|index| {
        world.join(&format!("demo-client-{index}"));
    });
    apply(&mut world, &answer("0-29", "one", 10.0));
    world.play(6_000);
    (0..30).for_each(|index| world.disconnect(index, Ended::Lost));
    world.play(6_000);
    let gone =
        world.judged().clients.iter().filter(|client| matches!(client.media, Media::Gone { .. })).count();
    assert_eq!(gone, 30);
    assert_eq!(world.run.summary(world.now()).rows_omitted, 0);
}

/// L9: rows that are folded away are counted.
#[test]
fn rows_that_made_place_are_counted() {
    let mut world = World::new(30, 10);
    for index in 0..40 {
        let client = world.join(&format!("visitor-{index}"));
        world.play(100);
        world.disconnect(client, Ended::Bye);
    }
    let summary = world.run.summary(world.now());
    assert_eq!((summary.clients.len(), summary.rows_omitted), (16, 24));
}

/// What the operator does itself is forgiven for a minute, and no longer.
#[test]
fn an_epoch_forgives_absences_that_it_caused() {
    let mut world = cluster();
    apply(&mut world, &answer("0-1", "two", 60.0));
    world.play(1_000);
    world.disconnect(1, Ended::Bye);
    world.play(8_000);
    let Verdict::Inconclusive { reason: Pending::Starting, .. } = world.verdict() else {
        panic!("{}", world.said());
    };
    world.restart(1);
    world.connect(1);
    world.play(12_000);
    assert_eq!(world.said(), "Met", "neither freeze nor absence");
    assert!(world.client("demo-client-1").numbers.longest_freeze_milliseconds < Some(100.0));
    assert_eq!(world.client("demo-client-1").numbers.delivered_percent, Some(100.0));
    // A third epoch, and nobody comes back.
    apply(&mut world, &answer("0-1", "three", 60.0));
    world.disconnect(1, Ended::Bye);
    world.play(59_000);
    assert!(world.said().starts_with("Starting: "), "{}", world.said());
    world.play(3_000);
    assert!(world.said().starts_with("ClientsLost: "), "{}", world.said());
    assert!(
        world.client("demo-client-1").numbers.longest_freeze_milliseconds > Some(1500.0),
        "from its end on"
    );
}

#[test]
fn while_suspended_nothing_is_judged_and_nothing_counts() {
    let mut world = cluster();
    apply(&mut world, &Answer { suspended: true, ..answer("0-1", "one", 60.0) });
    world.clients[0].fate = Fate::Cut;
    world.clients[1].fate = Fate::Cut;
    world.play(10_000);
    assert!(world.said().starts_with("Suspended: "), "{}", world.said());
    let wanted = world.row("demo-client-0").wanted_seconds;
    world.clients[0].fate = Fate::Good;
    world.clients[1].fate = Fate::Good;
    apply(&mut world, &answer("0-1", "one", 60.0));
    world.play(5_000);
    assert!(world.client("demo-client-0").numbers.longest_freeze_milliseconds < Some(100.0));
    assert!((wanted..wanted + 6.0).contains(&world.row("demo-client-0").wanted_seconds));
}

/// Another window begins anew; the same one goes on.
#[test]
fn the_operator_says_the_window() {
    let mut world = cluster();
    apply(&mut world, &answer("0-1", "one", 60.0));
    assert_eq!(world.said(), "Met");
    apply(&mut world, &answer("0-1", "one", 10.0));
    assert!(world.said().starts_with("InsufficientSamples: "), "{}", world.said());
    world.play(12_000);
    assert_eq!(world.said(), "Met");
    let judged = world.judged();
    assert_eq!((judged.span_seconds, judged.all.settled <= 600), (10.0, true));
}

/// V17: a client that comes back before its old session is noticed dead keeps its row.
#[test]
fn whoever_comes_back_takes_its_row_over() {
    for is_new in [true, false] {
        let mut world = World::new(30, 30);
        let client = if is_new { world.join("a") } else { world.join_old("a") };
        world.play(6_000);
        let old = world.clients[client].session.expect("connected");
        world.connect(client);
        world.play(4_000);
        let summary = world.run.summary(world.now());
        assert_eq!(summary.clients.len(), 1, "{:?}", summary.clients);
        assert_eq!((summary.clients[0].id.as_str(), summary.clients[0].reconnects), ("a", 1));
        assert_eq!(world.run.measurement.take_superseded(), [old]);
        assert_eq!(world.run.measurement.take_superseded(), []);
        // The end of the old session makes no difference to the client.
        let now = world.run.at(world.now());
        world.run.measurement.disconnect(old, Ended::Lost, now);
        assert_eq!((world.client("a").media, world.client("a").is_wanted), (Media::Flowing, true));
        assert_eq!(world.client("a").numbers.loss_percent, Some(0.0), "nothing is sent twice");
    }
}

/// V17, O2: of two processes under one id the one of the later attempt has it, whichever comes first.
#[test]
fn a_later_attempt_takes_the_row_and_an_earlier_one_is_refused() {
    let hello = |instance: &str, attempt| Hello {
        instance: Some(instance.into()),
        attempt: Some(attempt),
        ..Hello::new("demo-client-0")
    };
    let mut run = Run::new(30);
    for (id, instance, attempt) in [(A, "one", 1), (B, "two", 2), (C, "old", 1)] {
        run.connect(id, 0);
        run.introduce(id, hello(instance, attempt), 10);
    }
    assert_eq!(run.measurement.take_superseded(), [A, C]);
    assert_eq!(run.measurement.client(B), Some("demo-client-0"));
    assert_eq!(run.measurement.client(C), Some("demo-client-0 (2)"));
    let row = run.row("demo-client-0");
    assert_eq!((row.instance.as_deref(), row.attempt), (Some("two"), Some(2)));
    // Another client of the same name, without an attempt, is another client.
    let other = SessionId(7);
    run.connect(other, 20);
    run.introduce(other, Hello { instance: Some("x".into()), ..Hello::new("demo-client-0") }, 20);
    assert_eq!(run.measurement.client(other), Some("demo-client-0 (3)"));
    assert_eq!(run.measurement.take_superseded(), []);
}

/// Whoever opens no report channel only watches, and is none of those that are measured.
#[test]
fn a_viewer_without_a_channel_is_not_wanted() {
    let mut run = Run::with_window(30, 3000, Duration::from_secs(10));
    run.connect(A, 0);
    run.measurement.reached(A, ballsession_measure::Stage::Dtls, run.at(100));
    let judged = run.measurement.judged(run.at(20_000));
    assert_eq!((judged.clients.len(), judged.clients[0].is_wanted), (1, false));
    run.connect(B, 20_000);
    let judged = run.measurement.judged(run.at(26_000));
    assert_eq!(judged.clients[1].media, Media::NeverHad { seconds: 6.0 });
    assert!(judged.clients[1].is_wanted);
}
