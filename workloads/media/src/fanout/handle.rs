//! The way to a shard's thread.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::mpsc::SyncSender;

use mio::Waker;

use super::command::Command;
use super::error::FanoutError;
use super::shared::Shared;

/// Sends commands to a shard.
#[derive(Clone)]
pub(super) struct ShardHandle {
    commands: SyncSender<Command>,
    waker: Arc<Waker>,
    shared: Arc<Shared>,
}

impl ShardHandle {
    pub(super) fn new(commands: SyncSender<Command>, waker: Arc<Waker>, shared: Arc<Shared>) -> Self {
        Self { commands, waker, shared }
    }

    pub(super) fn shared(&self) -> &Shared {
        &self.shared
    }

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
