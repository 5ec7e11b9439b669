//! Where a receiver can be reached: at sockets of its own, or by a TURN server alone.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use mio::Waker;

use super::error::ReceiverError;
use super::sockets::PolledSockets;
use crate::relay::{Allocation, Relay};

/// Its sockets, and the addresses that its peer is told of.
pub(super) struct Ends {
    pub(super) polled: PolledSockets,
    /// Ends a wait for the sockets.
    pub(super) waker: Arc<Waker>,
    /// With the socket's own address.
    pub(super) relay: Option<(Relay, SocketAddr)>,
    pub(super) addresses: Vec<SocketAddr>,
}

impl Ends {
    /// A port on each address.
    ///
    /// # Errors
    /// Where there is no address, or none of them can be bound.
    pub(super) fn bind(addresses: &[IpAddr]) -> Result<Self, ReceiverError> {
        if addresses.is_empty() {
            return Err(ReceiverError::NoAddress);
        }
        let refused = |source| ReceiverError::Bind { addresses: addresses.to_vec(), source };
        let (polled, waker) = PolledSockets::bind(addresses).map_err(refused)?;
        let addresses = polled.sockets.locals().collect();
        Ok(Self { polled, waker, relay: None, addresses })
    }

    /// The relay's address.
    ///
    /// # Errors
    /// Where the system cannot wait for the socket.
    pub(super) fn at_relay(allocation: Allocation) -> Result<Self, ReceiverError> {
        let Allocation { relay, socket, local, relayed } = allocation;
        let refused = |source| ReceiverError::Bind { addresses: vec![local.ip()], source };
        let (polled, waker) = PolledSockets::of(socket).map_err(refused)?;
        Ok(Self { polled, waker, relay: Some((relay, local)), addresses: vec![relayed] })
    }
}
