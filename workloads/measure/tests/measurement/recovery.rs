//! Clients that come from another server process, and say how long they had no pictures.

use ballsession_measure::{Ended, Objectives};
use report::channel::{FormerEnd, Recovery, Unanswered};

use crate::world::World;

fn recovery(milliseconds: f64) -> Recovery {
    Recovery { milliseconds, ago: 500.0, former_end: FormerEnd::Bye, unanswered: None }
}

fn said(world: &World, objectives: &str) -> String {
    let objectives: Objectives = objectives.parse().expect("valid objectives");
    world.run.measurement.verdict(&objectives, world.run.at(world.now())).to_string()
}

#[test]
fn a_client_that_comes_from_another_process_is_judged_by_how_long_that_took() {
    let mut world = World::new(30, 10);
    world.come_over("demo-client-0", recovery(2340.0));
    world.play(8000);
    let row = world.row("demo-client-0");
    assert_eq!((row.recovery_milliseconds, row.lost_frames), (Some(2340.0), Some(70)));
    assert_eq!((row.former_end, row.unanswered), (Some(FormerEnd::Bye), None));
    let longest = row.freezes.map_or(0.0, |freezes| freezes.longest_milliseconds);
    assert!(longest < 100.0, "it is a number of its own, and no freeze: {longest}");
    let summary = world.run.summary(world.now());
    assert_eq!((summary.recovery_milliseconds, summary.lost_frames), (Some(2340.0), Some(70)));
    assert_eq!(world.judged().all.recovery_milliseconds, Some(2340.0));
    assert_eq!(said(&world, "recovery=3s,frames=100"), "Met");
    let slow = said(&world, "recovery=2s,frames=100");
    assert!(
        slow.starts_with("RecoveryTooSlow: 2340 ms without pictures after the server was replaced, 2000 ms allowed (demo-client-0"),
        "{slow}"
    );
}

#[test]
fn the_longest_of_all_is_that_of_all_together() {
    let mut world = World::new(30, 10);
    for (name, milliseconds) in [("a", 1000.0), ("b", 4000.0), ("c", 2000.0)] {
        world.come_over(name, recovery(milliseconds));
    }
    world.join("d");
    world.play(8000);
    assert_eq!(world.judged().all.recovery_milliseconds, Some(4000.0));
    assert_eq!(world.run.summary(world.now()).lost_frames, Some(210));
    assert_eq!(world.row("d").recovery_milliseconds, None);
}

/// A reconnect to the same process is a freeze, and no recovery.
#[test]
fn what_is_missing_between_two_sessions_of_one_process_is_no_recovery() {
    let mut world = World::new(30, 10);
    let stayed = world.join("stayed");
    let came = world.come_over("came", recovery(1000.0));
    world.play(5000);
    for client in [stayed, came] {
        world.disconnect(client, Ended::Lost);
    }
    world.play(1500);
    for client in [stayed, came] {
        world.clients[client].recovery = Some(recovery(1600.0));
        world.connect(client);
    }
    world.play(5000);
    assert_eq!(world.row("stayed").recovery_milliseconds, None);
    assert_eq!(world.row("came").recovery_milliseconds, Some(1000.0));
    assert!(world.row("stayed").freezes.is_some_and(|freezes| freezes.longest_milliseconds > 1000.0));
}

#[test]
fn who_had_no_pictures_here_yet_still_comes_from_elsewhere() {
    let mut world = World::new(30, 10);
    world.camera = false;
    let client = world.come_over("demo-client-0", recovery(1000.0));
    world.clients[client].recovery = None;
    world.play(1500);
    world.disconnect(client, Ended::Lost);
    world.camera = true;
    world.clients[client].recovery = Some(recovery(3000.0));
    world.connect(client);
    world.play(5000);
    assert_eq!(world.row("demo-client-0").recovery_milliseconds, Some(3000.0));
}

/// Its row may be one of those that made place: then it is not known where it had pictures before.
#[test]
fn where_rows_were_left_out_nobody_is_taken_for_one_from_elsewhere() {
    let mut world = World::new(30, 10);
    for number in 0..18 {
        let client = world.join(&format!("early-{number}"));
        world.play(200);
        world.disconnect(client, Ended::Bye);
    }
    assert!(world.run.summary(world.now()).rows_omitted > 0);
    world.come_over("early-0", recovery(1000.0));
    world.play(3000);
    assert_eq!(world.row("early-0").recovery_milliseconds, None);
}

#[test]
fn nobody_who_came_back_is_too_little_to_judge_that() {
    let mut world = World::new(30, 10);
    world.join("demo-client-0");
    world.play(8000);
    assert_eq!(said(&world, "frames=100"), "Met");
    let said = said(&world, "recovery=3s,frames=100");
    assert!(
        said.starts_with("InsufficientSamples: no client has come back from another server process"),
        "{said}"
    );
}

#[test]
fn what_nobody_answered_is_in_the_row() {
    let mut world = World::new(30, 10);
    let unanswered = Some(Unanswered { packets: 120, milliseconds: 10_000.0 });
    let lost = Recovery { former_end: FormerEnd::ConsentLost, unanswered, ..recovery(12_000.0) };
    world.come_over("demo-client-0", lost);
    world.play(3000);
    let row = world.row("demo-client-0");
    assert_eq!((row.former_end, row.unanswered), (Some(FormerEnd::ConsentLost), unanswered));
}
