//! A thread that drives sessions, each on a socket of its own as real clients have it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use mio::net::UdpSocket;
use mio::{Events, Interest, Poll, Token, Waker};

use super::counters::Counters;
use super::peer::Peer;

const WAKE: Token = Token(usize::MAX);
/// Sessions that may wait to be driven.
const QUEUE: usize = 256;
/// Timers are checked this often; none needs more.
const TICK: Duration = Duration::from_millis(5);
/// Larger than any datagram of the server's.
const DATAGRAM_BYTES: usize = 2048;

enum Command {
    Adopt(Box<Peer>, std::net::UdpSocket),
    End,
}

struct Session {
    peer: Peer,
    socket: UdpSocket,
    local: SocketAddr,
    deadline: Instant,
}

/// The thread's owner. Dropping it ends its sessions and waits for that.
pub(crate) struct Driver {
    handle: Handle,
    thread: Option<JoinHandle<()>>,
}

/// Hands sessions over.
#[derive(Clone)]
pub(crate) struct Handle {
    commands: SyncSender<Command>,
    waker: Arc<Waker>,
}

impl Driver {
    pub(crate) fn start(number: u32, counters: Arc<Counters>) -> std::io::Result<Self> {
        let poll = Poll::new()?;
        let waker = Arc::new(Waker::new(poll.registry(), WAKE)?);
        let (commands, queue) = sync_channel(QUEUE);
        let state = State { poll, queue, counters, sessions: Vec::new() };
        let thread = std::thread::Builder::new().name(format!("driver-{number}")).spawn(|| state.run())?;
        Ok(Self { handle: Handle { commands, waker }, thread: Some(thread) })
    }

    pub(crate) fn handle(&self) -> Handle {
        self.handle.clone()
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        self.handle.send(Command::End);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Handle {
    /// From here on the session runs by itself. `socket` is bound and does not block.
    pub(crate) fn adopt(&self, peer: Peer, socket: std::net::UdpSocket) {
        self.send(Command::Adopt(Box::new(peer), socket));
    }

    fn send(&self, command: Command) {
        // Both fail only where the thread is gone, and then nothing is left to be done.
        if self.commands.send(command).is_ok() {
            let _ = self.waker.wake();
        }
    }
}

struct State {
    poll: Poll,
    queue: Receiver<Command>,
    counters: Arc<Counters>,
    sessions: Vec<Session>,
}

impl State {
    fn run(mut self) {
        let mut ready = Events::with_capacity(256);
        let mut next_tick = Instant::now();
        while self.run_commands() {
            let wait = next_tick.saturating_duration_since(Instant::now());
            match self.poll.poll(&mut ready, Some(wait)) {
                Ok(()) => {}
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => {
                    self.counters.failed(format!("a thread cannot wait for its sockets and ends: {error}"));
                    break;
                }
            }
            for event in ready.iter().filter(|event| event.token() != WAKE) {
                self.receive(event.token().0);
            }
            if Instant::now() >= next_tick {
                next_tick = Instant::now() + TICK;
                self.expire();
            }
        }
        for Session { peer, socket, .. } in &mut self.sessions {
            peer.close(socket, &self.counters);
        }
    }

    /// Runs the queued commands; false when it is time to end.
    fn run_commands(&mut self) -> bool {
        loop {
            match self.queue.try_recv() {
                Ok(Command::Adopt(peer, socket)) => {
                    if let Err(error) = self.adopt(*peer, socket) {
                        self.counters.failed(format!("a socket cannot be polled: {error}"));
                    }
                }
                Ok(Command::End) | Err(TryRecvError::Disconnected) => return false,
                Err(TryRecvError::Empty) => return true,
            }
        }
    }

    fn adopt(&mut self, peer: Peer, socket: std::net::UdpSocket) -> std::io::Result<()> {
        let local = socket.local_addr()?;
        let mut socket = UdpSocket::from_std(socket);
        let slot = self.sessions.len();
        self.poll.registry().register(&mut socket, Token(slot), Interest::READABLE)?;
        self.sessions.push(Session { peer, socket, local, deadline: Instant::now() });
        // What came before the socket was polled raises no event.
        self.receive(slot);
        Ok(())
    }

    fn receive(&mut self, slot: usize) {
        let Some(Session { peer, socket, local, deadline }) = self.sessions.get_mut(slot) else { return };
        let mut buffer = [0; DATAGRAM_BYTES];
        loop {
            match socket.recv_from(&mut buffer) {
                Ok((length, from)) => {
                    if let Some(due) = peer.receive(socket, *local, from, &buffer[..length], &self.counters) {
                        *deadline = due;
                    }
                }
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => return,
                // An ICMP error of an earlier datagram ends up here, once.
                Err(_) => {}
            }
        }
    }

    fn expire(&mut self) {
        let now = Instant::now();
        for Session { peer, socket, deadline, .. } in &mut self.sessions {
            if *deadline > now {
                continue;
            }
            *deadline = peer.advance(socket, &self.counters);
            if let Some(why) = peer.take_loss() {
                self.counters.failed(why);
            }
        }
    }
}
