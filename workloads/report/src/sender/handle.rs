//! The handle of the running task.

use std::sync::Arc;
use std::time::Instant;

use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::counters::PostCounters;
use super::pace::Pace;
use super::source::Source;
use super::target::Target;
use super::task::Task;
use super::untaken::Untaken;

/// The running task. Dropping it makes it end by itself, with its last post.
#[derive(Debug)]
pub struct Sender {
    counters: PostCounters,
    untaken: Untaken,
    stop: DropGuard,
    task: JoinHandle<()>,
}

impl Sender {
    /// Starts the task; needs a Tokio runtime. `changes` is raised when the source's state may have changed.
    pub fn start(target: Target, pace: Pace, source: Arc<dyn Source>, changes: watch::Receiver<()>) -> Self {
        let (counters, stop) = (PostCounters::default(), CancellationToken::new());
        let untaken = Untaken::starting(Instant::now());
        let task = Task::new(target, pace, source, counters.clone(), untaken.clone());
        let task = tokio::spawn(task.run(changes, stop.clone()));
        Self { counters, untaken, stop: stop.drop_guard(), task }
    }

    /// The posts so far, by what became of them.
    pub fn counters(&self) -> PostCounters {
        self.counters.clone()
    }

    /// Since when no post was taken.
    pub fn untaken(&self) -> Untaken {
        self.untaken.clone()
    }

    /// Sends a last post and ends, after at most [`LAST_POST_LIMIT`](super::LAST_POST_LIMIT).
    pub async fn finish(self) {
        drop(self.stop);
        // Reports that cannot be sent are no reason to fail, not even when the task panicked.
        let _ = self.task.await;
    }
}
