//! A shard's thread: commands go in, counters can be read. The work is in [`super::driver`].

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::mpsc::sync_channel;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use mio::{Poll, Waker};

use super::command::{Command, WAKE};
use super::driver::Driver;
use super::event::EventSink;
use super::frame::Frame;
use super::handle::ShardHandle;
use super::receive_drops::receive_drops;
use super::shared::Shared;
use super::stats::Stats;
use crate::checks::Budget;

/// Commands that may wait: a burst of joins between two frames, and the frames themselves.
const QUEUE: usize = 1024;

/// The thread's owner.
pub(super) struct Shard {
    handle: ShardHandle,
    thread: Option<JoinHandle<()>>,
}

impl Shard {
    /// Its sessions may be asked for the newest `recent_packets` again.
    pub(super) fn start(
        number: usize,
        sink: EventSink,
        check_budget: Arc<Budget>,
        recent_packets: u16,
    ) -> std::io::Result<Self> {
        let poll = Poll::new()?;
        let waker = Arc::new(Waker::new(poll.registry(), WAKE)?);
        let (commands, queue) = sync_channel(QUEUE);
        let shared = Arc::new(Shared::new(check_budget));
        let driver = Driver::new(poll, queue, sink, Arc::clone(&shared), recent_packets)?;
        let thread =
            std::thread::Builder::new().name(format!("shard-{number}")).spawn(move || driver.run())?;
        Ok(Self { handle: ShardHandle::new(commands, waker, shared), thread: Some(thread) })
    }

    pub(super) fn handle(&self) -> ShardHandle {
        self.handle.clone()
    }

    /// Has a frame sent to its sessions. A shard without any sleeps on: to be woken costs as much as to send a packet.
    pub(super) fn publish(&self, frame: Arc<Frame>) {
        let shared = self.handle.shared();
        if shared.counters.sessions.load(Relaxed) == 0 {
            return;
        }
        shared.frames_published.fetch_add(1, Relaxed);
        // Fails only when the thread is gone, which `is_running` shows.
        let _ = self.handle.send(Command::Frame(frame, Instant::now()));
    }

    pub(super) fn backlog(&self) -> u64 {
        let shared = self.handle.shared();
        let swept = shared.counters.sweeps.load(Relaxed);
        shared.frames_published.load(Relaxed).saturating_sub(swept)
    }

    /// The longest that a frame or a timer has waited for its turn since the last call.
    pub(super) fn take_worst_lateness(&self) -> Duration {
        self.handle.shared().counters.worst_lateness.take()
    }

    pub(super) fn is_running(&self) -> bool {
        self.thread.as_ref().is_some_and(|thread| !thread.is_finished())
    }

    pub(super) fn stats(&self) -> Stats {
        let shared = self.handle.shared();
        let ports = shared.ports.lock().map(|ports| ports.clone()).unwrap_or_default();
        shared.counters.read(receive_drops(&ports))
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
