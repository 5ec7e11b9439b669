//! A session as its driver has it: whatever its peer's connection does, it does under a guard.

use std::net::SocketAddr;
use std::time::Instant;

use report::SessionId;

use super::event::{CloseReason, Event};
use super::frame::Frame;
use super::outbox::Outbox;
use super::peer::{DrainDue, Peer};
use crate::guard::{Panicked, guarded};
use crate::sockets::Datagram;
use crate::stun::TransactionId;

/// A peer, and what its driver keeps of it. After a panic nothing reaches the peer's connection any more.
pub(super) struct Session {
    peer: Peer,
    panicked: Option<Panicked>,
    /// Where datagrams of the peer come from.
    pub(super) addresses: Vec<SocketAddr>,
    /// Waits for its drain.
    pub(super) touched: bool,
    /// Waits for the next frame with it.
    pub(super) is_deferred: bool,
}

impl Session {
    pub(super) fn new(peer: Peer) -> Self {
        Self { peer, panicked: None, addresses: Vec::new(), touched: false, is_deferred: false }
    }

    pub(super) fn id(&self) -> SessionId {
        self.peer.id()
    }

    /// Our ICE username fragment.
    pub(super) fn ufrag(&self) -> &str {
        self.peer.ufrag()
    }

    /// Why the session is over, if it is.
    pub(super) fn closed(&self) -> Option<CloseReason> {
        let panicked = self.panicked.clone().map(CloseReason::Panicked);
        panicked.or_else(|| self.peer.failed())
    }

    /// As [`Peer::receive`].
    pub(super) fn receive(&mut self, datagram: &Datagram<'_>, events: &mut Vec<Event>) -> DrainDue {
        let Datagram { local, peer, data, at, .. } = *datagram;
        self.guarded(|connection| connection.receive(local, peer, data, at, events)).unwrap_or(DrainDue::Now)
    }

    /// As [`Peer::advance`].
    pub(super) fn advance(&mut self, now: Instant) {
        self.guarded(|peer| peer.advance(now));
    }

    /// As [`Peer::drain`].
    pub(super) fn drain(
        &mut self,
        now: Instant,
        outbox: &Outbox<'_>,
        events: &mut Vec<Event>,
    ) -> Option<Instant> {
        (self.touched, self.is_deferred) = (false, false);
        self.guarded(|peer| peer.drain(now, outbox, events)).flatten()
    }

    /// As [`Peer::take_checks`], which touches no connection.
    pub(super) fn take_checks(&mut self) -> std::vec::Drain<'_, TransactionId> {
        self.peer.take_checks()
    }

    /// As [`Peer::write_frame`].
    pub(super) fn write_frame(
        &mut self,
        frame: &Frame,
        first: u64,
        now: Instant,
        events: &mut Vec<Event>,
    ) -> bool {
        self.guarded(|peer| peer.write_frame(frame, first, now, events)).unwrap_or(false)
    }

    /// As [`Peer::flush`].
    pub(super) fn flush(&mut self, outbox: &Outbox<'_>, now: Instant) {
        self.guarded(|peer| peer.flush(outbox, now));
    }

    /// As [`Peer::add_candidate`].
    pub(super) fn add_candidate(&mut self, candidate: String) {
        self.guarded(|peer| peer.add_candidate(candidate));
    }

    /// As [`Peer::send_text`].
    pub(super) fn send_text(&mut self, text: String, now: Instant) {
        self.guarded(|peer| peer.send_text(text, now));
    }

    /// As [`Peer::stop`], which touches no connection.
    pub(super) fn stop(&mut self, events: &mut Vec<Event>) {
        self.peer.stop(events);
    }

    /// Ends it; an error where that is what panics.
    pub(super) fn close(mut self, outbox: &Outbox<'_>, events: &mut Vec<Event>) -> Result<(), Panicked> {
        self.stop(events);
        let had_panicked = self.panicked.is_some();
        self.guarded(|peer| peer.close(outbox));
        let Self { peer, panicked, .. } = self;
        let dropped = guarded(move || drop(peer));
        match panicked {
            _ if had_panicked => Ok(()),
            Some(panicked) => Err(panicked),
            None => dropped,
        }
    }

    fn guarded<T>(&mut self, work: impl FnOnce(&mut Peer) -> T) -> Option<T> {
        if self.panicked.is_some() {
            return None;
        }
        let peer = &mut self.peer;
        guarded(|| work(peer)).map_err(|panicked| self.panicked = Some(panicked)).ok()
    }
}
