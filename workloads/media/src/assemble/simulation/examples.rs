//! Single situations, with their times.

use bytes::Bytes;

use super::*;

fn frame(keyframe: bool, len: usize) -> SentFrame {
    SentFrame { keyframe, len, fates: vec![Fate { lost: false, delay_ms: 0, duplicate_after_ms: None }] }
}

/// A keyframe and frames of one packet each that depend on it.
fn plain_scenario(frames: usize) -> Scenario {
    let frames = (0..frames).map(|index| frame(index == 0, 100)).collect();
    Scenario { frames, first_sequence_number: 65_530, first_timestamp: u32::MAX - 5_000 }
}

#[test]
fn a_frame_leaves_with_its_last_packet() {
    let mut link = Link::new();
    let scenario = Scenario { frames: vec![frame(true, 5000), frame(false, 10)], ..plain_scenario(0) };
    link.send(&scenario);
    link.run_until(link.end(), |_| None);
    assert_eq!(
        link.frames,
        [
            (link.start, scenario.expected(&BTreeSet::new())[0].clone()),
            (link.start + FRAME_INTERVAL, scenario.expected(&BTreeSet::new())[1].clone()),
        ]
    );
}

#[test]
fn a_gap_is_asked_for_several_times_and_then_given_up() {
    let mut scenario = plain_scenario(10);
    scenario.frames[3].fates[0].lost = true;
    let mut link = Link::new();
    link.send(&scenario);
    link.run_until(link.start + FRAME_INTERVAL * 9, |_| None);

    let noticed = link.start + FRAME_INTERVAL * 4;
    let asked_after: Vec<u128> = link.missing.iter().map(|(at, _)| (*at - noticed).as_millis()).collect();
    assert_eq!(asked_after, [5, 25, 45, 65]);
    assert!(link.missing.iter().all(|(_, sequence_number)| *sequence_number == 65_533));

    let given_up = noticed + Settings::default().gap_timeout;
    assert_eq!(link.frames(), scenario.expected(&BTreeSet::from([3])));
    let released = link.frames.iter().find(|(_, frame)| frame.timestamp() == scenario.timestamp(4));
    assert_eq!(released.map(|(at, _)| *at), Some(given_up));
    assert_eq!(link.keyframe_requests.first(), Some(&given_up));
}

#[test]
fn what_the_decoder_loses_counts_like_what_the_network_loses() {
    let mut link = Link::new();
    let scenario = plain_scenario(4);
    link.send(&scenario);
    link.run_until(link.start + FRAME_INTERVAL, |_| None);
    link.assembler.decoder_lost(scenario.timestamp(1));
    assert_eq!(link.assembler.poll_keyframe_request(link.now), Some(SSRC));
    link.run_until(link.end(), |_| None);
    assert_eq!(
        link.frames(),
        scenario
            .expected(&BTreeSet::new())
            .into_iter()
            .take(2)
            .chain([
                Assembled::Undecodable { timestamp: scenario.timestamp(2) },
                Assembled::Undecodable { timestamp: scenario.timestamp(3) },
            ])
            .collect::<Vec<_>>()
    );
}

#[test]
fn a_stream_that_moves_elsewhere_is_followed_and_a_stray_packet_is_not() {
    let now = Instant::now();
    let mut assembler = Assembler::new(Settings::default());
    let mut feed = |ssrc, sequence_number, timestamp, key: u8| {
        let payload = Bytes::from(vec![0x10, key, 1, 2]);
        assembler.handle_packet(RtpPacket { ssrc, sequence_number, timestamp, marker: true, payload }, now);
        std::iter::from_fn(|| assembler.poll_frame()).map(|frame| frame.timestamp()).collect::<Vec<_>>()
    };
    let none: [u32; 0] = [];
    assert_eq!(feed(1, 100, 0, 0), [0]);
    assert_eq!(feed(1, 30_000, 1, 0), none);
    assert_eq!(feed(1, 101, 2, 1), [2]);
    assert_eq!(feed(1, 103, 3, 1), none);
    // A new SSRC: what was held behind the gap leaves as undecodable.
    assert_eq!(feed(2, 100, 4, 0), none);
    assert_eq!(feed(2, 101, 5, 1), [3, 4, 5]);
    assert_eq!(feed(2, 20_000, 6, 0), none);
    assert_eq!(feed(2, 20_001, 7, 1), [6, 7]);
}

#[test]
fn what_is_held_is_bounded() {
    let now = Instant::now();
    let settings = Settings { max_packets: 16, max_bytes: 1000, ..Settings::default() };
    let mut assembler = Assembler::new(settings);
    let mut sequence_number = 0u16;
    let mut feed = |assembler: &mut Assembler, start: u8, data: u8, len: usize, marker: bool| {
        let mut payload = vec![data; len];
        payload[0] = start;
        let timestamp = u32::from(data);
        assembler.handle_packet(
            RtpPacket { ssrc: 1, sequence_number, timestamp, marker, payload: payload.into() },
            now,
        );
        sequence_number = sequence_number.wrapping_add(1);
    };
    // A keyframe that never ends, first in bytes and then in packets.
    for (len, count) in [(400, 10), (3, 100)] {
        feed(&mut assembler, 0x10, 2, len, false);
        for _ in 0..count {
            feed(&mut assembler, 0x00, 2, len, false);
            assert!(assembler.held_bytes() <= 1000);
        }
        assert_eq!(assembler.poll_frame(), None);
    }
    // And a stream that goes on as it should.
    for data in [4, 5, 6] {
        feed(&mut assembler, 0x10, data, 10, true);
    }
    assembler.handle_timeout(now + Settings::default().gap_timeout);
    let timestamps: Vec<u32> =
        std::iter::from_fn(|| assembler.poll_frame()).map(|frame| frame.timestamp()).collect();
    assert_eq!(timestamps, [4, 5, 6]);
}

#[test]
fn what_comes_after_it_was_asked_for_is_repaired_and_what_was_only_overtaken_is_not() {
    let mut scenario = plain_scenario(12);
    scenario.frames[3].fates[0].lost = true;
    scenario.frames[9].fates[0].lost = true;
    // Overtaken by the next frame, and there before it is asked for.
    scenario.frames[6].fates[0].delay_ms = 35;
    let repaired = scenario.packets().swap_remove(3).swap_remove(0).0;
    let mut link = Link::new();
    link.send(&scenario);
    link.run_until(link.end(), |missing| {
        let is_first = missing == repaired.sequence_number;
        is_first.then(|| (Duration::from_millis(3), repaired.clone()))
    });
    assert_eq!(link.frames(), scenario.expected(&BTreeSet::from([9])));
    assert_eq!(link.assembler.repaired(), 1);
}
