//! The data channels of a connection.

use std::sync::Arc;

use tokio::sync::mpsc;
use tokio::task::JoinSet;
use webrtc::data_channel::{DataChannel, DataChannelEvent, RTCDataChannelInit};
use webrtc::error::Result;

use super::event::{ChannelId, Event};

/// Longest message that is passed on, in bytes.
pub const MAX_MESSAGE_BYTES: usize = 16 * 1024;

/// Most channels a peer may open; what it opens beyond that is ignored.
const MAX_CHANNELS: usize = 16;

/// Each channel has a task that passes on its events, and waits when nobody takes them: the wait reaches the peer
/// as flow control and holds up nothing else.
pub(super) struct Channels {
    /// The index is the channel's id.
    channels: Vec<Arc<dyn DataChannel>>,
    events: mpsc::Sender<Event>,
    tasks: JoinSet<()>,
}

impl Channels {
    pub(super) fn new(events: mpsc::Sender<Event>) -> Self {
        Self { channels: Vec::new(), events, tasks: JoinSet::new() }
    }

    pub(super) fn add(&mut self, channel: Arc<dyn DataChannel>, by_peer: bool) {
        if self.channels.len() == MAX_CHANNELS {
            tracing::warn!("ignored a data channel: the peer opened {MAX_CHANNELS} already");
            return;
        }
        let id = ChannelId(self.channels.len());
        self.channels.push(Arc::clone(&channel));
        self.tasks.spawn(pass_on(id, channel, by_peer, self.events.clone()));
    }

    /// Hands the text to the transport. `false` if it did not take it: no such channel, not open, or too much unsent.
    pub(super) async fn send(&self, id: ChannelId, text: &str) -> bool {
        match self.channels.get(id.0) {
            Some(channel) => channel.try_send_text(text).await.is_ok(),
            None => false,
        }
    }
}

/// Runs until the channel is closed or the events' receiver is dropped.
async fn pass_on(id: ChannelId, channel: Arc<dyn DataChannel>, by_peer: bool, events: mpsc::Sender<Event>) {
    while let Some(event) = channel.poll().await {
        let event = match event {
            DataChannelEvent::OnOpen => {
                let Ok(label) = channel.label().await else { break };
                Event::ChannelOpened { channel: id, label, by_peer }
            }
            DataChannelEvent::OnMessage(message) if message.is_string => {
                if message.data.len() > MAX_MESSAGE_BYTES {
                    tracing::debug!("dropped a message of {} bytes", message.data.len());
                    continue;
                }
                let Ok(text) = String::from_utf8(message.data.into()) else {
                    continue;
                };
                Event::Message { channel: id, text }
            }
            DataChannelEvent::OnClose => break,
            _ => continue,
        };
        if events.send(event).await.is_err() {
            return;
        }
    }
    // No receiver is left: fine.
    let _ = events.send(Event::ChannelClosed { channel: id }).await;
}

/// Opens a channel of our own: ordered and reliable, or neither.
pub(super) async fn open(
    peer: &dyn webrtc::peer_connection::PeerConnection,
    label: &str,
    is_lossy: bool,
) -> Result<Arc<dyn DataChannel>> {
    let lossy = RTCDataChannelInit { ordered: false, max_retransmits: Some(0), ..Default::default() };
    peer.create_data_channel(label, is_lossy.then_some(lossy)).await
}
