//! Freezes in the viewer's time.

use ballsession_measure::Ended;
use report::{FreezesFrom, judged::Media};

use crate::world::{Fate, World};

/// The longest freeze of a client in the window, in ms.
fn longest(world: &World, name: &str) -> f64 {
    world.client(name).numbers.longest_freeze_milliseconds.expect("two decoded frames")
}

/// Holds everything from and to the client, which then goes through at once: nothing is lost.
fn hold(world: &mut World, milliseconds: u64) {
    let frames = milliseconds * 30 / 1000;
    world.hold(0, frames);
}

/// V6: stalls that lose nothing are freezes: the client's clock between decoded frames says so.
#[test]
fn a_network_that_holds_everything_freezes_the_picture() {
    let mut world = World::new(30, 30);
    world.join("a");
    world.play(5_000);
    for _ in 0..3 {
        hold(&mut world, 900);
        world.play(4_000);
    }
    let row = world.row("a");
    assert_eq!((row.frames.lost, row.frames.late), (0, 0), "nothing is lost");
    assert_eq!(
        row.gaps.map(|gaps| (gaps.count, gaps.longest_milliseconds)),
        Some((0, 0.0)),
        "in the video's time"
    );
    assert_eq!(row.freezes_from, FreezesFrom::Client);
    let freezes = row.freezes.unwrap();
    assert_eq!(freezes.count, 3);
    assert!((850.0..=950.0).contains(&freezes.longest_milliseconds), "{freezes:?}");
    assert_eq!(row.recent.longest_freeze_milliseconds, Some(longest(&world, "a")));
    let summary = world.run.summary(world.now());
    assert_eq!(summary.freezes, row.freezes);
    assert_eq!(
        summary.recent.freezes.map(|freezes| freezes.longest_milliseconds),
        Some(longest(&world, "a"))
    );
}

/// V6: while nothing is heard the gap is open, and counts; once the client says that it saw everything, it does not.
#[test]
fn an_open_gap_counts_while_it_is_open_and_is_replaced_by_the_clients_figure() {
    let mut world = World::new(30, 30);
    world.join("a");
    world.play(15_000);
    assert_eq!((world.said().as_str(), world.row("a").open_gap_milliseconds), ("Met", None));
    world.clients[0].fate = Fate::Unheard;
    world.play(1_500);
    assert!(longest(&world, "a") > 1400.0);
    assert!(world.row("a").open_gap_milliseconds.is_some_and(|gap| gap > 1400.0));
    assert!(world.said().starts_with("FreezeTooLong: "), "{}", world.said());
    world.clients[0].fate = Fate::Good;
    world.play(1_500);
    assert!(longest(&world, "a") < 100.0, "{}", longest(&world, "a"));
    assert_eq!(world.row("a").open_gap_milliseconds, None);
    assert_eq!(world.row("a").freezes.map(|freezes| freezes.count), Some(0));
}

/// V6: where the frames themselves did not come it stays a freeze, also beyond the window's settled part.
#[test]
fn a_gap_that_was_real_stays() {
    let mut world = World::new(30, 30);
    world.join("a");
    world.play(15_000);
    world.clients[0].fate = Fate::Cut;
    world.play(1_500);
    world.clients[0].fate = Fate::Good;
    for _ in 0..10 {
        world.play(500);
        assert!((1400.0..1700.0).contains(&longest(&world, "a")), "{}", longest(&world, "a"));
    }
    world.play(40_000);
    assert!(longest(&world, "a") < 100.0, "it has left the window");
    assert!(
        world.row("a").freezes.is_some_and(|freezes| freezes.longest_milliseconds > 1400.0),
        "not the run"
    );
}

/// V6: across a lost connection, by the same process or by another one.
#[test]
fn a_lost_connection_is_a_gap() {
    for is_restarted in [false, true] {
        let mut world = World::new(30, 60);
        world.join("a");
        world.play(8_000);
        world.disconnect(0, Ended::Lost);
        world.play(2_000);
        assert!(longest(&world, "a") > 1900.0, "it is open");
        assert!(matches!(world.client("a").media, Media::Gone { .. }));
        if is_restarted {
            world.restart(0);
        }
        world.connect(0);
        world.play(6_000);
        assert!((1900.0..2300.0).contains(&longest(&world, "a")), "{}", longest(&world, "a"));
        assert_eq!(world.client("a").media, Media::Flowing);
    }
}

#[test]
fn before_the_first_frame_and_after_a_bye_there_is_none() {
    let mut world = World::new(30, 60);
    world.join("a");
    world.clients[0].fate = Fate::Lost;
    world.play(4_000);
    assert_eq!(world.client("a").numbers.longest_freeze_milliseconds, None);
    world.clients[0].fate = Fate::Good;
    world.play(8_000);
    world.disconnect(0, Ended::Bye);
    world.play(3_000);
    assert!(longest(&world, "a") < 100.0, "{}", longest(&world, "a"));
    assert_eq!((world.client("a").is_wanted, world.row("a").open_gap_milliseconds), (false, None));
}

/// V6: a session that ended counts its gap.
#[test]
fn the_end_closes_a_gap() {
    for is_bye in [true, false] {
        let mut world = World::new(30, 60);
        world.join("a");
        world.play(8_000);
        world.clients[0].fate = Fate::Cut;
        world.play(2_000);
        if is_bye {
            world.disconnect(0, Ended::Bye);
        } else {
            let now = world.run.at(world.now());
            world.run.measurement.end_media(now);
            world.play(3_000);
            world.run.finish(world.now());
        }
        let freezes = world.row("a").freezes.unwrap();
        assert_eq!(freezes.count, 1);
        assert!((1900.0..2100.0).contains(&freezes.longest_milliseconds), "{freezes:?}");
    }
}

/// What comes after the server has stopped sending is nobody's fault.
#[test]
fn the_drain_of_the_run_is_neither_gap_nor_absence() {
    let mut world = World::new(30, 60);
    world.join("a");
    world.play(10_000);
    let now = world.run.at(world.now());
    world.run.measurement.end_media(now);
    world.camera = false;
    world.play(3_000);
    world.disconnect(0, Ended::Bye);
    world.run.finish(world.now());
    let row = world.row("a");
    assert_eq!((row.frames.sent, row.delivered_percent), (300, Some(100.0)));
    assert!(row.freezes.is_some_and(|freezes| freezes.longest_milliseconds < 100.0), "{:?}", row.freezes);
    let objectives = "loss=1,delivered=99,freeze=500ms".parse().unwrap();
    let verdict = world.run.measurement.verdict_run(&objectives, world.run.at(world.now()));
    assert_eq!(verdict.to_string(), "Met");
}

/// V6: clients that say nothing of their own are measured by the arrival of their reports, marked so.
#[test]
fn old_clients_are_measured_by_arrivals() {
    let mut world = World::new(30, 60);
    let client = world.join_old("old");
    world.play(6_000);
    world.clients[client].fate = Fate::Cut;
    world.play(900);
    world.clients[client].fate = Fate::Good;
    world.play(6_000);
    let row = world.row("old");
    assert_eq!(row.freezes_from, FreezesFrom::Arrivals);
    let freezes = row.freezes.unwrap();
    assert_eq!(freezes.count, 1);
    assert!((850.0..950.0).contains(&freezes.longest_milliseconds), "{freezes:?}");
    assert_eq!((row.latency_split.client, row.received, row.instance), (None, None, None));
    assert!(row.frames.matched > 300 && row.recent.delivered_percent.is_some_and(|percent| percent > 85.0));
}
