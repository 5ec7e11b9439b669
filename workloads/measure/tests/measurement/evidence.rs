//! What the evidence points at, and the truth about packets.

use std::time::Duration;

use ballsession_measure::{NetworkSample, ProgramSample};
use report::{Cause, PathMtu, channel::ClientCpu};

use crate::world::{Fate, World};

/// A world with samples of a sound server and a sound network once a second.
fn play(
    world: &mut World,
    seconds: u64,
    server_lateness: Duration,
    lost_of_a_hundred: u64,
    sent: &mut (u64, u64),
) {
    for _ in 0..seconds {
        world.play(1000);
        let now = world.run.at(world.now());
        let sample = ProgramSample { worst_lateness: Some(server_lateness), ..ProgramSample::default() };
        world.run.measurement.server_evidence(sample, now);
        sent.0 += 100;
        sent.1 += lost_of_a_hundred;
        let id = world.clients[0].session.expect("connected");
        let sample = NetworkSample {
            packets_sent: sent.0,
            packets_lost: sent.1,
            packets_repaired: sent.1,
            round_trip: Some(Duration::from_micros(800)),
            key_frames_sent: 1,
            ..NetworkSample::default()
        };
        world.run.measurement.network_sample(id, sample, now);
    }
}

const PROMPT: Duration = Duration::from_millis(3);

fn world() -> World {
    let mut world = World::new(30, 30);
    world.join("a");
    let worst_lateness_milliseconds = Some(2.0);
    world.clients[0].cpu = ClientCpu { worst_lateness_milliseconds, ..ClientCpu::default() };
    world
}

#[test]
fn a_sound_session_has_no_cause() {
    let mut world = world();
    play(&mut world, 20, PROMPT, 0, &mut (0, 0));
    assert_eq!((world.client("a").cause, world.judged().cause), (Cause::Unknown, Cause::Unknown));
}

/// L23: small packets come, the video's do not, and the verdict says above which size.
#[test]
fn a_way_that_is_smaller_than_the_videos_packets_is_the_networks_and_is_named() {
    let mut world = world();
    play(&mut world, 10, PROMPT, 0, &mut (0, 0));
    let id = world.clients[0].session.unwrap();
    let said = |world: &World| {
        let client = world.client("a");
        (client.cause, client.vanishes_above, world.run.summary(world.now()).clients[0].path_mtu)
    };
    assert_eq!(said(&world), (Cause::Unknown, None, None));
    world.run.measurement.path_mtu(id, Some(1400), Some(1238));
    let wide = PathMtu { to_client: Some(1400), to_server: None, largest_packet: Some(1238) };
    assert_eq!(said(&world), (Cause::Unknown, None, Some(wide)));
    world.run.measurement.path_mtu(id, Some(1000), Some(1238));
    let narrow = PathMtu { to_client: Some(1000), ..wide };
    assert_eq!(said(&world), (Cause::Network, Some(1000), Some(narrow)));
}

#[test]
fn packets_that_are_lost_are_the_networks_although_all_are_repaired() {
    let mut world = world();
    let mut sent = (0, 0);
    play(&mut world, 10, PROMPT, 0, &mut sent);
    play(&mut world, 5, PROMPT, 3, &mut sent);
    assert_eq!(world.client("a").cause, Cause::Network);
    let summary = world.run.summary(world.now());
    let (network, row) = (summary.network, summary.clients[0].network.expect("samples came"));
    assert_eq!((network.packets_sent, network.packets_lost, network.packets_repaired), (1500, 15, 15));
    assert_eq!((network.round_trip_time_milliseconds, network.key_frames_sent), (Some(0.8), 1));
    assert_eq!((row, summary.recent.network.packets_sent), (network, 1500));
    let received = summary.clients[0].received.expect("stats came");
    assert_eq!((received.frames_received, received.packets_received), (450, 2250));
}

#[test]
fn a_server_that_was_late_is_named_at_client_and_session() {
    let mut world = world();
    let mut sent = (0, 0);
    play(&mut world, 10, PROMPT, 0, &mut sent);
    play(&mut world, 1, Duration::from_millis(900), 0, &mut sent);
    assert_eq!((world.client("a").cause, world.judged().cause), (Cause::ServerCpu, Cause::ServerCpu));
    let summary = world.run.summary(world.now());
    assert_eq!(summary.cpu.worst_lateness_milliseconds, Some(900.0));
    assert_eq!(summary.recent.cpu.worst_lateness_milliseconds, Some(900.0));
    play(&mut world, 40, PROMPT, 0, &mut sent);
    let summary = world.run.summary(world.now());
    assert_eq!(summary.recent.cpu.worst_lateness_milliseconds, Some(3.0), "the window has forgotten it");
    assert_eq!(world.client("a").cause, Cause::Unknown);
}

#[test]
fn a_client_that_stopped_is_its_own_cause_and_a_held_network_is_the_networks() {
    for (lateness, cause) in [(700.0, Cause::ClientCpu), (2.0, Cause::Network)] {
        let mut world = world();
        play(&mut world, 10, PROMPT, 0, &mut (0, 0));
        world.hold(0, 21);
        assert_ne!(world.client("a").cause, Cause::ClientCpu, "it has not spoken of itself yet");
        world.clients[0].cpu.worst_lateness_milliseconds = Some(lateness);
        world.play(2_000);
        assert_eq!(world.client("a").cause, cause);
        assert_eq!(
            world.row("a").cpu.and_then(|cpu| cpu.worst_lateness_milliseconds),
            Some(lateness.max(2.0))
        );
    }
}

/// While nothing is heard it is not known whose fault that is.
#[test]
fn silence_alone_is_nobodys() {
    let mut world = world();
    world.play(10_000);
    world.clients[0].fate = Fate::Cut;
    world.play(6_000);
    assert!(world.said().ends_with("cause Unknown)"), "{}", world.said());
}
