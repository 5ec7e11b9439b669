//! Frames sent through a bad network on virtual time, checked against a model of what must come out.

mod examples;
mod properties;

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use super::{Assembled, Assembler, RtpPacket, Settings};
use crate::packetise::{PacketBytes, packetise};

const SSRC: u32 = 7;
/// Less than the reordering that makes a packet given up.
const MAX_DELAY_MS: u64 = 60;
const FRAME_INTERVAL: Duration = Duration::from_millis(33);

/// What the network does to one packet.
#[derive(Debug, Clone)]
struct Fate {
    lost: bool,
    delay_ms: u64,
    duplicate_after_ms: Option<u64>,
}

#[derive(Debug, Clone)]
struct SentFrame {
    keyframe: bool,
    len: usize,
    fates: Vec<Fate>,
}

#[derive(Debug, Clone)]
struct Scenario {
    frames: Vec<SentFrame>,
    first_sequence_number: u16,
    first_timestamp: u32,
}

impl Scenario {
    fn timestamp(&self, index: usize) -> u32 {
        self.first_timestamp.wrapping_add(3000 * index as u32)
    }

    fn encoded(&self, index: usize) -> Vec<u8> {
        let frame = &self.frames[index];
        let mut encoded: Vec<u8> = (0..frame.len).map(|byte| (byte * 31 + index * 7) as u8).collect();
        encoded[0] = (encoded[0] & 0xfe) | u8::from(!frame.keyframe);
        encoded
    }

    /// Every packet with its fate, frame after frame.
    fn packets(&self) -> Vec<Vec<(RtpPacket, Fate)>> {
        let mut sequence_number = self.first_sequence_number;
        let mut packets = Vec::new();
        for (index, frame) in self.frames.iter().enumerate() {
            let payloads = packetise(&self.encoded(index), index as u16, PacketBytes::DEFAULT);
            let last = payloads.len() - 1;
            let mut of_frame = Vec::new();
            for (part, payload) in payloads.into_iter().enumerate() {
                let packet = RtpPacket {
                    ssrc: SSRC,
                    sequence_number,
                    timestamp: self.timestamp(index),
                    marker: part == last,
                    payload,
                };
                sequence_number = sequence_number.wrapping_add(1);
                of_frame.push((packet, frame.fates[part % frame.fates.len()].clone()));
            }
            packets.push(of_frame);
        }
        packets
    }

    /// What must come out when the frames in `lost` lack a packet for good.
    fn expected(&self, lost: &BTreeSet<usize>) -> Vec<Assembled> {
        let mut decodable = false;
        let mut expected = Vec::new();
        for (index, frame) in self.frames.iter().enumerate() {
            let timestamp = self.timestamp(index);
            if lost.contains(&index) {
                decodable = false;
                continue;
            }
            decodable |= frame.keyframe;
            expected.push(if decodable {
                Assembled::Frame { timestamp, data: self.encoded(index).into(), keyframe: frame.keyframe }
            } else {
                Assembled::Undecodable { timestamp }
            });
        }
        expected
    }
}

/// An assembler on a clock of its own, with the packets on their way to it.
struct Link {
    assembler: Assembler,
    start: Instant,
    now: Instant,
    in_flight: BTreeMap<(Instant, usize), RtpPacket>,
    posted: usize,
    frames: Vec<(Instant, Assembled)>,
    missing: Vec<(Instant, u16)>,
    keyframe_requests: Vec<Instant>,
}

impl Link {
    fn new() -> Self {
        let start = Instant::now();
        Link {
            assembler: Assembler::new(Settings::default()),
            start,
            now: start,
            in_flight: BTreeMap::new(),
            posted: 0,
            frames: Vec::new(),
            missing: Vec::new(),
            keyframe_requests: Vec::new(),
        }
    }

    /// Long after the last packet.
    fn end(&self) -> Instant {
        self.start + Duration::from_secs(10)
    }

    fn post(&mut self, at: Instant, packet: RtpPacket) {
        self.in_flight.insert((at, self.posted), packet);
        self.posted += 1;
    }

    fn send(&mut self, scenario: &Scenario) {
        for (index, of_frame) in scenario.packets().into_iter().enumerate() {
            let sent_at = self.start + FRAME_INTERVAL * index as u32;
            for (packet, fate) in of_frame {
                let arrives_at = sent_at + Duration::from_millis(fate.delay_ms);
                if fate.lost {
                    continue;
                }
                if let Some(after) = fate.duplicate_after_ms {
                    self.post(arrives_at + Duration::from_millis(after), packet.clone());
                }
                self.post(arrives_at, packet);
            }
        }
    }

    /// Runs until `end`, and shows each packet asked for to `repair`, which may have it sent again.
    fn run_until(&mut self, end: Instant, mut repair: impl FnMut(u16) -> Option<(Duration, RtpPacket)>) {
        loop {
            let arrival = self.in_flight.keys().next().map(|(at, _)| *at);
            let timer = self.assembler.poll_timeout();
            assert!(timer.is_none_or(|timer| timer > self.now), "a timer that is over must not stay armed");
            let Some(next) = arrival.into_iter().chain(timer).min().filter(|next| *next <= end) else {
                return;
            };
            self.now = next;
            match self.in_flight.first_entry().filter(|entry| entry.key().0 <= next) {
                Some(entry) => self.assembler.handle_packet(entry.remove(), next),
                None => self.assembler.handle_timeout(next),
            }
            while let Some(frame) = self.assembler.poll_frame() {
                self.frames.push((next, frame));
            }
            while let Some((ssrc, missing)) = self.assembler.poll_missing(next) {
                assert_eq!(ssrc, SSRC);
                for sequence_number in missing {
                    self.missing.push((next, sequence_number));
                    if let Some((after, packet)) = repair(sequence_number) {
                        self.post(next + after, packet);
                    }
                }
            }
            if self.assembler.poll_keyframe_request(next).is_some() {
                self.keyframe_requests.push(next);
            }
        }
    }

    fn frames(&self) -> Vec<Assembled> {
        self.frames.iter().map(|(_, frame)| frame.clone()).collect()
    }
}
