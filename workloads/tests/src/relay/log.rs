//! What the relay saw, and what came of it.

use std::collections::BTreeMap;

use super::datagram::{Datagram, MediaPacket};
use super::network::Decision;

/// One packet of video with all its copies.
#[derive(Debug, Clone)]
struct Packet {
    timestamp: u32,
    marker: bool,
    bytes: usize,
    /// How often the server sent it.
    sent: u32,
    /// How often the client was handed it.
    delivered: u32,
    /// Whether a later one was handed to it before the first copy of this one.
    is_late: bool,
}

/// What the relay saw.
#[derive(Debug, Clone, Default)]
pub struct Log {
    /// By number, from the first packet on.
    packets: BTreeMap<u64, Packet>,
    first_sequence_number: u16,
    /// The number of the newest packet that the client was handed.
    newest_delivered: Option<u64>,
    /// Packets of video, copies included, that were dropped.
    pub media_dropped: u64,
    /// Packets of video that others overtook.
    pub media_reordered: u64,
    /// Packets of video that arrived once more than they were sent.
    pub media_duplicated: u64,
    /// Reports that came.
    pub reports: u64,
    /// Reports that were dropped.
    pub reports_dropped: u64,
}

/// A frame as it came through the relay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CarriedFrame {
    /// RTP timestamp, 90 kHz.
    pub timestamp: u32,
    /// The number of its first packet.
    pub first_packet: u64,
    /// Of all its packets, headers included.
    pub bytes: usize,
    /// Whether every packet arrived in the end.
    pub is_whole: bool,
}

impl Log {
    /// Different packets of video so far.
    pub fn packets(&self) -> u64 {
        self.packets.len() as u64
    }

    /// Packets of video that were sent again.
    pub fn sent_again(&self) -> u64 {
        self.packets.values().filter(|packet| packet.sent > 1).count() as u64
    }

    /// Packets of video of which a copy was handed to the client later than a later one's, or never.
    pub fn out_of_place(&self) -> usize {
        self.packets.values().filter(|packet| packet.is_late || packet.delivered == 0).count()
    }

    /// Packets of video that never arrived.
    pub fn never_arrived(&self) -> usize {
        self.packets.values().filter(|packet| packet.delivered == 0).count()
    }

    /// The frames in the order in which they were sent.
    ///
    /// # Panics
    /// Where the relay itself missed a packet, so that its word is worth nothing.
    pub fn frames(&self) -> Vec<CarriedFrame> {
        let mut frames: Vec<CarriedFrame> = Vec::new();
        let mut is_open = false;
        for ((number, packet), expected) in self.packets.iter().zip(0..) {
            assert_eq!(*number, expected, "the relay missed packets: its receive buffer was full");
            if !is_open {
                let (timestamp, first_packet) = (packet.timestamp, *number);
                frames.push(CarriedFrame { timestamp, first_packet, bytes: 0, is_whole: true });
            }
            if let Some(frame) = frames.last_mut() {
                assert_eq!(frame.timestamp, packet.timestamp, "packet {number} is in the middle of a frame");
                frame.bytes += packet.bytes;
                frame.is_whole &= packet.delivered > 0;
            }
            is_open = !packet.marker;
        }
        assert!(!is_open, "the last frame has no end");
        frames
    }

    /// A packet of video came from the server: its number, and how many copies came before.
    pub(super) fn sent(&mut self, packet: MediaPacket, bytes: usize) -> (u64, u32) {
        if self.packets.is_empty() {
            self.first_sequence_number = packet.sequence_number;
        }
        let number = self.number(packet);
        let MediaPacket { timestamp, marker, .. } = packet;
        let entry = self.packets.entry(number).or_insert(Packet {
            timestamp,
            marker,
            bytes,
            sent: 0,
            delivered: 0,
            is_late: false,
        });
        entry.sent += 1;
        (number, entry.sent - 1)
    }

    /// What is to become of a datagram.
    pub(super) fn decided(&mut self, datagram: Datagram, decision: Decision) {
        let is_dropped = u64::from(decision == Decision::Drop);
        match datagram {
            Datagram::Media(_) => {
                self.media_dropped += is_dropped;
                self.media_reordered += u64::from(matches!(decision, Decision::After(_)));
                self.media_duplicated += u64::from(decision == Decision::Duplicate);
            }
            Datagram::Report => {
                self.reports += 1;
                self.reports_dropped += is_dropped;
            }
            Datagram::Feedback | Datagram::Other => {}
        }
    }

    /// A datagram that was to pass was dropped after all.
    pub(super) fn overflowed(&mut self, datagram: Datagram) {
        self.media_dropped += u64::from(matches!(datagram, Datagram::Media(_)));
        self.reports_dropped += u64::from(datagram == Datagram::Report);
    }

    /// A datagram was handed to its receiver.
    pub(super) fn delivered(&mut self, datagram: Datagram) {
        if let Datagram::Media(packet) = datagram {
            let number = self.number(packet);
            if let Some(entry) = self.packets.get_mut(&number) {
                entry.delivered += 1;
                entry.is_late |=
                    entry.delivered == 1 && self.newest_delivered.is_some_and(|newest| newest > number);
            }
            self.newest_delivered = self.newest_delivered.max(Some(number));
        }
    }

    /// Sessions here are far too short for sequence numbers to wrap.
    fn number(&self, packet: MediaPacket) -> u64 {
        packet.sequence_number.wrapping_sub(self.first_sequence_number).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packet(sequence_number: u16, timestamp: u32, marker: bool) -> MediaPacket {
        MediaPacket { sequence_number, timestamp, marker }
    }

    #[test]
    fn a_frame_is_whole_when_each_of_its_packets_arrived_once_at_least() {
        let (first, second, third) =
            (packet(u16::MAX, 3000, false), packet(0, 3000, true), packet(1, 6000, true));
        let mut log = Log::default();
        let sent = [first, second, third, second].map(|packet| log.sent(packet, 100));
        assert_eq!(sent, [(0, 0), (1, 0), (2, 0), (1, 1)]);
        for packet in [first, third, third] {
            log.delivered(Datagram::Media(packet));
        }
        let frame = |timestamp, first_packet, bytes, is_whole| CarriedFrame {
            timestamp,
            first_packet,
            bytes,
            is_whole,
        };
        assert_eq!(log.frames(), [frame(3000, 0, 200, false), frame(6000, 2, 100, true)]);
        assert_eq!((log.packets(), log.sent_again(), log.never_arrived()), (3, 1, 1));
        log.delivered(Datagram::Media(second));
        assert!(log.frames()[0].is_whole);
    }

    #[test]
    #[should_panic = "the relay missed packets"]
    fn a_log_with_holes_is_no_evidence() {
        let mut log = Log::default();
        log.sent(packet(1, 3000, true), 100);
        log.sent(packet(3, 6000, true), 100);
        log.frames();
    }
}
