//! What happens to sessions, and who takes it.

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use report::{CandidatePair, NetworkSample, SessionId, Stage};

use crate::guard::Panicked;

/// Why a session ended by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CloseReason {
    /// No candidate pair ever worked.
    IceFailed {
        /// Whether a check of the peer's came: UDP gets through that way.
        has_heard_check: bool,
    },
    /// ICE worked and the DTLS handshake did not.
    DtlsFailed,
    /// It worked, and then nothing came from the peer any more.
    PeerLost,
    /// The WebRTC stack panicked over what the peer sent.
    Panicked(Panicked),
}

/// Why a session has no data channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MissingChannel {
    /// The peer's answer has none.
    #[error("the peer declined the data channel, so it cannot report")]
    Declined,
    /// The peer is the DTLS client, and waits for us to begin SCTP, which `rtc` does as DTLS client only.
    #[error(
        "no data channel: the peer insists on being the DTLS client and does not begin SCTP, as werift does not, so it cannot report"
    )]
    NobodyBegins,
    /// The peer does not answer on SCTP.
    #[error("no data channel: the peer does not answer SCTP, so it cannot report")]
    Unanswered,
    /// SCTP works, and the peer has not acknowledged the channel: one that opens its own under the same number takes ours
    /// for it.
    #[error(
        "no data channel: the peer has not acknowledged it, as one does that opens its own under the same number, so it cannot report"
    )]
    Unacknowledged,
    /// The peer ended SCTP before the channel was open.
    #[error("no data channel: the peer ended SCTP before it was open, so it cannot report")]
    BrokenOff,
    /// The peer offered one on a transport of its own, and there is one transport, the video's.
    #[error("no data channel: the peer offered it outside the video's bundle, so it cannot report")]
    Apart,
    /// The peer offered one, and has not opened it.
    #[error("no data channel: the peer offered one and has not opened it, so it cannot report")]
    NotOpened,
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
    /// The session's media takes this way from now on; said about a second later at most.
    Path {
        /// The session.
        id: SessionId,
        /// The way; the local end is ours.
        pair: CandidatePair,
    },
    /// How large a packet may be to reach the session's peer, and how large its own are; said about a second later at most, and of
    /// peers alone that are programs of our own.
    PathMtu {
        /// The session.
        id: SessionId,
        /// The largest packet that gets there, headers included; `None` while it is not known.
        path_mtu: Option<u16>,
        /// The largest with media that was sent in one piece, headers included.
        largest_packet: Option<u16>,
    },
    /// Media can flow, and for long enough no data channel has opened. The session goes on.
    NoChannel {
        /// The session.
        id: SessionId,
        /// Why, as far as is known.
        why: MissingChannel,
        /// When it was given up.
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
