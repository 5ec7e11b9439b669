//! The thread of a shard: drives its sessions on its own sockets.
//!
//! One rule holds throughout: whatever touches a peer, be it a datagram, a timer or a command, is followed by one drain
//! of that peer, after the whole batch was taken in. A drain polls all of `rtc`'s handlers, which costs more than the
//! datagram that caused it, so of few sessions a report waits for the next frame with it.

use std::net::UdpSocket;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::mpsc::{Receiver, TryRecvError};
use std::time::{Duration, Instant};

use mio::{Events, Poll};
use report::SessionId;

use super::command::{Command, WAKE};
use super::deferred::Deferred;
use super::event::{CloseReason, Event, EventSink};
use super::frame::Frame;
use super::outbox::Outbox;
use super::peer::{DrainDue, Peer};
use super::recent_frames::RecentFrames;
use super::session::Session;
use super::session_table::SessionTable;
use super::shared::Shared;
use super::timers::Timers;
use crate::sockets::Sockets;

/// The longest sleep, so that an oversight costs a second and not a session.
const IDLE: Duration = Duration::from_secs(1);
/// In a sweep, reports are taken in after every so many sessions: the first ones answer while the last ones are still
/// being sent to.
const SWEEP_GROUP: usize = 32;

pub(super) struct Driver {
    poll: Poll,
    queue: Receiver<Command>,
    sink: EventSink,
    shared: Arc<Shared>,
    sockets: Sockets,
    sessions: SessionTable,
    timers: Timers,
    recent_frames: RecentFrames,
    touched: Vec<usize>,
    deferred: Deferred,
    events: Vec<Event>,
}

impl Driver {
    /// What its sessions may be asked for again is among the newest `recent_packets`.
    pub(super) fn new(
        poll: Poll,
        queue: Receiver<Command>,
        sink: EventSink,
        shared: Arc<Shared>,
        recent_packets: u16,
    ) -> std::io::Result<Self> {
        let sockets = Sockets::new(poll.registry().try_clone()?);
        Ok(Self {
            poll,
            queue,
            sink,
            shared,
            sockets,
            sessions: SessionTable::default(),
            timers: Timers::default(),
            recent_frames: RecentFrames::new(recent_packets),
            touched: Vec::new(),
            deferred: Deferred::default(),
            events: Vec::new(),
        })
    }

    pub(super) fn run(mut self) {
        let mut ready = Events::with_capacity(64);
        loop {
            let wait = self.wait();
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
            if !self.run_commands() {
                break;
            }
            self.receive();
            self.expire();
            self.deliver();
        }
        for slot in self.sessions.slots() {
            self.remove(slot, None);
        }
        self.deliver();
    }

    /// How long there is nothing to do unless something comes.
    fn wait(&mut self) -> Duration {
        if self.sockets.any_readable() {
            return Duration::ZERO;
        }
        let now = Instant::now();
        let deferred = self.deferred.deadline().map(|by| by.saturating_duration_since(now));
        [self.timers.wait(now), deferred].into_iter().flatten().fold(IDLE, Duration::min)
    }

    /// Runs the queued commands; false when it is time to end.
    fn run_commands(&mut self) -> bool {
        loop {
            match self.queue.try_recv() {
                Ok(Command::Frame(frame, published)) => self.sweep(&frame, published),
                Ok(Command::Adopt(peer)) => self.adopt(*peer),
                Ok(Command::Candidate { id, candidate }) => {
                    self.touch(id, |session, _| session.add_candidate(candidate));
                }
                Ok(Command::Send { id, text }) => self.touch(id, |session, now| session.send_text(text, now)),
                Ok(Command::Stop(id)) => {
                    if let Some(session) =
                        self.sessions.slot_of(id).and_then(|slot| self.sessions.get_mut(slot))
                    {
                        session.stop(&mut self.events);
                    }
                }
                Ok(Command::Close(id)) => {
                    if let Some(slot) = self.sessions.slot_of(id) {
                        self.remove(slot, None);
                    }
                }
                Ok(Command::Listen(socket)) => self.listen(socket),
                Ok(Command::End) | Err(TryRecvError::Disconnected) => return false,
                Err(TryRecvError::Empty) => return true,
            }
        }
    }

    /// Does something with a session, if it is there, and drains it.
    fn touch(&mut self, id: SessionId, work: impl FnOnce(&mut Session, Instant)) {
        let Some(slot) = self.sessions.slot_of(id) else { return };
        let now = Instant::now();
        if self.sessions.get_mut(slot).is_some_and(|session| session.is_deferred) {
            self.drain(slot, now);
        }
        if let Some(session) = self.sessions.get_mut(slot) {
            work(session, now);
        }
        self.drain(slot, now);
    }

    fn listen(&mut self, socket: UdpSocket) {
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

    fn adopt(&mut self, peer: Peer) {
        let slot = self.sessions.insert(peer);
        self.shared.counters.sessions.fetch_add(1, Relaxed);
        self.drain(slot, Instant::now());
    }

    fn sweep(&mut self, frame: &Arc<Frame>, published: Instant) {
        let began = Instant::now();
        self.shared.counters.worst_lateness.record(began.saturating_duration_since(published));
        let (timestamp, first) = (frame.timestamp, self.recent_frames.push(Arc::clone(frame)));
        self.deferred.clear();
        let mut served = 0;
        // By slot and not by iterator: sessions may end while reports are taken in.
        for slot in self.sessions.slots() {
            let Some(session) = self.sessions.get_mut(slot) else { continue };
            let now = Instant::now();
            let is_written = session.write_frame(frame, first, now, &mut self.events);
            if session.is_deferred {
                self.drain(slot, now);
            } else {
                if is_written {
                    session.flush(&Outbox::new(&self.sockets, &self.shared, &self.recent_frames), now);
                }
                self.remove_if_over(slot);
            }
            served += 1;
            if served % SWEEP_GROUP == 0 {
                self.take_turn();
            }
        }
        if served > 0 {
            self.events.push(Event::Written { timestamp, at: Instant::now() });
        }
        // When the next frame is queued already, this is the only turn that reports and timers of many sessions get. Few
        // are through before it matters, and their turn comes after the commands.
        if served >= SWEEP_GROUP {
            self.take_turn();
            self.expire();
        }
        let counters = &self.shared.counters;
        counters.sweep_nanos.fetch_add(began.elapsed().as_nanos() as u64, Relaxed);
        counters.sweeps.fetch_add(1, Relaxed);
    }

    /// Takes in what has come, in the middle of a sweep.
    fn take_turn(&mut self) {
        self.poll_sockets();
        self.receive();
        self.deliver();
    }

    /// Marks the sockets that have something, without waiting; a wake-up that comes along means commands, which are run
    /// after the sweep anyway.
    fn poll_sockets(&mut self) {
        let mut ready = Events::with_capacity(16);
        if self.poll.poll(&mut ready, Some(Duration::ZERO)).is_ok() {
            for event in ready.iter().filter(|event| event.token() != WAKE) {
                self.sockets.mark_readable(event.token());
            }
        }
    }

    fn receive(&mut self) {
        let Self { sockets, sessions, touched, deferred, events, shared, .. } = self;
        let counters = &shared.counters;
        // Of many, each drain in a sweep would delay the frames of those behind; between two frames is time for them.
        let are_few = sessions.len() < SWEEP_GROUP;
        sockets.receive(|datagram| {
            counters.datagrams_received.fetch_add(1, Relaxed);
            counters.worst_lateness.record(datagram.waited);
            let slot = sessions.find(&datagram);
            let Some((slot, session)) = slot.and_then(|slot| Some((slot, sessions.get_mut(slot)?))) else {
                counters.unknown_datagrams.fetch_add(1, Relaxed);
                return;
            };
            let may_wait = session.receive(&datagram, events) == DrainDue::WithNextFrame && are_few;
            if may_wait && !std::mem::replace(&mut session.is_deferred, true) {
                deferred.push(slot, datagram.at);
            }
            if !may_wait && !std::mem::replace(&mut session.touched, true) {
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
        while let Some((slot, deadline)) = self.timers.expired(now) {
            self.shared.counters.worst_lateness.record(now.saturating_duration_since(deadline));
            if let Some(session) = self.sessions.get_mut(slot) {
                session.advance(now);
                self.drain(slot, now);
            }
        }
        for slot in self.deferred.take_due(now) {
            if self.sessions.get_mut(slot).is_some_and(|session| session.is_deferred) {
                self.drain(slot, now);
            }
        }
    }

    fn drain(&mut self, slot: usize, now: Instant) {
        let Some(session) = self.sessions.get_mut(slot) else { return };
        let outbox = Outbox::new(&self.sockets, &self.shared, &self.recent_frames);
        if let Some(deadline) = session.drain(now, &outbox, &mut self.events) {
            self.timers.set(slot, deadline, now);
        }
        self.sessions.note_checks(slot, now);
        self.remove_if_over(slot);
    }

    fn remove_if_over(&mut self, slot: usize) {
        if let Some(reason) = self.sessions.get_mut(slot).and_then(|session| session.closed()) {
            self.remove(slot, Some(reason));
        }
    }

    /// Ends a session, if the slot has one: for a reason of its own, or because others asked for it.
    fn remove(&mut self, slot: usize, reason: Option<CloseReason>) {
        let Some(session) = self.sessions.remove(slot) else { return };
        self.timers.clear(slot);
        let (id, counters) = (session.id(), &self.shared.counters);
        let outbox = Outbox::new(&self.sockets, &self.shared, &self.recent_frames);
        let closed = session.close(&outbox, &mut self.events);
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
