//! Posts what a process has to report to the operator: one task, which sends a snapshot when one is due and minds the
//! answer.
//!
//! ```text
//! news, time -> schedule (pure): when --> source: a snapshot --> poster: HTTP --> answer (pure): what it means
//!                  ^------------------------------------------------------------------------------'
//! ```
//! Whoever is reported on never waits: news are a flag that is raised, and nothing is queued, because a snapshot is made
//! when it is sent and holds all that happened before.

mod answer;
mod counts;
mod poster;
mod schedule;
mod standing;
mod task;
mod url;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::{CancellationToken, DropGuard};

pub use counts::PostCounters;
pub use schedule::Pace;
pub use standing::SourceState;
pub use url::{InvalidUrl, Url};

/// How long the end of a process waits for its last post.
pub const LAST_POST_LIMIT: Duration = Duration::from_secs(2);

/// What is reported. Asked on the task's thread, so it must be quick.
pub trait Source: Send + Sync + 'static {
    /// What decides whether a post is due.
    fn state(&self) -> SourceState;

    /// The post with this number, as JSON: all that there is to say now.
    fn post(&self, sequence: u64) -> Vec<u8>;
}

/// Where posts go, and on whose behalf.
#[derive(Debug, Clone)]
pub struct Target {
    /// The operator's endpoint.
    pub url: Url,
    /// The file with the token. It is read for every post: Kubernetes replaces it long before it expires.
    pub token_file: PathBuf,
}

/// The running task. Dropping it makes it end by itself, with its last post.
#[derive(Debug)]
pub struct Sender {
    counts: PostCounters,
    stop: DropGuard,
    task: JoinHandle<()>,
}

impl Sender {
    /// Starts the task; needs a Tokio runtime. `news` is whatever may have changed the source's standing.
    pub fn start(target: Target, pace: Pace, source: Arc<dyn Source>, news: watch::Receiver<()>) -> Self {
        let (counts, stop) = (PostCounters::default(), CancellationToken::new());
        let task = task::Task::new(target, pace, source, counts.clone());
        let task = tokio::spawn(task.run(news, stop.clone()));
        Self { counts, stop: stop.drop_guard(), task }
    }

    /// The posts so far, by what became of them.
    pub fn counts(&self) -> PostCounters {
        self.counts.clone()
    }

    /// Sends a last post and ends, after at most [`LAST_POST_LIMIT`].
    pub async fn finish(self) {
        drop(self.stop);
        // Reports that cannot be sent are no reason to fail, not even when the task panicked.
        let _ = self.task.await;
    }
}
