//! DTLS that came before a pair of candidates is selected.
//!
//! `rtc` drops it (`handler/ice.rs`, `handle_read`), and the peer repeats it a second later at the earliest. But a peer may
//! begin on any valid pair (RFC 8445, section 12.1), as libdatachannel and browsers do (P4). So the first ones are kept,
//! and handed in again with each STUN message: only by one of these can a pair be selected.

use std::collections::VecDeque;

use super::datagram::{Action, Datagram};

/// A peer's first flight is one datagram.
const MAX_DATAGRAMS: usize = 4;
/// STUN messages that are waited for: seconds of checks.
const MAX_HAND_INS: u32 = 128;

/// DTLS of the peer's, before any of ours.
#[derive(Debug, Default)]
pub(super) struct Early {
    datagrams: Vec<Datagram>,
    hand_ins: u32,
    is_due: bool,
    /// We have sent DTLS, so the stack takes it in.
    is_over: bool,
}

impl Early {
    /// A datagram of the DTLS handshake came.
    pub(super) fn received(&mut self, datagram: Datagram) {
        if !self.is_over && self.datagrams.len() < MAX_DATAGRAMS {
            self.datagrams.push(datagram);
        }
    }

    /// A STUN message came.
    pub(super) fn received_stun(&mut self) {
        self.is_due = !self.datagrams.is_empty();
    }

    /// We have sent DTLS.
    pub(super) fn end(&mut self) {
        *self = Self { is_over: true, ..Self::default() };
    }

    /// Adds what is due to `actions`.
    pub(super) fn poll(&mut self, actions: &mut VecDeque<Action>) {
        if !std::mem::take(&mut self.is_due) {
            return;
        }
        self.hand_ins += 1;
        actions.extend(self.datagrams.iter().cloned().map(Action::Receive));
        if self.hand_ins == MAX_HAND_INS {
            self.end();
        }
    }
}
