//! The flight of the DTLS handshake that the peer may not have got whole (RFC 6347, section 4.2.4).
//!
//! `rtc-dtls` ends its retransmission timer with each handshake message that comes in (`handshaker.rs`, `wait`), and does
//! not set it again where that message does not complete a flight of the peer's: with one datagram lost, neither side may
//! say anything any more. So a flight is repeated here until what follows it shows that it arrived.
//!
//! It is repeated as it was, with its record numbers: a peer takes in what it missed, and drops the rest as replayed
//! (section 4.1.2.6). A peer that answers repetitions only if they have new numbers repeats its own flight by itself.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::datagram::{Action, Datagram};
use super::kind::Opening;
use super::pauses::Pauses;

/// With a longest pause of 1.2 s these are 8.7 s: about as long as a connection may take.
const PAUSES: Pauses = Pauses::new(Duration::from_millis(100), Duration::from_millis(1200), 10);
/// A flight of certificates is two or three.
const MAX_DATAGRAMS: usize = 8;

/// The last flight that was sent.
#[derive(Debug)]
pub(super) struct Flight {
    datagrams: Vec<Datagram>,
    /// What the first of them opens with.
    opening: Option<Opening>,
    is_answered: bool,
    /// Whether this side is the DTLS client, of which the last flight is not the handshake's last.
    is_client: bool,
    /// The peer has all that it needs; should it ask again, the stack answers.
    is_complete: bool,
    pauses: Pauses,
    due: Option<Instant>,
}

impl Default for Flight {
    fn default() -> Self {
        Self {
            datagrams: Vec::new(),
            opening: None,
            is_answered: false,
            is_client: false,
            is_complete: false,
            pauses: PAUSES,
            due: None,
        }
    }
}

impl Flight {
    /// A datagram of the handshake goes.
    pub(super) fn sent(&mut self, opening: Opening, datagram: Datagram, now: Instant) {
        if self.is_complete {
            return;
        }
        self.is_client |= opening.is_client_hello();
        // The stack's own timer repeats a flight with new record numbers.
        let is_repeated = opening != Opening::Encrypted && self.opening == Some(opening);
        if self.is_answered {
            self.pauses = PAUSES;
        }
        if self.is_answered || is_repeated || self.datagrams.len() >= MAX_DATAGRAMS {
            self.datagrams.clear();
            self.is_answered = false;
        }
        if self.datagrams.is_empty() {
            self.opening = Some(opening);
        }
        self.datagrams.push(datagram);
        self.due = self.pauses.peek().map(|pause| now + pause);
    }

    /// A datagram of the handshake came: what is sent next is another flight. The last one is repeated until then, for the
    /// peer may have only a part of it.
    pub(super) fn answered(&mut self) {
        self.is_answered = true;
    }

    /// Data under the new keys goes: a DTLS client has the peer's last message by then.
    pub(super) fn sent_data(&mut self) {
        if self.is_client {
            self.received_data();
        }
    }

    /// Data under the new keys came: the peer has all that it needs.
    pub(super) fn received_data(&mut self) {
        self.is_complete = true;
        self.datagrams = Vec::new();
        self.due = None;
    }

    /// Whether any was sent.
    pub(super) fn is_begun(&self) -> bool {
        self.opening.is_some()
    }

    /// Whether this side has begun.
    pub(super) fn is_client(&self) -> bool {
        self.is_client
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        self.due
    }

    /// Adds what is due to `actions`.
    pub(super) fn poll(&mut self, now: Instant, actions: &mut VecDeque<Action>) {
        if self.due.is_none_or(|due| now < due) {
            return;
        }
        // The pause that has just ended, and the one before the next repetition.
        self.pauses.next();
        self.due = self.pauses.peek().map(|pause| now + pause);
        actions.extend(self.datagrams.iter().cloned().map(Action::Send));
    }
}
