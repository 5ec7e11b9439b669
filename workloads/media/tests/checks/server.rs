//! A fan-out with a client of ours, and a stream that the client reports on.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::sync::mpsc::{Receiver as Queue, channel};
use std::time::{Duration, Instant};

use ballsession_media::addresses::MediaAddresses;
use ballsession_media::assemble::Assembled;
use ballsession_media::fanout::{
    CloseReason, Event, EventSink, Fanout, Frame, MediaPorts, Numbering, Options, SessionId,
};
use ballsession_media::packetise::{PacketBytes, packetise};
use ballsession_media::receiver::{self, Answer, Handled, Received, Receiver};

/// No test waits longer for anything; none is expected to come near.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);
pub(crate) const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
/// At 30 frames per second.
pub(crate) const INTERVAL: Duration = Duration::from_millis(33);
/// Of the RTP timestamp, in an interval.
const TICKS: u32 = 3000;

pub(crate) struct Server {
    pub(crate) fanout: Fanout,
    events: Queue<Event>,
    timestamp: u32,
}

pub(crate) struct Client {
    pub(crate) receiver: Receiver,
    frames: Queue<Received>,
}

impl Server {
    pub(crate) fn start() -> Self {
        Self::start_on(None)
    }

    pub(crate) fn start_on(ports: Option<MediaPorts>) -> Self {
        let (send, events) = channel();
        let sink: EventSink =
            Arc::new(move |batch| batch.into_iter().for_each(|event| drop(send.send(event))));
        let numbering = Some(Numbering { timestamp_offset: 0, sequence_number: 0 });
        let options = Options {
            shards: 2,
            bitrate_kbps: 1000,
            packet_bytes: PacketBytes::DEFAULT,
            channel_label: "reports",
            numbering,
            ports,
        };
        Self { fanout: Fanout::start(options, &sink).unwrap(), events, timestamp: 0 }
    }

    /// A client at the other end of signalling that does to the descriptions what `rewrite` does: to the offer, with
    /// `true`, and to the answer.
    pub(crate) async fn connect(
        &self,
        id: u64,
        addresses: [Vec<IpAddr>; 2],
        rewrite: impl Fn(bool, String) -> String,
    ) -> Client {
        let [ours, theirs] = addresses;
        self.connect_at(id, ours.into(), theirs, rewrite).await
    }

    /// As [`Server::connect`], at what the server advertises.
    pub(crate) async fn connect_at(
        &self,
        id: u64,
        ours: MediaAddresses,
        theirs: Vec<IpAddr>,
        rewrite: impl Fn(bool, String) -> String,
    ) -> Client {
        let offer = rewrite(true, self.fanout.offer(SessionId(id), ours).await.unwrap().unwrap());
        let answer = Receiver::answer(&offer, receiver::Options::new(theirs)).unwrap();
        let Answer { sdp, mut receiver, .. } = answer;
        let (take, frames) = channel();
        receiver.handle_frames(move |received| {
            // A test that is over takes no more.
            let _ = take.send(received);
            Handled::Done
        });
        self.fanout.answer(SessionId(id), rewrite(false, sdp)).await.unwrap().unwrap();
        let opened = async {
            loop {
                let event = receiver.next_event().await.unwrap();
                assert!(!matches!(event, receiver::Event::Failed { .. }), "{event:?}");
                if matches!(event, receiver::Event::ChannelOpened { .. }) {
                    return;
                }
            }
        };
        tokio::time::timeout(PATIENCE, opened).await.expect("a session within reason");
        Client { receiver, frames }
    }

    /// Sends a frame at each interval, for so long, and answers how many.
    pub(crate) fn stream(&mut self, length: Duration) -> usize {
        let start = Instant::now();
        let frames = (length.as_micros() / INTERVAL.as_micros()) as u32;
        // Keyframes only: each is of use by itself.
        let payloads = packetise(&[0; 700], 1, PacketBytes::DEFAULT);
        for n in 0..frames {
            std::thread::sleep((INTERVAL * n).saturating_sub(start.elapsed()));
            self.timestamp += TICKS;
            let frame = Frame { timestamp: self.timestamp, keyframe: true, payloads: payloads.clone() };
            self.fanout.publish(&Arc::new(frame));
        }
        frames as usize
    }

    /// Waits for the end of a session.
    pub(crate) fn closed(&self) -> CloseReason {
        loop {
            if let Event::Closed { reason, .. } = self.events.recv_timeout(PATIENCE).unwrap() {
                return reason;
            }
        }
    }

    /// When each frame was sent.
    pub(crate) fn written(&self) -> Vec<(u32, Instant)> {
        let written = |event| match event {
            Event::Written { timestamp, at } => Some((timestamp, at)),
            _ => None,
        };
        self.events.try_iter().filter_map(written).collect()
    }
}

impl Client {
    /// When each frame came, to the end of the session.
    pub(crate) fn receive(self) -> std::thread::JoinHandle<Vec<(u32, Instant)>> {
        let Self { frames, receiver } = self;
        std::thread::spawn(move || {
            let _kept_open = receiver;
            let next = || match frames.recv().ok()?.frame {
                Assembled::Frame { timestamp, .. } => Some(Some((timestamp, Instant::now()))),
                Assembled::Undecodable { .. } => Some(None),
            };
            std::iter::from_fn(next).flatten().collect()
        })
    }
}

/// The longest time between two frames.
pub(crate) fn longest_gap(received: &[(u32, Instant)]) -> Duration {
    received.windows(2).map(|pair| pair[1].1 - pair[0].1).max().unwrap_or(Duration::MAX)
}
