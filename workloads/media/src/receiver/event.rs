//! What happens to a receiver.

use crate::guard::Panicked;
use crate::relay::RelayError;

/// One of a receiver's data channels, whoever opened it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ChannelId(pub(super) usize);

/// What has to work, in this order, before media flows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TransportStage {
    /// A way for UDP between the peers (RFC 8445).
    Ice,
    /// The handshake that agrees on keys (RFC 5764).
    Dtls,
}

/// What happened to a receiver. `Failed`, `RelayFailed`, `Panicked` and `Closed` are final.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A candidate pair works.
    IceConnected,
    /// Keys are agreed.
    Connected,
    /// The first packet of video came.
    FirstPacket,
    /// A data channel can be used.
    ChannelOpened {
        /// The channel.
        channel: ChannelId,
        /// Its label, which tells dialects apart.
        label: String,
        /// Whether the peer opened it.
        by_peer: bool,
    },
    /// The peer sent text.
    Message {
        /// The channel it came over.
        channel: ChannelId,
        /// At most [`MAX_MESSAGE_BYTES`](super::MAX_MESSAGE_BYTES) long; longer ones are dropped.
        text: String,
    },
    /// A data channel is no longer open.
    ChannelClosed {
        /// The channel.
        channel: ChannelId,
    },
    /// This stage did not work within the time allowed, or, for ICE, works no more.
    Failed {
        /// The first stage that does not work.
        stage: TransportStage,
    },
    /// Nothing gets through by the relay any more, or never has, and this is why.
    RelayFailed(RelayError),
    /// The WebRTC stack panicked over what the peer sent.
    Panicked(Panicked),
    /// The connection ended.
    Closed,
}
