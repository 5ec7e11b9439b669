//! What goes and comes while a session is set up, and to whom it matters.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use super::datagram::{Action, Datagram};
use super::early::Early;
use super::flight::Flight;
use super::kind::Kind;
use super::nomination::Nomination;
use super::records::Records;

/// From the first data under keys on. All repetitions of what goes in the first two seconds of it fit in.
const SETTLE: Duration = Duration::from_secs(3);

/// One set-up.
#[derive(Debug, Default)]
pub(super) struct SetUp {
    flight: Flight,
    records: Records,
    early: Early,
    nomination: Nomination,
    settled_at: Option<Instant>,
    actions: VecDeque<Action>,
}

impl SetUp {
    pub(super) fn received(&mut self, local: SocketAddr, peer: SocketAddr, data: &[u8], now: Instant) {
        match Kind::of(data) {
            Kind::Check { transaction, nominates } => {
                self.early.received_stun();
                if nominates && let Some(request) = Datagram::keep(local, peer, data) {
                    self.nomination.received(transaction, request);
                }
            }
            Kind::CheckAnswer { is_success, .. } => {
                self.early.received_stun();
                if is_success {
                    self.nomination.check_succeeded(local, peer);
                }
            }
            Kind::Handshake(_) => {
                self.flight.answered();
                if let Some(datagram) = Datagram::keep(local, peer, data) {
                    self.early.received(datagram);
                }
            }
            // Before our side has sent any DTLS it is not what it seems.
            Kind::ApplicationData | Kind::Media if self.flight.is_begun() => {
                self.flight.received_data();
                self.settled_at.get_or_insert(now + SETTLE);
            }
            _ => {}
        }
    }

    pub(super) fn sent(&mut self, local: SocketAddr, peer: SocketAddr, data: &[u8], now: Instant) {
        match Kind::of(data) {
            Kind::CheckAnswer { transaction, .. } => self.nomination.answered(transaction),
            Kind::Handshake(opening) => {
                self.early.end();
                if let Some(datagram) = Datagram::keep(local, peer, data) {
                    self.flight.sent(opening, datagram, now);
                }
            }
            kind @ (Kind::ApplicationData | Kind::Media) => {
                self.flight.sent_data();
                self.settled_at.get_or_insert(now + SETTLE);
                if kind == Kind::ApplicationData
                    && let Some(datagram) = Datagram::keep(local, peer, data)
                {
                    self.records.sent(datagram, now);
                }
            }
            _ => {}
        }
    }

    pub(super) fn is_dtls_client(&self) -> bool {
        self.flight.is_client()
    }

    pub(super) fn poll(&mut self, now: Instant) -> Option<Action> {
        if self.actions.is_empty() {
            self.nomination.poll(&mut self.actions);
            self.early.poll(&mut self.actions);
            self.flight.poll(now, &mut self.actions);
            self.records.poll(now, &mut self.actions);
        }
        self.actions.pop_front()
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        let settled = self.settled_at.filter(|_| self.flight.deadline().is_none());
        [self.flight.deadline(), self.records.deadline(), settled].into_iter().flatten().min()
    }

    /// Whether data has gone or come for a while, and the peer has our last flight or will never get it.
    pub(super) fn is_over(&self, now: Instant) -> bool {
        self.actions.is_empty()
            && self.flight.deadline().is_none()
            && self.settled_at.is_some_and(|settled| settled <= now)
    }
}
