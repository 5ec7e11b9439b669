//! The peer's end of DTLS (RFC 5246, section 7.2.1).
//!
//! `rtc` takes a close_notify in, answers it, and closes the data channels; of the connection itself it says nothing until
//! ICE has missed the peer for seconds (P15). An alert is encrypted, so what it says cannot be read here. But the stack
//! answers none that is not authentic, and sends none by itself while a connection is in order: one that goes after one
//! that came is the answer to the peer's close, or to its fatal error.

use super::kind::{ALERT, is_protected};

/// How far the end has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Close {
    #[default]
    Open,
    /// An alert came, which may be anybody's.
    AlertCame,
    /// It was answered.
    Closed,
}

impl Close {
    /// A datagram came.
    pub(super) fn received(&mut self, data: &[u8]) {
        if is_alert(data) && *self == Self::Open {
            *self = Self::AlertCame;
        }
    }

    /// A datagram goes.
    pub(super) fn sent(&mut self, data: &[u8]) {
        if is_alert(data) && *self == Self::AlertCame {
            *self = Self::Closed;
        }
    }

    pub(super) fn is_closed(self) -> bool {
        self == Self::Closed
    }
}

fn is_alert(data: &[u8]) -> bool {
    data.first() == Some(&ALERT) && is_protected(data)
}
