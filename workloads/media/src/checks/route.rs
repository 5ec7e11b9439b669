//! Where a datagram goes from and to.

use std::net::SocketAddr;

/// A local address, and the peer's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Route {
    pub(crate) local: SocketAddr,
    pub(crate) peer: SocketAddr,
}
