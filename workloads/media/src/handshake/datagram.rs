//! A datagram that is kept, and what is to be done with it.

use std::net::SocketAddr;

use bytes::Bytes;

/// Longer ones are not kept: no path carries them.
const MAX_BYTES: usize = 2048;

/// A datagram between two addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Datagram {
    /// Ours.
    pub(crate) local: SocketAddr,
    /// The peer's.
    pub(crate) peer: SocketAddr,
    /// Its payload.
    pub(crate) data: Bytes,
}

impl Datagram {
    /// A copy, where it is short enough to be kept.
    pub(super) fn keep(local: SocketAddr, peer: SocketAddr, data: &[u8]) -> Option<Self> {
        (data.len() <= MAX_BYTES).then(|| Self { local, peer, data: Bytes::copy_from_slice(data) })
    }
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Action {
    /// Send it to the peer, as it was sent before.
    Send(Datagram),
    /// Give it to the stack, as if it had just come.
    Receive(Datagram),
}
