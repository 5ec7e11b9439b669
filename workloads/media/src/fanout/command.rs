//! Commands for a shard.

use std::net::UdpSocket;
use std::sync::Arc;
use std::time::Instant;

use mio::Token;
use report::SessionId;

use super::frame::Frame;
use super::peer::Peer;

/// The token of "there are commands".
pub(super) const WAKE: Token = Token(usize::MAX);

/// What a shard is to do.
pub(super) enum Command {
    Listen(UdpSocket),
    Adopt(Box<Peer>),
    /// A frame, and when it was published.
    Frame(Arc<Frame>, Instant),
    Candidate {
        id: SessionId,
        candidate: String,
    },
    Send {
        id: SessionId,
        text: String,
    },
    Stop(SessionId),
    Close(SessionId),
    End,
}
