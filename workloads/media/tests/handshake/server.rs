//! A fan-out, and what became of its sessions.

use std::collections::HashSet;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use ballsession_media::fanout::{Event, EventSink, Fanout, Options, SessionId, Stage};
use ballsession_media::receiver::{self, Answer, Receiver};
use tokio::sync::Notify;

use crate::network::{Loses, Network};

const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

#[derive(Default)]
struct Opened {
    sessions: Mutex<HashSet<SessionId>>,
    more: Notify,
}

pub(crate) struct Server {
    fanout: Fanout,
    opened: Arc<Opened>,
}

impl Server {
    pub(crate) fn start() -> Self {
        let opened = Arc::new(Opened::default());
        let of_sink = Arc::clone(&opened);
        let sink: EventSink = Arc::new(move |events| {
            for event in events {
                if let Event::Reached { id, stage: Stage::Channel, .. } = event {
                    of_sink.sessions.lock().unwrap().insert(id);
                    of_sink.more.notify_waiters();
                }
            }
        });
        let options = Options { shards: 1, bitrate_kbps: 1000, channel_label: "reports", numbering: None };
        Self { fanout: Fanout::start(options, &sink).unwrap(), opened }
    }

    /// How long it takes until a channel is open on both sides; `None` if it takes longer than the limit.
    pub(crate) async fn set_up(&self, id: u64, loses: Loses, limit: Duration) -> Option<Duration> {
        let (id, mut network) = (SessionId(id), Network::new(loses));
        let offer = self.fanout.offer(id, vec![LOOPBACK]).await.unwrap().unwrap();
        let options = receiver::Options::new(vec![LOOPBACK]);
        let Answer { sdp, mut receiver, frames: _frames } =
            Receiver::answer(&network.offered(&offer), options).await.unwrap();
        let begin = Instant::now();
        self.fanout.answer(id, network.answered(&sdp)).await.unwrap().unwrap();
        let open = async {
            while !matches!(receiver.next_event().await.unwrap(), receiver::Event::ChannelOpened { .. }) {}
            self.opened(id).await;
        };
        let took = tokio::time::timeout(limit, open).await.ok().map(|()| begin.elapsed());
        self.fanout.close(id);
        receiver.close().await;
        took
    }

    async fn opened(&self, id: SessionId) {
        loop {
            let more = self.opened.more.notified();
            if self.opened.sessions.lock().unwrap().contains(&id) {
                return;
            }
            more.await;
        }
    }
}
