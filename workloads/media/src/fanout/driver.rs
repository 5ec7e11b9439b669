//! The thread of a shard: drives its sessions on its own sockets.
//!
//! One rule holds throughout: whatever touches a peer, be it a datagram, a timer or a command, is followed by one drain
//! of that peer, after the whole batch was taken in. A drain sweeps all of `rtc`'s handlers, which costs more than the
//! datagram that caused it.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::mpsc::{Receiver, TryRecvError};
use std::time::{Duration, Instant};

use mio::{Events, Poll, Token};
use slab::Slab;

use super::peer::{Outbox, Peer};
use super::session::Session;
use super::shard::{Command, Shared};
use super::sockets::{Datagram, Sockets};
use super::stats::Counters;
use super::stun::receiver_ufrag;
use super::timers::Timers;
use super::{CloseReason, Event, EventSink, Frame, SessionId};

/// The token of "there are commands".
pub(super) const WAKE: Token = Token(usize::MAX);
/// The longest sleep, so that an oversight costs a second and not a session.
const IDLE: Duration = Duration::from_secs(1);
/// In a sweep, reports are taken in after every so many sessions: the first ones answer while the last ones are still
/// being sent to.
const SWEEP_GROUP: usize = 32;
/// Addresses that one session may be known by: a few network paths, not whatever a peer claims.
const ADDRESSES: usize = 16;

pub(super) struct Driver {
    poll: Poll,
    queue: Receiver<Command>,
    sink: EventSink,
    shared: Arc<Shared>,
    sockets: Sockets,
    sessions: Slab<Session>,
    slots: Slots,
    timers: Timers,
    touched: Vec<usize>,
    events: Vec<Event>,
}

/// How sessions are found.
#[derive(Default)]
struct Slots {
    by_id: HashMap<SessionId, usize>,
    by_ufrag: HashMap<String, usize>,
    by_address: HashMap<SocketAddr, usize>,
}

struct CountingOutbox<'a> {
    sockets: &'a Sockets,
    counters: &'a Counters,
}

impl Outbox for CountingOutbox<'_> {
    fn send(&mut self, local: SocketAddr, peer: SocketAddr, data: &[u8]) {
        let counter = if self.sockets.send(local, peer, data) {
            &self.counters.datagrams_sent
        } else {
            &self.counters.send_errors
        };
        counter.fetch_add(1, Relaxed);
    }
}

impl Driver {
    pub(super) fn new(
        poll: Poll,
        queue: Receiver<Command>,
        sink: EventSink,
        shared: Arc<Shared>,
    ) -> std::io::Result<Self> {
        let sockets = Sockets::new(poll.registry().try_clone()?);
        Ok(Self {
            poll,
            queue,
            sink,
            shared,
            sockets,
            sessions: Slab::new(),
            slots: Slots::default(),
            timers: Timers::default(),
            touched: Vec::new(),
            events: Vec::new(),
        })
    }

    pub(super) fn run(mut self) {
        let mut ready = Events::with_capacity(64);
        loop {
            let wait = if self.sockets.any_readable() {
                Duration::ZERO
            } else {
                self.timers.wait(Instant::now()).map_or(IDLE, |wait| wait.min(IDLE))
            };
            match self.poll.poll(&mut ready, Some(wait)) {
                Ok(()) => {}
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => {
                    tracing::error!(%error, "a shard cannot wait for its sockets and ends");
                    break;
                }
            }
            for event in ready.iter().filter(|event| event.token() != WAKE) {
                self.sockets.mark_readable(event.token());
            }
            if !self.obey() {
                break;
            }
            self.receive();
            self.expire();
            self.deliver();
        }
        let open: Vec<usize> = self.sessions.iter().map(|(slot, _)| slot).collect();
        open.into_iter().for_each(|slot| self.remove(slot, None));
        self.deliver();
    }

    /// Carries out what is queued; false when it is time to end.
    fn obey(&mut self) -> bool {
        loop {
            match self.queue.try_recv() {
                Ok(Command::Frame(frame)) => self.sweep(&frame),
                Ok(Command::Adopt(peer)) => self.adopt(*peer),
                Ok(Command::Send { id, text }) => {
                    if let Some(slot) = self.slots.by_id.get(&id).copied() {
                        let now = Instant::now();
                        self.sessions[slot].send_text(text, now);
                        self.drain(slot, now);
                    }
                }
                Ok(Command::Stop(id)) => {
                    if let Some(slot) = self.slots.by_id.get(&id) {
                        self.sessions[*slot].stop(&mut self.events);
                    }
                }
                Ok(Command::Close(id)) => {
                    if let Some(slot) = self.slots.by_id.get(&id) {
                        self.remove(*slot, None);
                    }
                }
                Ok(Command::Listen(socket)) => {
                    let port = socket.local_addr().map(|local| local.port());
                    match self.sockets.add(socket).and(port) {
                        Ok(port) => {
                            if let Ok(mut ports) = self.shared.ports.lock() {
                                ports.push(port);
                            }
                        }
                        Err(error) => tracing::error!(%error, "a media socket cannot be polled"),
                    }
                }
                Ok(Command::End) | Err(TryRecvError::Disconnected) => return false,
                Err(TryRecvError::Empty) => return true,
            }
        }
    }

    fn adopt(&mut self, peer: Peer) {
        let (id, ufrag) = (peer.id(), peer.ufrag().to_owned());
        let slot = self.sessions.insert(Session::new(peer));
        self.slots.by_id.insert(id, slot);
        self.slots.by_ufrag.insert(ufrag, slot);
        self.shared.counters.sessions.fetch_add(1, Relaxed);
        self.drain(slot, Instant::now());
    }

    fn sweep(&mut self, frame: &Frame) {
        let began = Instant::now();
        let mut served = 0;
        // By slot and not by iterator: sessions may end while reports are taken in.
        for slot in 0..self.sessions.capacity() {
            let Some(session) = self.sessions.get_mut(slot) else { continue };
            let mut outbox = CountingOutbox { sockets: &self.sockets, counters: &self.shared.counters };
            session.send_frame(frame, Instant::now(), &mut outbox, &mut self.events);
            self.remove_if_over(slot);
            served += 1;
            if served % SWEEP_GROUP == 0 {
                self.poll_sockets();
                self.receive();
                self.deliver();
            }
        }
        // When the next frame is queued already, this is the only turn that reports and timers get.
        self.poll_sockets();
        self.receive();
        self.expire();
        self.deliver();
        let counters = &self.shared.counters;
        counters.sweep_nanos.fetch_add(began.elapsed().as_nanos() as u64, Relaxed);
        counters.sweeps.fetch_add(1, Relaxed);
    }

    /// Learns without waiting which sockets have something; a wake-up that comes along means commands, which are
    /// looked at after the sweep anyway.
    fn poll_sockets(&mut self) {
        let mut ready = Events::with_capacity(16);
        if self.poll.poll(&mut ready, Some(Duration::ZERO)).is_ok() {
            for event in ready.iter().filter(|event| event.token() != WAKE) {
                self.sockets.mark_readable(event.token());
            }
        }
    }

    fn receive(&mut self) {
        let Self { sockets, sessions, slots, touched, shared, .. } = self;
        let counters = &shared.counters;
        sockets.receive(|datagram| {
            counters.datagrams_received.fetch_add(1, Relaxed);
            let Some(slot) = slots.find(&datagram, sessions) else {
                counters.unknown_datagrams.fetch_add(1, Relaxed);
                return;
            };
            let session = &mut sessions[slot];
            session.receive(datagram.local, datagram.peer, datagram.data, Instant::now());
            if !std::mem::replace(&mut session.touched, true) {
                touched.push(slot);
            }
        });
        let now = Instant::now();
        while let Some(slot) = self.touched.pop() {
            self.drain(slot, now);
        }
    }

    fn expire(&mut self) {
        let now = Instant::now();
        while let Some(slot) = self.timers.expired(now) {
            if let Some(session) = self.sessions.get_mut(slot) {
                session.advance(now);
                self.drain(slot, now);
            }
        }
    }

    fn drain(&mut self, slot: usize, now: Instant) {
        let Some(session) = self.sessions.get_mut(slot) else { return };
        let mut outbox = CountingOutbox { sockets: &self.sockets, counters: &self.shared.counters };
        if let Some(deadline) = session.drain(now, &mut outbox, &mut self.events) {
            self.timers.set(slot, deadline, now);
        }
        self.remove_if_over(slot);
    }

    fn remove_if_over(&mut self, slot: usize) {
        if let Some(reason) = self.sessions[slot].closed() {
            self.remove(slot, Some(reason));
        }
    }

    /// Ends a session: for a reason of its own, or because others asked for it.
    fn remove(&mut self, slot: usize, reason: Option<CloseReason>) {
        let session = self.sessions.remove(slot);
        self.slots.forget(&session);
        self.timers.clear(slot);
        let (id, counters) = (session.id(), &self.shared.counters);
        let mut outbox = CountingOutbox { sockets: &self.sockets, counters };
        let closed = session.close(&mut outbox, &mut self.events);
        counters.sessions.fetch_sub(1, Relaxed);
        if let Some(reason) = reason.or(closed.err().map(CloseReason::Panicked)) {
            if matches!(reason, CloseReason::Panicked(_)) {
                counters.peer_panics.fetch_add(1, Relaxed);
            }
            self.events.push(Event::Closed { id, reason });
        }
    }

    fn deliver(&mut self) {
        if !self.events.is_empty() {
            (self.sink)(std::mem::take(&mut self.events));
        }
    }
}

impl Slots {
    /// The session of a datagram. A STUN request names it, and binds the address it came from: also anew, for a new
    /// peer may have got the port of one that is gone.
    fn find(&mut self, datagram: &Datagram<'_>, sessions: &mut Slab<Session>) -> Option<usize> {
        let known = self.by_address.get(&datagram.peer).copied();
        let named = receiver_ufrag(datagram.data).and_then(|ufrag| self.by_ufrag.get(ufrag).copied());
        let Some(slot) = named else { return known };
        if known != named && sessions[slot].addresses.len() < ADDRESSES {
            if let Some(previous) = known {
                sessions[previous].addresses.retain(|address| *address != datagram.peer);
            }
            sessions[slot].addresses.push(datagram.peer);
            self.by_address.insert(datagram.peer, slot);
        }
        Some(slot)
    }

    fn forget(&mut self, session: &Session) {
        self.by_id.remove(&session.id());
        self.by_ufrag.remove(session.ufrag());
        for address in &session.addresses {
            self.by_address.remove(address);
        }
    }
}
