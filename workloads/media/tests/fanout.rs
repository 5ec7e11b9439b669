//! The fan-out against real receivers on loopback.

#![allow(clippy::unwrap_used, reason = "in a test an error is a failure, in its helpers too")]

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::sync::mpsc::{Receiver as Queue, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use ballsession_media::assemble::Assembled;
use ballsession_media::fanout::{
    Event, EventSink, Fanout, FanoutError, Frame, NetworkSample, Numbering, Options, SessionId, Stage,
};
use ballsession_media::packetise::{PacketBytes, packetise};
use ballsession_media::receiver::{self, Answer, ChannelId, Handled, Received, Receiver};

/// No test waits longer for anything; none is expected to come near.
const PATIENCE: Duration = Duration::from_secs(20);
/// Timestamps and sequence numbers wrap after a few packets.
const NEAR_WRAP: Numbering = Numbering { timestamp_offset: u32::MAX - 10_000, sequence_number: u16::MAX - 5 };
const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

struct Server {
    fanout: Fanout,
    events: Queue<Event>,
    timestamp: u32,
}

struct Client {
    receiver: Receiver,
    frames: Queue<Received>,
    channel: ChannelId,
}

/// The next frame; `None` where none can come any more.
fn next_frame(frames: &Queue<Received>) -> Option<Assembled> {
    match frames.recv_timeout(PATIENCE) {
        Ok(received) => Some(received.frame),
        Err(RecvTimeoutError::Disconnected) => None,
        Err(RecvTimeoutError::Timeout) => panic!("the frame should have come by now"),
    }
}

impl Server {
    fn start() -> Self {
        Self::start_numbered(Some(NEAR_WRAP))
    }

    fn start_numbered(numbering: Option<Numbering>) -> Self {
        let (send, events) = channel();
        let sink: EventSink =
            Arc::new(move |batch| batch.into_iter().for_each(|event| drop(send.send(event))));
        let options = Options {
            shards: 2,
            bitrate_kbps: 1000,
            packet_bytes: PacketBytes::DEFAULT,
            channel_label: "reports",
            numbering,
            ports: None,
        };
        Self { fanout: Fanout::start(options, &sink).unwrap(), events, timestamp: 0 }
    }

    /// The next event that `wanted` makes something of.
    fn wait<T>(&self, mut wanted: impl FnMut(&Event) -> Option<T>) -> T {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let event = self.events.recv_timeout(left).expect("the event should have come by now");
            if let Some(found) = wanted(&event) {
                return found;
            }
        }
    }

    async fn connect(&self, id: u64) -> Client {
        self.connect_handling(id, |_| Handled::Done).await
    }

    /// A client that says of each of its frames what `handle` makes of it.
    async fn connect_handling(
        &self,
        id: u64,
        mut handle: impl FnMut(&Received) -> Handled + Send + 'static,
    ) -> Client {
        let id = SessionId(id);
        let offer = self.fanout.offer(id, vec![LOOPBACK]).await.unwrap().unwrap();
        let Answer { sdp, mut receiver, .. } =
            Receiver::answer(&offer, receiver::Options::new(vec![LOOPBACK])).unwrap();
        let (take, frames) = channel();
        receiver.handle_frames(move |received| {
            let handled = handle(&received);
            // A test that is over takes no more.
            let _ = take.send(received);
            handled
        });
        self.fanout.answer(id, sdp).await.unwrap().unwrap();
        let opened = async {
            loop {
                if let receiver::Event::ChannelOpened { channel, .. } = receiver.next_event().await.unwrap() {
                    return channel;
                }
            }
        };
        let channel = tokio::time::timeout(PATIENCE, opened).await.unwrap();
        self.wait(|event| {
            matches!(event, Event::Reached { id: of, stage: Stage::Channel, .. } if *of == id).then_some(())
        });
        Client { receiver, frames, channel }
    }

    /// Publishes a frame of `length` bytes and answers its timestamp.
    fn publish(&mut self, keyframe: bool, length: usize) -> u32 {
        self.timestamp += 3000;
        let payloads = packetise(&encoded(self.timestamp, keyframe, length), 1, PacketBytes::DEFAULT);
        self.fanout.publish(&Arc::new(Frame { timestamp: self.timestamp, keyframe, payloads }));
        self.timestamp
    }
}

/// The timestamp in the packets of the frame with this one.
fn on_wire(timestamp: u32) -> u32 {
    timestamp.wrapping_add(NEAR_WRAP.timestamp_offset)
}

/// Bytes that differ from frame to frame; the lowest bit of the first one says whether it is a keyframe (RFC 6386,
/// section 9.1).
fn encoded(timestamp: u32, keyframe: bool, length: usize) -> Vec<u8> {
    let mut bytes: Vec<u8> = (0..length).map(|n| (n as u32 ^ (timestamp / 3000)) as u8).collect();
    bytes[0] = u8::from(!keyframe);
    bytes
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_session_gets_every_frame_and_its_reports_come_back() {
    let mut server = Server::start();
    let clients = [server.connect(1).await, server.connect(2).await, server.connect(3).await];
    for n in 0..30 {
        let (keyframe, length) = (n == 0, if n % 10 == 0 { 20_000 } else { 700 });
        let timestamp = server.publish(keyframe, length);
        for client in &clients {
            let Some(Assembled::Frame { timestamp: received, data, .. }) = next_frame(&client.frames) else {
                panic!("frame {n} is missing");
            };
            assert_eq!(received, on_wire(timestamp));
            assert_eq!(data, encoded(timestamp, keyframe, length));
            client.receiver.channel_sender().send(client.channel, format!("{timestamp}"));
        }
        for _ in &clients {
            let text = server.wait(|event| match event {
                Event::Report { data, .. } => Some(data.clone()),
                _ => None,
            });
            assert_eq!(text, format!("{timestamp}"));
        }
    }
    let stats = server.fanout.stats();
    assert_eq!((stats.sessions, stats.send_errors, stats.receive_drops), (3, 0, 0));
    // Few sessions are together, and the other shard is not woken; the last sweep may still be counted while its reports
    // arrive.
    assert!((29..=30).contains(&stats.sweeps), "{stats:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn counting_starts_with_a_keyframe_and_ends_with_the_last_frame_before_the_stop() {
    let mut server = Server::start();
    let client = server.connect(7).await;
    server.publish(false, 700);
    server.wait(|event| matches!(event, Event::KeyframeWanted(SessionId(7))).then_some(()));
    let first = server.publish(true, 700);
    let started = server.wait(|event| match event {
        Event::Started { id: SessionId(7), timestamp, timestamp_offset } => {
            Some((*timestamp, *timestamp_offset))
        }
        _ => None,
    });
    assert_eq!(started, (first, NEAR_WRAP.timestamp_offset));
    let counting = server.wait(|event| match event {
        Event::Counting { id: SessionId(7), timestamp } => Some(*timestamp),
        _ => None,
    });
    assert_eq!(counting, first);
    let last = server.publish(false, 700);
    for expected in [first, last] {
        assert_eq!(next_frame(&client.frames).map(|frame| frame.timestamp()), Some(on_wire(expected)));
    }
    server.fanout.stop(SessionId(7));
    let stopped = server.wait(|event| match event {
        Event::Stopped { id: SessionId(7), last } => Some(*last),
        _ => None,
    });
    assert_eq!(stopped, Some(last));
    server.publish(false, 700);
    // What is reported after the stop still arrives.
    client.receiver.channel_sender().send(client.channel, "late".into());
    server.wait(|event| matches!(event, Event::Report { data, .. } if *data == "late").then_some(()));
    server.fanout.close(SessionId(7));
    client.receiver.close().await;
    assert_eq!(next_frame(&client.frames), None, "nothing was sent after the stop");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_keyframe_request_of_the_peer_is_delivered() {
    let mut server = Server::start();
    let ((arrive, arrived), (lose, lost)) = (channel(), channel());
    let lose_when_asked = move |received: &Received| {
        arrive.send(received.frame.timestamp()).unwrap();
        lost.recv().map_or(Handled::Done, |()| Handled::Lost)
    };
    let _client = server.connect_handling(1, lose_when_asked).await;
    let first = server.publish(true, 700);
    assert_eq!(arrived.recv_timeout(PATIENCE), Ok(on_wire(first)));
    while server.events.try_recv().is_ok() {}
    lose.send(()).unwrap();
    server.wait(|event| matches!(event, Event::KeyframeWanted(SessionId(1))).then_some(()));
}

/// The next text that the server sends, and the channel it comes over.
async fn next_text(client: &mut Client) -> (ChannelId, String) {
    let text = async {
        loop {
            if let receiver::Event::Message { channel, text } = client.receiver.next_event().await.unwrap() {
                return (channel, text);
            }
        }
    };
    tokio::time::timeout(PATIENCE, text).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn text_goes_over_the_servers_channel_until_the_peer_has_one_of_its_own() {
    let server = Server::start();
    let mut client = server.connect(1).await;
    server.fanout.send(SessionId(1), "first".into());
    assert_eq!(next_text(&mut client).await, (client.channel, "first".to_owned()));

    assert!(client.receiver.channel_sender().open("own"));
    let opened = async {
        loop {
            if let receiver::Event::ChannelOpened { channel, .. } =
                client.receiver.next_event().await.unwrap()
            {
                return channel;
            }
        }
    };
    let own = tokio::time::timeout(PATIENCE, opened).await.unwrap();
    // What it says over its channel shows that the server knows of that one.
    client.receiver.channel_sender().send(own, "here".into());
    server.wait(|event| matches!(event, Event::Report { data, .. } if *data == "here").then_some(()));
    server.fanout.send(SessionId(1), "second".into());
    assert_eq!(next_text(&mut client).await, (own, "second".to_owned()));
    server.fanout.send(SessionId(404), "nobody".into());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_without_an_offer_or_without_video_are_refused() {
    let server = Server::start();
    let none = server.fanout.answer(SessionId(9), "v=0".into()).await.unwrap();
    assert!(matches!(none, Err(FanoutError::NoOffer)), "{none:?}");

    let offer = server.fanout.offer(SessionId(1), vec![LOOPBACK]).await.unwrap().unwrap();
    let answer = Receiver::answer(&offer, receiver::Options::new(vec![LOOPBACK])).unwrap().sdp;
    // Port 0 in the answer declines a section (RFC 8829, section 5.3.1), whatever else it says.
    let declined = answer.replace("m=video 9 ", "m=video 0 ");
    assert_ne!(declined, answer);
    let refused = server.fanout.answer(SessionId(1), declined).await.unwrap();
    assert!(matches!(refused, Err(FanoutError::NoVideo)), "{refused:?}");

    let elsewhere = "192.0.2.1".parse().unwrap();
    let refused = server.fanout.offer(SessionId(2), vec![elsewhere]).await.unwrap();
    assert!(matches!(refused, Err(FanoutError::Bind { address, .. }) if address == elsewhere));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn closing_forgets_a_session_and_ending_waits_for_the_threads() {
    let server = Server::start();
    let client = server.connect(1).await;
    server.fanout.close(SessionId(1));
    server.fanout.close(SessionId(1));
    server.fanout.close(SessionId(404));
    server.wait(|event| matches!(event, Event::Stopped { id: SessionId(1), last: None }).then_some(()));
    assert_eq!(server.fanout.stats().sessions, 0);
    let Server { fanout, events, .. } = server;
    drop(fanout);
    assert!(events.into_iter().count() < 10, "the sink is gone with the threads");
    client.receiver.close().await;
}

/// V14: the timestamps of one session are of no use in another.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sessions_get_the_same_frames_with_timestamps_of_their_own() {
    let mut server = Server::start_numbered(None);
    let clients = [server.connect(1).await, server.connect(2).await];
    let published = [server.publish(true, 700), server.publish(false, 700)];
    let mut offsets = Vec::new();
    for _ in &clients {
        offsets.push(server.wait(|event| match event {
            Event::Started { id, timestamp_offset, .. } => Some((*id, *timestamp_offset)),
            _ => None,
        }));
    }
    offsets.sort_unstable();
    let received = clients
        .each_ref()
        .map(|client| published.map(|_| next_frame(&client.frames).map(|frame| frame.timestamp())));
    assert_ne!(received[0], received[1]);
    for (received, (_, offset)) in received.iter().zip(&offsets) {
        assert_eq!(*received, published.map(|timestamp| Some(timestamp.wrapping_add(*offset))));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn receiver_reports_tell_what_the_network_did() {
    let mut server = Server::start();
    let client = server.connect(1).await;
    let frames = client.frames;
    let decoder = std::thread::spawn(move || std::iter::from_fn(|| next_frame(&frames)).count());
    let deadline = Instant::now() + PATIENCE;
    let mut sent = 0;
    let sample = loop {
        assert!(Instant::now() < deadline, "no receiver report came");
        server.publish(sent == 0, 700);
        sent += 1;
        tokio::time::sleep(Duration::from_millis(20)).await;
        let newest = server.events.try_iter().filter_map(|event| match event {
            Event::Network { id: SessionId(1), sample, .. } => Some(sample),
            _ => None,
        });
        if let Some(sample) = newest.last().filter(|sample| sample.round_trip.is_some()) {
            break sample;
        }
    };
    assert!(
        sample.round_trip.is_some_and(|round_trip| round_trip < Duration::from_millis(500)),
        "{sample:?}"
    );
    assert!((1..=sent).contains(&sample.packets_sent), "{sample:?}");
    assert!(sample.jitter.is_some_and(|jitter| jitter < Duration::from_millis(100)), "{sample:?}");
    assert_eq!(
        sample,
        NetworkSample {
            packets_sent: sample.packets_sent,
            key_frames_sent: 1,
            jitter: sample.jitter,
            round_trip: sample.round_trip,
            ..NetworkSample::default()
        }
    );
    while client.receiver.stats().packets < sent {
        assert!(Instant::now() < deadline, "{:?}", client.receiver.stats());
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let stats = client.receiver.stats();
    assert_eq!((stats.lost, stats.repaired, stats.nack_packets), (0, 0, 0));
    server.fanout.close(SessionId(1));
    client.receiver.close().await;
    assert_eq!(decoder.join().unwrap() as u64, sent);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_shard_that_is_kept_from_its_work_is_late_and_frames_are_written_all_the_same() {
    let (send, events) = channel();
    // The sink blocks once: the thread is in it, and frames wait.
    let blocked = std::sync::atomic::AtomicBool::new(false);
    let sink: EventSink = Arc::new(move |batch: Vec<Event>| {
        let has_video = batch.iter().any(|event| matches!(event, Event::Written { .. }));
        batch.into_iter().for_each(|event| drop(send.send(event)));
        if has_video && !blocked.swap(true, std::sync::atomic::Ordering::Relaxed) {
            std::thread::sleep(Duration::from_millis(200));
        }
    });
    let options = Options {
        shards: 1,
        bitrate_kbps: 1000,
        packet_bytes: PacketBytes::DEFAULT,
        channel_label: "reports",
        numbering: Some(NEAR_WRAP),
        ports: None,
    };
    let mut server = Server { fanout: Fanout::start(options, &sink).unwrap(), events, timestamp: 0 };
    let client = server.connect(1).await;
    let written = |event: &Event| match event {
        Event::Written { timestamp, at } => Some((*timestamp, *at)),
        _ => None,
    };
    let began = Instant::now();
    let first = server.publish(true, 700);
    let (timestamp, first_written) = server.wait(written);
    assert_eq!(timestamp, first);
    assert!(first_written >= began);
    server.fanout.take_worst_lateness();
    let second = server.publish(false, 700);
    let (timestamp, second_written) = server.wait(written);
    assert_eq!(timestamp, second);
    let late = server.fanout.take_worst_lateness();
    assert!(late >= Duration::from_millis(100), "{late:?}");
    assert!(second_written >= first_written + Duration::from_millis(100));
    client.receiver.close().await;
}
