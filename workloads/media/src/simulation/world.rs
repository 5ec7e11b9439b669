//! The session: who does what when something arrives or is due.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use fastrand::Rng;
use measure::{Measurement, NetworkSample, Truth};
use picture::{Point, Size};
use report::channel::{FrameOutcome, FrameReport, Message, Previous};
use report::{SessionId, Stage, Summary};
use rtc::rtcp::Packet;
use rtc::rtp;

use super::link::Link;
use super::oracle::{SentFrame, SentPacket};
use super::weather::Network;
use crate::assemble::Assembled;
use crate::fanout::sans_io::Sender;
use crate::fanout::{Frame, Numbering};
use crate::packetise::{PacketBytes, packetise};
use crate::receiver::Stats;
use crate::receiver::sans_io::Receiver;

pub(super) const FRAMES_PER_SECOND: u32 = 30;
const BITRATE_KBPS: u32 = 1000;
/// Peace, trouble, peace, in frames.
const BEFORE: u32 = 60;
pub(super) const TROUBLE: u32 = 300;
pub(super) const AFTER: u32 = 150;
/// Between two keyframes of the camera, whoever asks.
const KEYFRAMES_APART: Duration = Duration::from_millis(250);
/// Sequence numbers and timestamps wrap in the middle.
const NUMBERING: Numbering =
    Numbering { timestamp_offset: 0_u32.wrapping_sub(BEFORE * TICKS), sequence_number: 65_300 };
const TICKS: u32 = 90_000 / FRAMES_PER_SECOND;
const ID: SessionId = SessionId(1);
/// Of headers and of SRTP's tag.
const OVERHEAD: usize = 12 + 10;
const POSITION: Point = Point { x: 100.0, y: 50.0 };

/// Everything that anybody can say of a session that is over.
pub(super) struct Outcome {
    pub(super) packets: Vec<SentPacket>,
    pub(super) frames: Vec<SentFrame>,
    /// What came out of the receiver.
    pub(super) received: Vec<Assembled>,
    pub(super) sample: NetworkSample,
    pub(super) stats: Stats,
    pub(super) summary: Summary,
    /// When there is peace again.
    pub(super) calm: Instant,
}

enum Arrival {
    Media(rtp::Packet),
    Report(Rc<Vec<Box<dyn Packet>>>),
    Feedback(Rc<Vec<Box<dyn Packet>>>),
    Text(String),
}

struct World {
    now: Instant,
    rng: Rng,
    to_client: Link,
    to_server: Link,
    on_its_way: BTreeMap<(Instant, u64), Arrival>,
    posted: u64,
    sender: Sender,
    receiver: Receiver,
    measurement: Measurement,
    previous: Previous,
    is_keyframe_wanted: bool,
    last_keyframe: Option<Instant>,
    packets: Vec<SentPacket>,
    frames: Vec<SentFrame>,
    received: Vec<Assembled>,
}

/// The session over this network to its end.
pub(super) fn run(network: &Network, seed: u64) -> Outcome {
    let start = Instant::now();
    let calm = captured(start, BEFORE + TROUBLE);
    let mut world = World::new(network, seed, start..calm);
    for frame in 0..BEFORE + TROUBLE + AFTER {
        world.run_until(captured(start, frame));
        world.capture(frame);
    }
    // Whatever is on its way arrives, and what is still pending then is lost.
    let end = captured(start, BEFORE + TROUBLE + AFTER) + Duration::from_secs(10);
    world.run_until(end);
    world.measurement.finish(end);
    Outcome {
        sample: world.sender.sample(),
        stats: world.receiver.stats(),
        summary: world.measurement.summary(end),
        packets: world.packets,
        frames: world.frames,
        received: world.received,
        calm,
    }
}

fn captured(start: Instant, frame: u32) -> Instant {
    start + Duration::from_micros(u64::from(frame) * 1_000_000 / u64::from(FRAMES_PER_SECOND))
}

impl World {
    fn new(network: &Network, seed: u64, time: std::ops::Range<Instant>) -> Self {
        let start = time.start;
        let troubled = captured(start, BEFORE)..time.end;
        let mut measurement = Measurement::new(measure::Settings {
            instance: "simulated".into(),
            size: Size::new(640, 480).unwrap(),
            frames_per_second: FRAMES_PER_SECOND,
            window: Duration::from_secs(60),
            started: start,
            started_at: jiff::Timestamp::UNIX_EPOCH,
        });
        measurement.connect(ID, "127.0.0.1:9".parse().unwrap(), start);
        measurement.set_timestamp_offset(ID, NUMBERING.timestamp_offset);
        measurement.reached(ID, Stage::Dtls, start);
        measurement.start_counting(ID, 0);
        let link = |weather: &super::weather::Weather, seed| {
            Link::new(weather.clone(), network.delay, troubled.clone(), seed)
        };
        Self {
            now: start,
            rng: Rng::with_seed(!seed),
            to_client: link(&network.to_client, seed),
            to_server: link(&network.to_server, seed ^ (1 << 40)),
            on_its_way: BTreeMap::new(),
            posted: 0,
            sender: Sender::new(NUMBERING, BITRATE_KBPS, start),
            receiver: Receiver::new(),
            measurement,
            previous: Previous::default(),
            is_keyframe_wanted: false,
            last_keyframe: None,
            packets: Vec::new(),
            frames: Vec::new(),
            received: Vec::new(),
        }
    }

    fn capture(&mut self, number: u32) {
        let may_be_keyframe = self.last_keyframe.is_none_or(|last| self.now >= last + KEYFRAMES_APART);
        let keyframe = number == 0 || (self.is_keyframe_wanted && may_be_keyframe);
        if keyframe {
            (self.is_keyframe_wanted, self.last_keyframe) = (false, Some(self.now));
        }
        let length = if keyframe { self.rng.usize(6_000..20_000) } else { self.rng.usize(150..2500) };
        let mut data: Vec<u8> = (0..length).map(|byte| (byte as u32 * 31 + number * 7) as u8).collect();
        // The inverse of the lowest bit of a frame's first byte (RFC 6386, section 9.1).
        data[0] = (data[0] & 0xfe) | u8::from(!keyframe);
        let timestamp = number * TICKS;
        self.measurement.captured(Truth { timestamp, position: POSITION, captured: self.now });
        let payloads = packetise(&data, number as u16, PacketBytes::DEFAULT);
        let (first, count) = (self.packets.len(), payloads.len());
        let sent = self.sender.send(&Arc::new(Frame { timestamp, keyframe, payloads }), self.now);
        assert_eq!(sent.packets.len(), count);
        self.frames.push(SentFrame {
            timestamp: timestamp.wrapping_add(NUMBERING.timestamp_offset),
            captured: self.now,
            keyframe,
            data: Bytes::from(data),
            packets: first..first + count,
        });
        for packet in sent.packets {
            self.packets.push(SentPacket::default());
            self.send_media(&packet, self.packets.len() - 1);
        }
        if let Some(report) = sent.report {
            let report = Rc::new(vec![report]);
            for at in self.to_client.carry(80, self.now) {
                self.post(at, Arrival::Report(Rc::clone(&report)));
            }
        }
        self.ask_camera();
        if number.is_multiple_of(FRAMES_PER_SECOND) {
            self.measurement.expire_lost(self.now);
        }
    }

    fn send_media(&mut self, packet: &rtp::Packet, number: usize) {
        self.packets[number].copies += 1;
        for at in self.to_client.carry(packet.payload.len() + OVERHEAD, self.now) {
            self.packets[number].arrivals.push(at);
            self.post(at, Arrival::Media(packet.clone()));
        }
    }

    fn ask_camera(&mut self) {
        self.is_keyframe_wanted |= self.sender.take_keyframe_request(self.now);
    }

    fn post(&mut self, at: Instant, arrival: Arrival) {
        self.on_its_way.insert((at, self.posted), arrival);
        self.posted += 1;
    }

    /// Lets happen what happens until then. What arrives at the moment at which it is given up has arrived.
    fn run_until(&mut self, end: Instant) {
        loop {
            let arrival = self.on_its_way.keys().next().map(|(at, _)| *at);
            let timer = self.receiver.deadline();
            let Some(next) = arrival.into_iter().chain(timer).min().filter(|next| *next <= end) else {
                self.now = end;
                return;
            };
            self.now = next.max(self.now);
            match self.on_its_way.first_entry().filter(|entry| entry.key().0 <= self.now) {
                Some(entry) => {
                    let arrival = entry.remove();
                    self.arrived(arrival);
                }
                None => self.receiver.advance(self.now),
            }
            self.client_turn();
        }
    }

    fn arrived(&mut self, arrival: Arrival) {
        match arrival {
            Arrival::Media(packet) => self.receiver.packet(packet, self.now),
            Arrival::Report(packets) => self.receiver.rtcp(&packets, self.now),
            Arrival::Feedback(packets) => {
                for packet in self.sender.feedback(&packets, self.now) {
                    let number = packet.header.sequence_number.wrapping_sub(NUMBERING.sequence_number);
                    self.send_media(&packet, number.into());
                }
                self.ask_camera();
            }
            Arrival::Text(text) => drop(self.measurement.message(ID, self.now, text.as_bytes())),
        }
    }

    /// The client decodes and reports what there is, and asks for what it misses.
    fn client_turn(&mut self) {
        while let Some(received) = self.receiver.next_frame() {
            let timestamp = received.frame.timestamp();
            let outcome = match received.frame {
                Assembled::Frame { .. } => {
                    FrameOutcome::Position { x: POSITION.x, y: POSITION.y, confidence: 1.0 }
                }
                Assembled::Undecodable { .. } => FrameOutcome::Undecodable,
            };
            self.received.push(received.frame);
            let report = FrameReport {
                previous: self.previous,
                held_microseconds: Some(0),
                ..FrameReport::new(timestamp, outcome)
            };
            self.previous.push(timestamp, outcome);
            let text = Message::Frame(report).to_text();
            for at in self.to_server.carry(text.len() + 65, self.now) {
                self.post(at, Arrival::Text(text.clone()));
            }
        }
        let feedback = self.receiver.feedback(self.now);
        if !feedback.is_empty() {
            let feedback = Rc::new(feedback);
            for at in self.to_server.carry(100, self.now) {
                self.post(at, Arrival::Feedback(Rc::clone(&feedback)));
            }
        }
    }
}
