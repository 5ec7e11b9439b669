//! The first records of application data: the handshake of SCTP (RFC 9260, section 5.1), and the opening of the channel.
//!
//! `rtc-sctp` repeats a message that is lost after 1 s, after 2 s the next time, and so on (`RTO_INITIAL` and `RTO_MIN` in
//! `association/timer.rs`, which no setting changes), and three messages each way have to arrive, one after the other. So
//! the first few records are repeated sooner, as they were: a peer that has them drops them as replayed.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::datagram::{Action, Datagram};
use super::pauses::Pauses;

/// INIT or its answer, COOKIE ECHO or its answer, the channel's opening, acknowledgements of it, a first message.
const MAX_RECORDS: usize = 8;
const PAUSES: Pauses = Pauses::new(Duration::from_millis(100), Duration::from_millis(400), 3);

/// The first records that were sent, for as long as each is repeated.
#[derive(Debug, Default)]
pub(super) struct Records {
    taken: usize,
    repeated: Vec<Repeated>,
}

#[derive(Debug)]
struct Repeated {
    datagram: Datagram,
    pauses: Pauses,
    due: Instant,
}

impl Records {
    /// A record goes.
    pub(super) fn sent(&mut self, datagram: Datagram, now: Instant) {
        if self.taken == MAX_RECORDS {
            return;
        }
        self.taken += 1;
        let mut pauses = PAUSES;
        self.repeated.extend(pauses.next().map(|pause| Repeated { datagram, pauses, due: now + pause }));
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        self.repeated.iter().map(|repeated| repeated.due).min()
    }

    /// Adds what is due to `actions`.
    pub(super) fn poll(&mut self, now: Instant, actions: &mut VecDeque<Action>) {
        self.repeated.retain_mut(|repeated| {
            if now < repeated.due {
                return true;
            }
            actions.push_back(Action::Send(repeated.datagram.clone()));
            let next = repeated.pauses.next();
            repeated.due = now + next.unwrap_or_default();
            next.is_some()
        });
    }
}
