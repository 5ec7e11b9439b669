//! What a session of days comes to, in less than a minute: every number in it wraps, and every frame is accounted for.
//!
//! A fan-out and receivers as they are, over loopback, and the measurement on virtual time. Timestamps are those of a day, in
//! as many frames as sequence numbers need to wrap twice.

#![allow(clippy::unwrap_used, reason = "in a test an error is a failure, in its helpers too")]

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::mpsc::{Receiver as Events, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use ballsession_tests::WAIT_LIMIT;
use measure::{Measurement, Settings, Truth};
use media::assemble::Assembled;
use media::fanout::{Event, EventSink, Fanout, Frame, Numbering, Options};
use media::packetise::{PacketBytes, packetise};
use media::receiver::{self, Answer, ChannelId, ChannelSender, Handled, Received, Receiver};
use picture::{Point, Size};
use report::{Frames, SessionId, Stage};

const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const LABEL: &str = "reports";

/// Sequence numbers of packets (16 bits) wrap after a few of them and once more before the end, and with them the rollover
/// counter of SRTP goes to 2. Picture ids (15 bits) wrap twice; so do the sequence numbers of an ordered channel's
/// messages (16 bits), once.
const FRAMES: u64 = 66_200;
const NUMBERING: Numbering = Numbering { timestamp_offset: u32::MAX - 90_000, sequence_number: u16::MAX - 9 };

const CLOCK_RATE: u64 = 90_000;
/// A day of timestamps, which wrap every 13 hours.
const TICKS: u64 = 24 * 3600 * CLOCK_RATE / FRAMES;
/// By the measurement's clock: all of a burst are captured before the first of them is reported, and within a second.
const FRAMES_PER_SECOND: u32 = 60;
/// From capture to report, by the measurement's clock.
const LATENCY: Duration = Duration::from_millis(5);
/// Frames under way at a time.
const BURST: u64 = 40;
/// A frame of one packet.
const FRAME_BYTES: usize = 200;

const POSITION: Point = Point { x: 10.0, y: 20.0 };

/// How a client reports.
#[derive(Debug, Clone, Copy)]
enum Channel {
    /// Over the server's channel: unordered, nothing is sent again.
    Lossy,
    /// Over one of its own, of which the messages are numbered.
    Ordered,
}

struct Run {
    fanout: Fanout,
    events: Events<Event>,
    measurement: Measurement,
    started: Instant,
    /// The frames of a burst, by the timestamps that reports name them by.
    under_way: HashMap<u32, u64>,
    reports: u64,
}

impl Run {
    fn start() -> Self {
        let (send, events) = channel();
        let sink: EventSink =
            Arc::new(move |batch| batch.into_iter().for_each(|event| drop(send.send(event))));
        let numbering = Some(NUMBERING);
        let options = Options {
            shards: 2,
            bitrate_kbps: 1000,
            packet_bytes: PacketBytes::DEFAULT,
            channel_label: LABEL,
            numbering,
            ports: None,
        };
        let started = Instant::now();
        let measurement = Measurement::new(Settings {
            instance: "a day".into(),
            size: Size::new(640, 480).unwrap(),
            frames_per_second: FRAMES_PER_SECOND,
            window: Duration::from_secs(60),
            started,
            started_at: jiff::Timestamp::UNIX_EPOCH,
        });
        let fanout = Fanout::start(options, &sink).unwrap();
        Self { fanout, events, measurement, started, under_way: HashMap::new(), reports: 0 }
    }

    /// When a frame is captured, by the measurement's clock.
    fn captured(&self, frame: u64) -> Instant {
        self.started + Duration::from_micros(frame * 1_000_000 / u64::from(FRAMES_PER_SECOND))
    }

    async fn connect(&mut self, id: u64, channel: Channel) -> Client {
        let id = SessionId(id);
        self.measurement.connect(id, "127.0.0.1:9".parse().unwrap(), self.started);
        let offer = self.fanout.offer(id, vec![LOOPBACK]).await.unwrap().unwrap();
        let options =
            receiver::Options { queued_frames: 2 * BURST as usize, ..receiver::Options::new(vec![LOOPBACK]) };
        let Answer { sdp, mut receiver, .. } = Receiver::answer(&offer, options).unwrap();
        self.fanout.answer(id, sdp).await.unwrap().unwrap();
        let sender = receiver.channel_sender();
        let opened = async {
            loop {
                let event = receiver.next_event().await.unwrap();
                let receiver::Event::ChannelOpened { channel: opened, by_peer, .. } = event else { continue };
                match (channel, by_peer) {
                    (Channel::Lossy, true) | (Channel::Ordered, false) => return opened,
                    (Channel::Ordered, true) => assert!(sender.open("ordered")),
                    (Channel::Lossy, false) => panic!("nobody asked for it"),
                }
            }
        };
        let channel = tokio::time::timeout(WAIT_LIMIT, opened).await.unwrap();
        let reported = Arc::new(Mutex::new(Reported::default()));
        receiver.handle_frames({
            let (sender, reported) = (receiver.channel_sender(), Arc::clone(&reported));
            move |received| reported.lock().unwrap().report(received, &sender, channel)
        });
        Client { receiver, reported }
    }

    /// Publishes frames, and waits for what `clients` report of them.
    fn burst(&mut self, frames: std::ops::Range<u64>, clients: u64) {
        self.under_way.clear();
        for number in frames.clone() {
            let timestamp = (number * TICKS) as u32;
            let captured = self.captured(number);
            self.measurement.captured(Truth { timestamp, position: POSITION, captured });
            self.under_way.insert(timestamp.wrapping_add(NUMBERING.timestamp_offset), number);
            let is_keyframe = number == frames.start;
            let encoded = [&[u8::from(!is_keyframe)][..], &[number as u8; FRAME_BYTES]].concat();
            let payloads = packetise(&encoded, number as u16, PacketBytes::DEFAULT);
            self.fanout.publish(&Arc::new(Frame { timestamp, keyframe: is_keyframe, payloads }));
        }
        let wanted = self.reports + clients * (frames.end - frames.start);
        self.take_events(&format!("reports of {frames:?}"), |run| run.reports == wanted);
        let now = self.captured(frames.end);
        self.measurement.expire_lost(now);
    }

    fn take_events(&mut self, what: &str, done: impl Fn(&Self) -> bool) {
        let deadline = Instant::now() + WAIT_LIMIT;
        while !done(self) {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.events.recv_timeout(left).unwrap_or_else(|_| panic!("no {what}")) {
                Event::Reached { id, stage, .. } => self.measurement.reached(id, stage, self.started),
                Event::Started { id, timestamp, timestamp_offset } => {
                    self.measurement.set_timestamp_offset(id, timestamp_offset);
                    self.measurement.sent_from(id, timestamp);
                }
                Event::Counting { id, timestamp } => self.measurement.start_counting(id, timestamp),
                Event::Report { id, data, .. } => {
                    self.reports += 1;
                    let named = str::from_utf8(&data).unwrap().trim_start_matches(r#"{"ts":"#);
                    let named = named.split(',').next().and_then(|timestamp| timestamp.parse().ok());
                    let frame = named.and_then(|named: u32| self.under_way.get(&named));
                    let frame = *frame.unwrap_or_else(|| panic!("{data:?} is of no frame under way"));
                    self.measurement.message(id, self.captured(frame) + LATENCY, &data);
                }
                event @ (Event::Closed { .. } | Event::NoChannel { .. }) => panic!("{event:?}"),
                Event::Stopped { .. }
                | Event::Network { .. }
                | Event::Written { .. }
                | Event::Path { .. }
                | Event::PathMtu { .. }
                | Event::KeyframeWanted(_) => {}
            }
        }
    }
}

struct Client {
    receiver: Receiver,
    reported: Arc<Mutex<Reported>>,
}

/// How many frames there were, and how many could not be decoded.
#[derive(Debug, Default, PartialEq, Eq)]
struct Reported {
    whole: u64,
    undecodable: u64,
}

impl Reported {
    /// Reports a frame, as a client does that finds the ball in it.
    fn report(&mut self, received: Received, sender: &ChannelSender, channel: ChannelId) -> Handled {
        let Assembled::Frame { timestamp, data, .. } = received.frame else {
            self.undecodable += 1;
            return Handled::Done;
        };
        assert_eq!(data[1], self.whole as u8, "frame {}", self.whole);
        self.whole += 1;
        let report = format!(r#"{{"ts":{timestamp},"x":{},"y":{},"confidence":1}}"#, POSITION.x, POSITION.y);
        assert!(sender.send(channel, report), "too many reports wait");
        Handled::Done
    }
}

/// P2. The numbers of a day, and every one of its frames matched.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_frame_of_a_day_is_matched_whatever_wraps_in_it() {
    let mut run = Run::start();
    let clients = [run.connect(1, Channel::Lossy).await, run.connect(2, Channel::Ordered).await];
    let (both, mut channels) = (2, 0);
    while channels < both {
        let event = run.events.recv_timeout(WAIT_LIMIT).expect("channels");
        if matches!(event, Event::Reached { stage: Stage::Channel, .. }) {
            channels += 1;
        }
    }
    for start in (0..FRAMES).step_by(BURST as usize) {
        run.burst(start..(start + BURST).min(FRAMES), both);
    }
    let end = run.captured(FRAMES) + Duration::from_secs(10);
    run.measurement.finish(end);

    let frames = run.measurement.summary(end).frames;
    let all = both * FRAMES;
    assert_eq!(frames, Frames { sent: all, matched: all, ..Frames::default() });
    for client in clients {
        let stats = client.receiver.stats();
        assert_eq!((stats.lost, stats.undecodable, stats.foreign), (0, 0, 0), "{stats:?}");
        assert!(client.receiver.close().await);
        assert_eq!(*client.reported.lock().unwrap(), Reported { whole: FRAMES, undecodable: 0 });
    }
    assert!(FRAMES * TICKS > u64::from(u32::MAX) && FRAMES > u64::from(u16::MAX), "what wraps");
}
