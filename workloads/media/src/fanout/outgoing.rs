//! The RTP stream of one session: the packets of frames with headers of its own, and again those that its peer misses.
//!
//! They are sent again in the stream itself: a receiver's request for what RTX brings back would never end, as `rtc`
//! counts only the stream's own packets.

use std::time::Instant;

use report::NetworkSample;
use rtc::rtcp::Packet as RtcpPacket;
use rtc::rtcp::sender_report::SenderReport;
use rtc::rtp;

use super::frame::Frame;
use super::numbering::Stream;
use super::recent_frames::{RecentFrames, RecentPacket};
use super::transmission::Transmission;

/// One session's stream.
#[derive(Debug)]
pub(super) struct Outgoing {
    ssrc: u32,
    payload_type: u8,
    /// From a frame's timestamp to that of its packets.
    timestamp_offset: u32,
    /// Whether it was agreed that lost packets are asked for.
    is_repaired: bool,
    transmission: Transmission,
    /// From the count of a packet in this session to its position among those of all frames, with wrap-around, since the
    /// session's frames follow each other without a gap.
    shift: u64,
    /// The first packet since then.
    unbroken_from: u64,
}

impl Outgoing {
    /// Nothing is sent yet. The last `repairable` packets can be sent again.
    pub(super) fn new(stream: Stream, payload_type: u8, repairable: u16, now: Instant) -> Self {
        let Stream { ssrc, numbering } = stream;
        Self {
            ssrc,
            payload_type,
            timestamp_offset: numbering.timestamp_offset,
            is_repaired: false,
            transmission: Transmission::new(ssrc, numbering.sequence_number, repairable, now),
            shift: 0,
            unbroken_from: 0,
        }
    }

    /// The peer wants this payload type, and may ask for lost packets.
    pub(super) fn agreed(&mut self, payload_type: u8, is_repaired: bool) {
        self.payload_type = payload_type;
        self.is_repaired = is_repaired;
    }

    #[cfg(test)]
    pub(super) fn payload_type(&self) -> u8 {
        self.payload_type
    }

    pub(super) fn timestamp_offset(&self) -> u32 {
        self.timestamp_offset
    }

    /// The packets of a frame, of which the first is at position `first` among those of all frames.
    pub(super) fn packets(&mut self, frame: &Frame, first: u64) -> impl Iterator<Item = rtp::Packet> {
        let sent = self.transmission.packets();
        let shift = first.wrapping_sub(sent);
        if shift != self.shift {
            self.shift = shift;
            self.unbroken_from = sent;
        }
        frame.payloads.iter().enumerate().map(|(index, payload)| {
            let sequence_number = self.transmission.packet(payload.len());
            let is_last = index + 1 == frame.payloads.len();
            self.rtp(sequence_number, RecentPacket { frame, payload, is_last })
        })
    }

    /// The report that is due after a frame, if one is.
    pub(super) fn report(&mut self, frame: &Frame, now: Instant) -> Option<SenderReport> {
        let timestamp = frame.timestamp.wrapping_add(self.timestamp_offset);
        self.transmission.frame(timestamp, frame.keyframe, now)
    }

    /// The peer sent this at `now`.
    pub(super) fn feedback(&mut self, packet: &dyn RtcpPacket, now: Instant) {
        self.transmission.feedback(packet, now);
    }

    /// The packets that are to be sent again.
    pub(super) fn repairs(&mut self, recent: &RecentFrames) -> Vec<rtp::Packet> {
        // Mostly there are none, and this allocates nothing.
        let due: Vec<u64> = self.transmission.take_due().collect();
        let is_sent_again = |position: &u64| self.is_repaired && *position >= self.unbroken_from;
        due.into_iter()
            .filter(is_sent_again)
            .filter_map(|position| {
                let packet = recent.packet(position.wrapping_add(self.shift))?;
                Some(self.rtp(self.transmission.sequence_number(position), packet))
            })
            .collect()
    }

    /// What became of the packets so far.
    pub(super) fn sample(&self) -> NetworkSample {
        self.transmission.sample()
    }

    fn rtp(&self, sequence_number: u16, packet: RecentPacket<'_>) -> rtp::Packet {
        let header = rtp::header::Header {
            version: 2,
            marker: packet.is_last,
            payload_type: self.payload_type,
            sequence_number,
            timestamp: packet.frame.timestamp.wrapping_add(self.timestamp_offset),
            ssrc: self.ssrc,
            ..Default::default()
        };
        rtp::Packet { header, payload: packet.payload.clone() }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use bytes::Bytes;
    use rtc::rtcp::transport_feedbacks::transport_layer_nack::{
        TransportLayerNack, nack_pairs_from_sequence_numbers,
    };

    use super::*;
    use crate::fanout::numbering::Numbering;

    const STREAM: Stream = Stream {
        ssrc: 7,
        numbering: Numbering { timestamp_offset: u32::MAX - 4000, sequence_number: 65_530 },
    };

    fn outgoing() -> Outgoing {
        let mut outgoing = Outgoing::new(STREAM, 97, 128, Instant::now());
        outgoing.agreed(120, true);
        outgoing
    }

    fn frame(n: u32, payloads: usize) -> Arc<Frame> {
        let payloads = (0..payloads).map(|of_frame| Bytes::from(format!("{n}.{of_frame}"))).collect();
        Arc::new(Frame { timestamp: n * 3000, keyframe: false, payloads })
    }

    fn nack(sequence_numbers: &[u16]) -> TransportLayerNack {
        let nacks = nack_pairs_from_sequence_numbers(sequence_numbers);
        TransportLayerNack { sender_ssrc: 1, media_ssrc: STREAM.ssrc, nacks }
    }

    /// Two sessions of one shard, the second from the third frame on; numbers and timestamps wrap.
    #[test]
    fn a_packet_that_is_asked_for_comes_again_as_it_was() {
        let (now, mut recent) = (Instant::now(), RecentFrames::new(128));
        let (mut early, mut late) = (outgoing(), outgoing());
        let (mut of_early, mut of_late) = (Vec::new(), Vec::new());
        for n in 0..6 {
            let frame = frame(n, 1 + n as usize % 3);
            let first = recent.push(Arc::clone(&frame));
            of_early.extend(early.packets(&frame, first));
            if n >= 2 {
                of_late.extend(late.packets(&frame, first));
            }
        }
        assert_eq!((of_early.len(), of_late.len()), (12, 9));
        for (outgoing, sent) in [(&mut early, &of_early), (&mut late, &of_late)] {
            let numbers: Vec<u16> = sent.iter().map(|packet| packet.header.sequence_number).collect();
            assert_eq!((numbers[0], numbers[7]), (65_530, 1));
            outgoing.feedback(&nack(&[numbers[1], numbers[7], numbers[8]]), now);
            let again = outgoing.repairs(&recent);
            assert_eq!(again, [sent[1].clone(), sent[7].clone(), sent[8].clone()]);
            assert!(outgoing.repairs(&recent).is_empty());
            assert_eq!(outgoing.sample().packets_repaired, 3);
        }
        assert_eq!(of_late[0].header.timestamp, 6000_u32.wrapping_add(u32::MAX - 4000));
    }

    #[test]
    fn nothing_is_sent_again_that_was_not_agreed_on_or_that_is_of_before_a_gap() {
        let (now, mut recent) = (Instant::now(), RecentFrames::new(128));
        let (mut outgoing, mut plain) = (outgoing(), outgoing());
        plain.agreed(97, false);
        for n in [0, 1, 3] {
            let frame = frame(n, 1);
            let first = recent.push(Arc::clone(&frame));
            assert_eq!(outgoing.packets(&frame, first).count() + plain.packets(&frame, first).count(), 2);
            recent.push(self::frame(9, usize::from(n == 1)));
        }
        for outgoing in [&mut outgoing, &mut plain] {
            outgoing.feedback(&nack(&[65_530, 65_531, 65_532]), now);
        }
        let again = outgoing.repairs(&recent);
        assert_eq!(again.iter().map(|packet| packet.header.sequence_number).collect::<Vec<_>>(), [65_532]);
        assert!(plain.repairs(&recent).is_empty());
    }
}
