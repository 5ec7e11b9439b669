//! A nomination that the stack has not answered.
//!
//! `rtc-ice`, controlled, answers a check with USE-CANDIDATE only if its own check of that pair has succeeded by then, and
//! forgets it otherwise (`agent_selector.rs`, `handle_binding_request`), where RFC 8445, section 7.3.1.5, has it answered
//! at once and the pair selected as soon as the own check succeeds. A peer that nominates first (libdatachannel) repeats it
//! half a second later. So it is kept, and handed in again when a check of ours is answered from where it came.

use std::collections::VecDeque;
use std::net::SocketAddr;

use super::datagram::{Action, Datagram};
use crate::stun::TransactionId;

/// One is enough where nothing is lost.
const MAX_HAND_INS: u32 = 16;

/// The peer's last nomination, until it is answered.
#[derive(Debug, Default)]
pub(super) struct Nomination {
    open: Option<(TransactionId, Datagram)>,
    hand_ins: u32,
    is_due: bool,
}

impl Nomination {
    /// The peer nominates.
    pub(super) fn received(&mut self, transaction: TransactionId, request: Datagram) {
        *self = Self { open: Some((transaction, request)), ..Self::default() };
    }

    /// A check of ours was answered from `peer`.
    pub(super) fn check_succeeded(&mut self, local: SocketAddr, peer: SocketAddr) {
        self.is_due |= self.open.as_ref().is_some_and(|(_, kept)| (kept.local, kept.peer) == (local, peer));
    }

    /// A request of the peer's is answered.
    pub(super) fn answered(&mut self, transaction: TransactionId) {
        if self.open.as_ref().is_some_and(|(open, _)| *open == transaction) {
            *self = Self::default();
        }
    }

    /// Adds what is due to `actions`.
    pub(super) fn poll(&mut self, actions: &mut VecDeque<Action>) {
        if !std::mem::take(&mut self.is_due) {
            return;
        }
        self.hand_ins += 1;
        actions.extend(self.open.iter().map(|(_, request)| Action::Receive(request.clone())));
        if self.hand_ins == MAX_HAND_INS {
            *self = Self::default();
        }
    }
}
