//! The loop that posts.

use std::future::pending;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::counters::PostCounters;
use super::log::Log;
use super::pace::Pace;
use super::poster::Poster;
use super::result::PostResult;
use super::schedule::Schedule;
use super::source::{Source, SourceState};
use super::target::Target;
use super::untaken::Untaken;

/// How long the end of a process waits for its last post.
pub const LAST_POST_LIMIT: Duration = Duration::from_secs(2);

/// All that the loop needs.
pub(super) struct Task {
    poster: Poster,
    schedule: Schedule,
    source: Arc<dyn Source>,
    /// The source's state when it was last polled.
    state: SourceState,
    sequence: u64,
    counters: PostCounters,
    untaken: Untaken,
    log: Log,
}

impl Task {
    pub(super) fn new(
        target: Target,
        pace: Pace,
        source: Arc<dyn Source>,
        counters: PostCounters,
        untaken: Untaken,
    ) -> Self {
        Self {
            poster: Poster::new(target),
            schedule: Schedule::new(pace),
            // The state it starts in is not urgent; errors that it has already are.
            state: SourceState { state: source.state().state, ..SourceState::default() },
            source,
            sequence: 0,
            counters,
            untaken,
            log: Log::default(),
        }
    }

    /// Posts until it is stopped, and then a last time.
    pub(super) async fn run(mut self, mut changes: watch::Receiver<()>, stop: CancellationToken) {
        loop {
            self.poll_state();
            tokio::select! {
                biased;
                () = stop.cancelled() => break,
                () = until(self.schedule.next()) => tokio::select! {
                    biased;
                    // What is under way holds less than the last post will.
                    () = stop.cancelled() => break,
                    () = self.post() => {}
                },
                // When there is nobody left who could raise it, time still passes.
                Ok(()) = changes.changed() => {}
            }
        }
        self.schedule.end(Instant::now());
        // A process that ends does not wait for long.
        let _ = tokio::time::timeout(LAST_POST_LIMIT, self.post_last()).await;
    }

    /// Takes over the source's state, and what its change makes due.
    fn poll_state(&mut self) {
        let (now, state) = (Instant::now(), self.source.state());
        if state.is_urgent_after(&self.state) {
            self.schedule.set_urgent(now);
        }
        self.schedule.set_active(state.active, now, fastrand::f64());
        self.state = state;
    }

    async fn post(&mut self) {
        self.sequence += 1;
        self.untaken.begin(Instant::now());
        let reply = self.poster.post(self.source.post(self.sequence)).await;
        self.counters.count(reply.result);
        self.log.record(&reply);
        self.untaken.end(&reply);
        if reply.result == PostResult::Accepted {
            self.source.answered(&reply.answer);
        }
        self.schedule.posted(reply.result, Instant::now(), fastrand::f64());
    }

    async fn post_last(&mut self) {
        while let Some(at) = self.schedule.next() {
            until(Some(at)).await;
            self.post().await;
        }
    }
}

async fn until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at.into()).await,
        None => pending().await,
    }
}
