//! Who asks, and where.

use std::net::SocketAddr;

/// Both ends of the connection that a request came over, IPv4 ones as such; pages get it as an [`Extension`](axum::Extension).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Endpoints {
    /// Where this machine was reached.
    pub local: SocketAddr,
    /// Where the request comes from.
    pub peer: SocketAddr,
}
