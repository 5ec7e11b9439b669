//! A shard as others see it: commands go in, counters can be read. The work is in [`super::driver`].

use std::net::UdpSocket;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use mio::{Poll, Waker};

use super::driver::{Driver, WAKE};
use super::peer::Peer;
use super::sockets;
use super::stats::{Counters, Stats};
use super::{EventSink, FanoutError, Frame, SessionId};

/// Commands that may wait: a burst of joins between two frames, and the frames themselves.
const QUEUE: usize = 1024;

pub(super) enum Command {
    Listen(UdpSocket),
    Adopt(Box<Peer>),
    Frame(Arc<Frame>),
    Send { id: SessionId, text: String },
    Stop(SessionId),
    Close(SessionId),
    End,
}

/// What others may see of a shard.
#[derive(Debug, Default)]
pub(super) struct Shared {
    pub(super) counters: Counters,
    /// Local ports, to find drops by.
    pub(super) ports: Mutex<Vec<u16>>,
    frames_published: AtomicU64,
    placed: AtomicU64,
}

/// Sends commands to a shard.
#[derive(Clone)]
pub(super) struct ShardHandle {
    commands: SyncSender<Command>,
    waker: Arc<Waker>,
    shared: Arc<Shared>,
}

impl ShardHandle {
    pub(super) fn send(&self, command: Command) -> Result<(), FanoutError> {
        self.commands.send(command).map_err(|_| FanoutError::ShuttingDown)?;
        self.waker.wake().map_err(|_| FanoutError::ShuttingDown)
    }

    /// Sessions placed here.
    pub(super) fn load(&self) -> u64 {
        self.shared.placed.load(Relaxed)
    }

    pub(super) fn joined(&self) {
        self.shared.placed.fetch_add(1, Relaxed);
    }

    pub(super) fn left(&self) {
        self.shared.placed.fetch_sub(1, Relaxed);
    }
}

/// The thread's owner.
pub(super) struct Shard {
    handle: ShardHandle,
    thread: Option<JoinHandle<()>>,
}

impl Shard {
    pub(super) fn start(number: usize, sink: EventSink) -> std::io::Result<Self> {
        let poll = Poll::new()?;
        let waker = Arc::new(Waker::new(poll.registry(), WAKE)?);
        let (commands, queue) = sync_channel(QUEUE);
        let shared = Arc::new(Shared::default());
        let driver = Driver::new(poll, queue, sink, Arc::clone(&shared))?;
        let thread =
            std::thread::Builder::new().name(format!("shard-{number}")).spawn(move || driver.run())?;
        Ok(Self { handle: ShardHandle { commands, waker, shared }, thread: Some(thread) })
    }

    pub(super) fn handle(&self) -> ShardHandle {
        self.handle.clone()
    }

    pub(super) fn publish(&self, frame: Arc<Frame>) {
        self.handle.shared.frames_published.fetch_add(1, Relaxed);
        // Fails only when the thread is gone, which `is_running` tells.
        let _ = self.handle.send(Command::Frame(frame));
    }

    pub(super) fn backlog(&self) -> u64 {
        let shared = &self.handle.shared;
        let swept = shared.counters.sweeps.load(Relaxed);
        shared.frames_published.load(Relaxed).saturating_sub(swept)
    }

    pub(super) fn is_running(&self) -> bool {
        self.thread.as_ref().is_some_and(|thread| !thread.is_finished())
    }

    pub(super) fn stats(&self) -> Stats {
        let shared = &self.handle.shared;
        let ports = shared.ports.lock().map(|ports| ports.clone()).unwrap_or_default();
        shared.counters.read(sockets::receive_drops(&ports))
    }
}

impl Drop for Shard {
    fn drop(&mut self) {
        let _ = self.handle.send(Command::End);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
