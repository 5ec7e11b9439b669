//! A client that signals and receives as it should, and sends any text over its report channel.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::mpsc;

use ballsession_tests::WAIT_LIMIT;
use media::receiver::{Answer, ChannelId, ChannelSender, Event, Handled, Options, Receiver};
use report::channel::LABEL;
use signaling::{Connection, Message, dial};
use tokio::runtime::Runtime;
use tokio::time::timeout;

/// It sends bye when it is dropped.
pub(crate) struct RawClient {
    /// RTP timestamps of frames, as they come.
    timestamps: mpsc::Receiver<u32>,
    sender: ChannelSender,
    channel: ChannelId,
    receiver: Option<Receiver>,
    _signaling: Connection,
    runtime: Runtime,
}

impl RawClient {
    /// Connects, and waits for the report channel.
    pub(crate) fn connect(server: SocketAddr) -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let connected = runtime.block_on(async { timeout(WAIT_LIMIT, connect(server)).await });
        let (signaling, receiver, channel) = connected.expect("a report channel");
        let (sender_of_timestamps, timestamps) = mpsc::channel();
        receiver.handle_frames(move |received| {
            // A test that is over takes no more.
            let _ = sender_of_timestamps.send(received.frame.timestamp());
            Handled::Done
        });
        let sender = receiver.channel_sender();
        Self { timestamps, sender, channel, receiver: Some(receiver), _signaling: signaling, runtime }
    }

    /// Sends it, as soon as there is room for it.
    pub(crate) fn send(&self, message: &str) {
        let sent = async {
            while !self.sender.send(self.channel, message.to_owned()) {
                tokio::task::yield_now().await;
            }
        };
        self.runtime.block_on(async { timeout(WAIT_LIMIT, sent).await }).expect("room for a message");
    }

    /// The RTP timestamp of the next frame.
    pub(crate) fn frame(&self) -> u32 {
        while self.timestamps.try_recv().is_ok() {}
        self.timestamps.recv_timeout(WAIT_LIMIT).expect("video")
    }

    /// Closes its media, and stays on the line.
    pub(crate) fn close_media(&mut self) {
        if let Some(receiver) = self.receiver.take() {
            self.runtime.block_on(receiver.close());
        }
    }
}

async fn connect(server: SocketAddr) -> (Connection, Receiver, ChannelId) {
    let mut signaling = dial(&server.to_string().parse().unwrap()).await.unwrap();
    let Some(Message::Offer { sdp }) = signaling.receive().await.unwrap() else { panic!("no offer") };
    let options = Options::new(vec![IpAddr::V4(Ipv4Addr::LOCALHOST)]);
    let Answer { sdp, mut receiver, .. } = Receiver::answer(&sdp, options).unwrap();
    signaling.send(&Message::Answer { sdp }).await.unwrap();
    loop {
        match receiver.next_event().await {
            Some(Event::ChannelOpened { channel, label, .. }) if label == LABEL => {
                return (signaling, receiver, channel);
            }
            Some(Event::Failed { .. } | Event::Closed) | None => panic!("no channel"),
            Some(_) => {}
        }
    }
}
