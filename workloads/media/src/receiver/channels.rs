//! The data channels of a connection.

use std::collections::VecDeque;
use std::time::Instant;

use rtc::peer_connection::message::RTCMessage;
use webrtc::data_channel::{RTCDataChannelId, RTCDataChannelInit};
use webrtc::peer_connection::{RTCDataChannelEvent, RTCPeerConnection};

use super::event::{ChannelId, Event};
use super::events::Events;

/// Longest message that is passed on, in bytes.
pub const MAX_MESSAGE_BYTES: usize = 16 * 1024;

/// Most channels there may be; what the peer opens beyond that is ignored.
const MAX_CHANNELS: usize = 16;
/// Reports are small and never retransmitted: what has not left by then is stale.
const SEND_BUFFER_BYTES: usize = 64 * 1024;

/// The channels, and what happened to them that nobody has taken yet. While nobody does, the connection keeps the peer's
/// messages, which reaches the peer as flow control and holds up nothing else.
#[derive(Default)]
pub(super) struct Channels {
    /// The index is the channel's id.
    channels: Vec<RTCDataChannelId>,
    waiting: VecDeque<Event>,
}

impl Channels {
    /// Opens a channel of our own: ordered and reliable, or neither.
    pub(super) fn open(&mut self, connection: &mut RTCPeerConnection, label: &str, is_lossy: bool) {
        if self.channels.len() == MAX_CHANNELS {
            tracing::warn!("not opened: there are {MAX_CHANNELS} data channels already");
            return;
        }
        let lossy = RTCDataChannelInit { ordered: false, max_retransmits: Some(0), ..Default::default() };
        match connection.create_data_channel(label, is_lossy.then_some(lossy)).map(|channel| channel.id()) {
            Ok(channel) => self.channels.push(channel),
            Err(error) => tracing::warn!("cannot open the data channel {label:?}: {error}"),
        }
    }

    /// Hands the text to the transport. `false` if it did not take it: no such channel, not open, or too much unsent.
    pub(super) fn send(
        &self,
        connection: &mut RTCPeerConnection,
        id: ChannelId,
        text: String,
        now: Instant,
    ) -> bool {
        let channel = self.channels.get(id.0).and_then(|channel| connection.data_channel(*channel));
        let Some(mut channel) = channel else { return false };
        let unsent = channel.outstanding_bytes();
        let has_room = unsent == 0 || unsent + text.len() <= SEND_BUFFER_BYTES;
        has_room && channel.send_text(now, text).is_ok()
    }

    /// Something happened to a channel.
    pub(super) fn happened(&mut self, connection: &mut RTCPeerConnection, event: &RTCDataChannelEvent) {
        match event {
            RTCDataChannelEvent::OnOpen(channel) => self.opened(connection, *channel),
            RTCDataChannelEvent::OnClose(channel) => {
                if let Some(channel) = self.id(*channel) {
                    self.waiting.push_back(Event::ChannelClosed { channel });
                }
            }
            _ => {}
        }
    }

    fn opened(&mut self, connection: &mut RTCPeerConnection, opened: RTCDataChannelId) {
        let ours = self.id(opened);
        if ours.is_none() && self.channels.len() == MAX_CHANNELS {
            tracing::warn!("ignored a data channel: there are {MAX_CHANNELS} already");
            return;
        }
        let Some(label) = connection.data_channel(opened).map(|channel| channel.label().to_owned()) else {
            return;
        };
        let channel = ours.unwrap_or_else(|| {
            self.channels.push(opened);
            ChannelId(self.channels.len() - 1)
        });
        self.waiting.push_back(Event::ChannelOpened { channel, label, by_peer: ours.is_none() });
    }

    /// Passes on what happened, and the messages that came, as long as somebody takes them.
    pub(super) fn deliver(&mut self, connection: &mut RTCPeerConnection, events: &Events) {
        loop {
            while let Some(event) = self.waiting.pop_front() {
                if let Err(event) = events.offer(event) {
                    self.waiting.push_front(event);
                    return;
                }
            }
            let Some(message) = connection.poll_data_read() else { return };
            if let RTCMessage::DataChannelMessage(channel, message) = message.message
                && let Some(channel) = self.id(channel)
                && message.is_string
            {
                if message.data.len() > MAX_MESSAGE_BYTES {
                    tracing::debug!("dropped a message of {} bytes", message.data.len());
                } else if let Ok(text) = String::from_utf8(message.data.into()) {
                    self.waiting.push_back(Event::Message { channel, text });
                }
            }
        }
    }

    /// Whether there is something that nobody has taken yet.
    pub(super) fn is_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }

    fn id(&self, channel: RTCDataChannelId) -> Option<ChannelId> {
        self.channels.iter().position(|known| *known == channel).map(ChannelId)
    }
}
