//! What names a session, and how far its set-up has come.

/// One peer connection. Whoever opens it chooses it, and never uses it twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SessionId(pub u64);

/// A step of setting a session up that was reached, in the order in which they usually are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Offer and answer were exchanged.
    Signaling,
    /// A candidate pair works (RFC 8445).
    Ice,
    /// The media keys are agreed (RFC 5764): media can flow.
    Dtls,
    /// A data channel is open (RFC 8832).
    Channel,
    /// The first packet of video was sent, or, on the client's side, came.
    FirstFrame,
}
