//! RTCP of a peer, after its decryption: what it brings the server to send.

use std::collections::HashMap;
use std::time::Instant;

use bytes::Bytes;
use media::fanout::Numbering;
use media::untrusted::Feedback;
use rtc::rtp;

use crate::input::Input;

const SSRC: u32 = 0x0102_0304;
/// Keyframes that a peer gets at once, and in each second.
const KEYFRAMES_AT_ONCE: u64 = 4;

/// Steps: a frame, some RTCP, some time.
pub(crate) fn feedback(data: &[u8]) {
    let mut input = Input::new(data);
    let (started, first) = (Instant::now(), input.short());
    let mut now = started;
    let numbering = Numbering { timestamp_offset: input.number(), sequence_number: first };
    let mut feedback = Feedback::new(SSRC, numbering, now);
    let (mut sent, mut packets, mut repaired, mut keyframes) = (HashMap::<u16, rtp::Packet>::new(), 0, 0, 0);
    while !input.is_empty() {
        let kind = input.byte();
        match kind >> 6 {
            0 | 1 => {
                let payloads = (0..=kind & 7).map(|n| Bytes::from(vec![0x10, n, kind])).collect();
                for packet in feedback.send(input.number(), kind & 8 != 0, payloads, now) {
                    packets += 1;
                    sent.insert(packet.header.sequence_number, packet);
                }
            }
            2 => feedback.receive(input.piece(), now),
            _ => now += input.time(),
        }
        for again in feedback.repairs() {
            repaired += 1;
            assert_eq!(sent.get(&again.header.sequence_number), Some(&again), "sent again as it was");
        }
        assert!(repaired <= packets, "{repaired} repairs of {packets} packets");
        keyframes += u64::from(feedback.takes_keyframe_request(now));
        let seconds = now.duration_since(started).as_secs();
        assert!(keyframes <= KEYFRAMES_AT_ONCE + seconds, "{keyframes} keyframes in {seconds} s");
        let sample = feedback.sample();
        assert_eq!(sample.packets_sent, packets);
        assert!(sample.packets_given_up <= packets && sample.packets_repaired <= repaired);
    }
}
