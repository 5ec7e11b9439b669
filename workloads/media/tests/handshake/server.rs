//! A fan-out, and what became of its sessions.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use ballsession_media::fanout::{Event, EventSink, Fanout, Options, SessionId, Stage};
use ballsession_media::packetise::PacketBytes;
use ballsession_media::receiver::{self, Answer, Receiver};

use crate::network::{Loses, Network};

const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const PATIENCE: Duration = Duration::from_secs(20);

/// All that has happened.
#[derive(Default)]
pub(crate) struct Recorded {
    events: Mutex<Vec<Event>>,
    more: Condvar,
}

impl Recorded {
    /// Whether such an event has come, or comes in time.
    pub(crate) fn wait(&self, within: Duration, wanted: impl Fn(&Event) -> bool) -> bool {
        let events = self.events.lock().unwrap();
        let is_missing = |events: &mut Vec<Event>| !events.iter().any(&wanted);
        !self.more.wait_timeout_while(events, within, is_missing).unwrap().1.timed_out()
    }
}

pub(crate) struct Server {
    pub(crate) fanout: Fanout,
    pub(crate) recorded: Arc<Recorded>,
}

impl Server {
    pub(crate) fn start() -> Self {
        let recorded = Arc::new(Recorded::default());
        let of_sink = Arc::clone(&recorded);
        let sink: EventSink = Arc::new(move |events| {
            of_sink.events.lock().unwrap().extend(events);
            of_sink.more.notify_all();
        });
        let options = Options {
            shards: 1,
            bitrate_kbps: 1000,
            packet_bytes: PacketBytes::DEFAULT,
            channel_label: "reports",
            numbering: None,
            ports: None,
        };
        Self { fanout: Fanout::start(options, &sink).unwrap(), recorded }
    }

    /// How long it takes until a channel is open on both sides; `None` if it takes longer than the limit.
    pub(crate) async fn set_up(&self, id: u64, loses: Loses, limit: Duration) -> Option<Duration> {
        let (mut receiver, _network) = self.negotiate(id, loses).await;
        let begin = Instant::now();
        let is_open = tokio::time::timeout(limit, opened(&mut receiver)).await.is_ok()
            && self.has_channel(id, limit.saturating_sub(begin.elapsed())).await;
        let took = begin.elapsed();
        self.fanout.close(SessionId(id));
        receiver.close().await;
        is_open.then_some(took)
    }

    /// A connected receiver on a network that loses nothing.
    pub(crate) async fn connect(&self, id: u64) -> (Receiver, Network) {
        let (mut receiver, network) = self.negotiate(id, Box::new(|_, _| false)).await;
        tokio::time::timeout(PATIENCE, opened(&mut receiver)).await.unwrap();
        assert!(self.has_channel(id, PATIENCE).await);
        (receiver, network)
    }

    async fn negotiate(&self, id: u64, loses: Loses) -> (Receiver, Network) {
        let (id, mut network) = (SessionId(id), Network::new(loses));
        let offer = self.fanout.offer(id, vec![LOOPBACK]).await.unwrap().unwrap();
        let options = receiver::Options::new(vec![LOOPBACK]);
        let Answer { sdp, receiver, .. } = Receiver::answer(&network.offered(&offer), options).unwrap();
        self.fanout.answer(id, network.answered(&sdp)).await.unwrap().unwrap();
        (receiver, network)
    }

    async fn has_channel(&self, id: u64, within: Duration) -> bool {
        let recorded = Arc::clone(&self.recorded);
        let is_opened = move |event: &Event| matches!(event, Event::Reached { id: of, stage: Stage::Channel, .. } if of.0 == id);
        tokio::task::spawn_blocking(move || recorded.wait(within, is_opened)).await.unwrap()
    }
}

async fn opened(receiver: &mut Receiver) {
    while !matches!(receiver.next_event().await.unwrap(), receiver::Event::ChannelOpened { .. }) {}
}
