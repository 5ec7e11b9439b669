//! What holds for any stream and any network.

use proptest::prelude::*;

use super::*;
use crate::packetise::PacketBytes;

fn fate(loss_percent: u32) -> impl Strategy<Value = Fate> {
    (0..100u32, 0..MAX_DELAY_MS, proptest::option::weighted(0.1, 0..MAX_DELAY_MS)).prop_map(
        move |(draw, delay_ms, duplicate_after_ms)| Fate {
            lost: draw < loss_percent,
            delay_ms,
            duplicate_after_ms,
        },
    )
}

fn scenario(loss_percent: u32) -> impl Strategy<Value = Scenario> {
    let frame = (
        proptest::bool::weighted(0.15),
        1..4 * usize::from(PacketBytes::DEFAULT.get()),
        proptest::collection::vec(fate(loss_percent), 1..5),
    )
        .prop_map(|(keyframe, len, fates)| SentFrame { keyframe, len, fates });
    let sequence_number = prop_oneof![any::<u16>(), 65_500..=u16::MAX];
    let timestamp = prop_oneof![any::<u32>(), u32::MAX - 60_000..=u32::MAX];
    (proptest::collection::vec(frame, 1..60), sequence_number, timestamp).prop_map(
        |(frames, first_sequence_number, first_timestamp)| Scenario {
            frames,
            first_sequence_number,
            first_timestamp,
        },
    )
}

/// The frames of which a packet is lost and not repaired.
fn incomplete(scenario: &Scenario) -> BTreeSet<usize> {
    let packets = scenario.packets();
    (0..packets.len()).filter(|index| packets[*index].iter().any(|(_, fate)| fate.lost)).collect()
}

/// What was overtaken by the very first packet to arrive cannot be known to exist. Here nothing is.
fn begin_in_order(scenario: &mut Scenario) {
    scenario.frames[0].fates[0].lost = false;
    for frame in scenario.frames.iter_mut().take(3) {
        for fate in &mut frame.fates {
            fate.delay_ms = 0;
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn without_loss_every_frame_comes_out_in_order(scenario in scenario(0)) {
        let mut scenario = scenario;
        scenario.frames[0].keyframe = true;
        for fate in &mut scenario.frames[0].fates {
            fate.delay_ms /= 2;
        }
        let mut link = Link::new();
        link.send(&scenario);
        link.run_until(link.end(), |_| None);
        prop_assert_eq!(link.frames(), scenario.expected(&BTreeSet::new()));
    }

    #[test]
    fn without_repair_exactly_the_frames_that_depend_on_a_lost_one_are_undecodable(scenario in scenario(8)) {
        let mut scenario = scenario;
        begin_in_order(&mut scenario);
        let mut link = Link::new();
        link.send(&scenario);
        link.run_until(link.end(), |_| None);
        prop_assert_eq!(link.frames(), scenario.expected(&incomplete(&scenario)));
        prop_assert!(
            link.keyframe_requests.windows(2).all(|pair| pair[1] - pair[0] >= Settings::default().keyframe_interval)
        );
    }

    /// Only what nothing follows, or what came before the first packet to arrive, cannot be noticed.
    #[test]
    fn a_repaired_loss_leaves_no_trace(scenario in scenario(10), round_trip_ms in 1..15u64) {
        let mut scenario = scenario;
        let count = scenario.frames.len();
        for frame in [0, count - 1] {
            for fate in &mut scenario.frames[frame].fates {
                *fate = Fate { lost: false, delay_ms: 0, duplicate_after_ms: None };
            }
        }
        scenario.frames[0].keyframe = true;
        let packets: BTreeMap<u16, RtpPacket> = scenario
            .packets()
            .into_iter()
            .flatten()
            .map(|(packet, _)| (packet.sequence_number, packet))
            .collect();
        let mut link = Link::new();
        link.send(&scenario);
        let round_trip = Duration::from_millis(round_trip_ms);
        link.run_until(link.end(), |missing| Some((round_trip, packets[&missing].clone())));
        prop_assert_eq!(link.frames(), scenario.expected(&BTreeSet::new()));
    }

    /// Packets nobody would send: anything may be dropped, and nothing panics or spins.
    #[test]
    fn garbage_is_survived(
        packets in proptest::collection::vec(
            (0..3u32, any::<u16>(), 0..50_000u32, any::<bool>(), proptest::collection::vec(any::<u8>(), 0..20), 0..50u64),
            0..200,
        ),
    ) {
        let mut assembler = Assembler::new(Settings { max_packets: 64, max_bytes: 200, ..Settings::default() });
        let mut now = Instant::now();
        for (ssrc, sequence_number, timestamp, marker, payload, pause_ms) in packets {
            now += Duration::from_millis(pause_ms);
            assembler.handle_timeout(now);
            // Both near each other and anywhere.
            let sequence_number = if pause_ms < 40 { sequence_number % 128 } else { sequence_number };
            assembler.handle_packet(
                RtpPacket { ssrc, sequence_number, timestamp, marker, payload: payload.into() },
                now,
            );
            while assembler.poll_frame().is_some() {}
            while assembler.poll_missing(now).is_some() {}
            assembler.poll_keyframe_request(now);
            prop_assert!(assembler.poll_timeout().is_none_or(|timer| timer > now));
        }
    }
}
