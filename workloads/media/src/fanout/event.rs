//! What happens to sessions, and who takes it.

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use report::{NetworkSample, SessionId, Stage};

use crate::guard::Panicked;

/// Why a session ended by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CloseReason {
    /// No candidate pair ever worked.
    IceFailed,
    /// ICE worked and the DTLS handshake did not.
    DtlsFailed,
    /// It worked, and then nothing came from the peer any more.
    PeerLost,
    /// The WebRTC stack panicked over what the peer sent.
    Panicked(Panicked),
}

/// What happened to a session.
#[derive(Debug)]
pub enum Event {
    /// The set-up came one stage further.
    Reached {
        /// The session.
        id: SessionId,
        /// What was reached.
        stage: Stage,
        /// When.
        at: Instant,
    },
    /// The session's video begins with this frame.
    Started {
        /// The session.
        id: SessionId,
        /// The frame's timestamp.
        timestamp: u32,
        /// What is added to a frame's timestamp in the packets of this session, with wrap-around: reports name frames
        /// by the sum. All events have the frame's own.
        timestamp_offset: u32,
    },
    /// The first keyframe since a data channel is open was sent: from here on the peer can report every frame.
    Counting {
        /// The session.
        id: SessionId,
        /// That keyframe's timestamp.
        timestamp: u32,
    },
    /// The peer sent a message over a data channel.
    Report {
        /// The session.
        id: SessionId,
        /// When the datagram was taken from the socket.
        at: Instant,
        /// The message.
        data: Bytes,
    },
    /// A shard has given the packets of a frame to its sockets, for all of its sessions.
    Written {
        /// The frame's timestamp.
        timestamp: u32,
        /// When the last of them went.
        at: Instant,
    },
    /// What became of the session's packets so far: once a second while frames go out, and before `Stopped`.
    Network {
        /// The session.
        id: SessionId,
        /// The numbers.
        sample: NetworkSample,
        /// When they were that.
        at: Instant,
    },
    /// The session needs a keyframe: it joined, or the peer lost something.
    KeyframeWanted(SessionId),
    /// No frame after `last` goes to the session, as asked for by [`Fanout::stop`](super::Fanout::stop) or because it ended.
    Stopped {
        /// The session.
        id: SessionId,
        /// The timestamp of the last counting frame, if there was one.
        last: Option<u32>,
    },
    /// The session ended by itself; `Stopped` came before.
    Closed {
        /// The session.
        id: SessionId,
        /// Why.
        reason: CloseReason,
    },
}

/// Takes events, in batches. Called on the shards' threads.
pub type EventSink = Arc<dyn Fn(Vec<Event>) + Send + Sync>;
