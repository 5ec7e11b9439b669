//! A peer that was let in: what it can cost others by asking (S2, S3), and when it is answered.

#![allow(clippy::unwrap_used, reason = "in a test an error is a failure, in its helpers too")]

mod peer;

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::sync::mpsc::{Receiver as Queue, channel};
use std::time::{Duration, Instant};

use ballsession_media::fanout::{Event, EventSink, Fanout, Frame, Numbering, Options, SessionId};
use ballsession_media::packetise::{PacketBytes, packetise};
use peer::Peer;
use rtc::rtcp::Packet;
use rtc::rtcp::payload_feedbacks::picture_loss_indication::PictureLossIndication;
use rtc::rtcp::transport_feedbacks::transport_layer_nack::{NackPair, TransportLayerNack};

const PATIENCE: Duration = Duration::from_secs(20);
const ID: SessionId = SessionId(1);
/// Between two frames, and two requests.
const STEP: Duration = Duration::from_millis(10);

struct Server {
    fanout: Fanout,
    events: Queue<Event>,
    timestamp: u32,
    /// Packets of all frames so far.
    packets: usize,
}

impl Server {
    fn start() -> Self {
        let (send, events) = channel();
        let sink: EventSink =
            Arc::new(move |batch| batch.into_iter().for_each(|event| drop(send.send(event))));
        // Sequence numbers wrap in the middle.
        let numbering = Some(Numbering { timestamp_offset: 0, sequence_number: 65_520 });
        let options = Options {
            shards: 1,
            bitrate_kbps: 1000,
            packet_bytes: PacketBytes::DEFAULT,
            channel_label: "reports",
            numbering,
            ports: None,
        };
        Self { fanout: Fanout::start(options, &sink).unwrap(), events, timestamp: 0, packets: 0 }
    }

    /// A peer that has had its first keyframe.
    fn connect(&mut self) -> Peer {
        let loopback = vec![IpAddr::V4(Ipv4Addr::LOCALHOST)];
        let offer = self.fanout.offer(ID, loopback).blocking_recv().unwrap().unwrap();
        let (mut peer, answer) = Peer::answer(&offer);
        self.fanout.answer(ID, answer).blocking_recv().unwrap().unwrap();
        let deadline = Instant::now() + PATIENCE;
        while peer.channel.is_none() {
            assert!(Instant::now() < deadline, "no channel");
            peer.step();
        }
        peer.run(10 * STEP);
        self.publish(true, 20_000);
        peer.run(5 * STEP);
        assert_eq!(peer.numbers.len(), self.packets);
        peer
    }

    fn publish(&mut self, keyframe: bool, length: usize) {
        self.timestamp += 3000;
        let payloads = packetise(&vec![u8::from(!keyframe); length], 1, PacketBytes::DEFAULT);
        self.packets += payloads.len();
        self.fanout.publish(&Arc::new(Frame { timestamp: self.timestamp, keyframe, payloads }));
    }

    /// How often a keyframe has been asked for since the last call.
    fn keyframes_wanted(&self) -> usize {
        self.events.try_iter().filter(|event| matches!(event, Event::KeyframeWanted(_))).count()
    }
}

/// A request for packets of the stream with this SSRC; the peer's does not matter.
fn nack(ssrc: u32, pairs: Vec<NackPair>) -> Box<dyn Packet> {
    Box::new(TransportLayerNack { sender_ssrc: 1, media_ssrc: ssrc, nacks: pairs })
}

/// S2: requests of 2 kB for 8,160 packets.
#[test]
fn a_peer_is_not_sent_more_packets_again_than_it_was_sent() {
    let mut server = Server::start();
    let mut peer = server.connect();
    let ssrc = peer.ssrc.unwrap();
    for _ in 0..30 {
        server.publish(false, 700);
        peer.run(STEP);
        let newest = *peer.numbers.iter().max_by_key(|number| number.wrapping_add(1000)).unwrap();
        let pair = NackPair { packet_id: newest.wrapping_sub(16), lost_packets: u16::MAX };
        peer.ask(vec![nack(ssrc, vec![pair; 240]), nack(ssrc, vec![pair; 240])]);
    }
    peer.run(20 * STEP);
    let (came, sent) = (peer.numbers.len(), server.packets);
    assert!((sent..=2 * sent).contains(&came), "{came} packets came of {sent}");
    assert!(came >= sent + sent / 2, "repairs came, too: {came} packets of {sent}");

    // It is none the worse for it once it asks for what it misses.
    for _ in 0..5 {
        server.publish(false, 700);
        peer.run(STEP);
    }
    let missing = peer.numbers[peer.numbers.len() - 2];
    let before = peer.numbers.iter().filter(|number| **number == missing).count();
    peer.ask(vec![nack(ssrc, vec![NackPair { packet_id: missing, lost_packets: 0 }])]);
    peer.run(5 * STEP);
    let again = peer.numbers.iter().filter(|number| **number == missing).count();
    assert_eq!(again, before + 1);
}

/// S3: a request for a keyframe every 10 ms.
#[test]
fn a_peer_that_asks_for_keyframes_all_the_time_gets_one_a_second() {
    let mut server = Server::start();
    let mut peer = server.connect();
    let ssrc = peer.ssrc.unwrap();
    server.keyframes_wanted();
    let mut wanted = 0;
    for _ in 0..300 {
        peer.ask(vec![Box::new(PictureLossIndication { sender_ssrc: 1, media_ssrc: ssrc })]);
        peer.run(STEP);
        let now = server.keyframes_wanted();
        wanted += now;
        server.publish(now > 0, 700);
    }
    // Four at once, and then one a second.
    assert!((6..=8).contains(&wanted), "{wanted}");
}

/// Reports are acknowledged with the next frame. Without one they are not forgotten.
#[test]
fn what_a_peer_says_is_acknowledged_though_no_frame_follows() {
    let mut server = Server::start();
    let mut peer = server.connect();
    peer.run(30 * STEP);
    let before = peer.records;
    // One alone may wait longer (RFC 9260, section 6.2).
    peer.say("{}");
    peer.say("{}");
    let said = Instant::now();
    while peer.records == before {
        assert!(said.elapsed() < Duration::from_millis(500), "not acknowledged");
        peer.step();
    }
}
