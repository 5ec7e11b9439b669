//! Carries a set-up through what the WebRTC stack does not survive: lost datagrams, and datagrams that come too early.
//!
//! Sans-IO, one for each connection, and the same for the server's loop and the client's sockets: notified of each datagram
//! that goes and comes, and of the time, a [`Handshake`] says what to send again, what to hand to the stack again, and
//! when. Once a session is set up it is over, and costs a datagram no more than the look at its first byte.
//!
//! Each part stands in for a fault of the stack (`rtc` and `webrtc` 0.21.1), and can go when that is mended:
//!
//! | part | the fault |
//! |---|---|
//! | `flight` | `rtc-dtls` forgets its retransmission timer |
//! | `records` | `rtc-sctp` waits a second for each message of its own handshake that is lost, and for longer the next time |
//! | `early` | `rtc` drops DTLS that comes before a pair of candidates is selected |
//! | `nomination` | `rtc-ice` leaves a nomination unanswered that comes before its own check succeeded |
//! | `close` | `rtc` does not say that the peer closed DTLS |

mod close;
mod datagram;
mod early;
mod flight;
mod kind;
mod nomination;
mod pauses;
mod records;
mod set_up;

use std::net::SocketAddr;
use std::time::Instant;

use close::Close;
pub(crate) use datagram::{Action, Datagram};
pub(crate) use kind::{answered_check, check, is_application_data};
use set_up::SetUp;

/// The handshake of one connection.
#[derive(Debug)]
pub(crate) struct Handshake {
    /// None once the session is set up.
    set_up: Option<Box<SetUp>>,
    close: Close,
}

impl Handshake {
    /// Nothing has gone or come yet.
    pub(crate) fn new() -> Self {
        Self { set_up: Some(Box::default()), close: Close::default() }
    }

    /// Whether nothing will be sent or handed in again any more.
    pub(crate) fn is_over(&self) -> bool {
        self.set_up.is_none()
    }

    /// A datagram came that the stack is about to be given; not one of [`Action::Receive`].
    pub(crate) fn received(&mut self, local: SocketAddr, peer: SocketAddr, data: &[u8], now: Instant) {
        if let Some(set_up) = &mut self.set_up {
            set_up.received(local, peer, data, now);
        }
        self.close.received(data);
    }

    /// The stack has a datagram sent; not one of [`Action::Send`].
    pub(crate) fn sent(&mut self, local: SocketAddr, peer: SocketAddr, data: &[u8], now: Instant) {
        if let Some(set_up) = &mut self.set_up {
            set_up.sent(local, peer, data, now);
        }
        self.close.sent(data);
    }

    /// What is to be done by now; to be called until there is nothing more, after the stack has taken in what came.
    pub(crate) fn poll(&mut self, now: Instant) -> Option<Action> {
        let action = self.set_up.as_mut()?.poll(now);
        if self.set_up.as_ref().is_some_and(|set_up| set_up.is_over(now)) {
            self.set_up = None;
        }
        action
    }

    /// When [`Handshake::poll`] has something next.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.set_up.as_ref()?.deadline()
    }

    /// A data channel is open: both sides have all that a set-up consists of.
    pub(crate) fn complete(&mut self) {
        self.set_up = None;
    }

    /// Whether this side began DTLS; to be asked before the set-up is over.
    pub(crate) fn is_dtls_client(&self) -> bool {
        self.set_up.as_ref().is_some_and(|set_up| set_up.is_dtls_client())
    }

    /// Whether the peer has closed DTLS, and so the connection.
    pub(crate) fn is_closed_by_peer(&self) -> bool {
        self.close.is_closed()
    }
}

#[cfg(test)]
mod tests;
