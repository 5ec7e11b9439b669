//! The loop that posts, and what it says of it in the log.

use std::future::pending;
use std::sync::Arc;
use std::time::Instant;

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::answer::Answer;
use super::counts::PostCounters;
use super::poster::{Poster, Reply};
use super::schedule::{Pace, Schedule};
use super::standing::SourceState;
use super::{LAST_POST_LIMIT, Source, Target};

/// All that the loop needs.
pub(super) struct Task {
    poster: Poster,
    schedule: Schedule,
    source: Arc<dyn Source>,
    /// How the source stood when it was last looked at.
    standing: SourceState,
    sequence: u64,
    counts: PostCounters,
    log: Log,
}

impl Task {
    pub(super) fn new(target: Target, pace: Pace, source: Arc<dyn Source>, counts: PostCounters) -> Self {
        Self {
            poster: Poster::new(target),
            schedule: Schedule::new(pace),
            // The state it starts in is no news; errors that it has already are.
            standing: SourceState { state: source.state().state, ..SourceState::default() },
            source,
            sequence: 0,
            counts,
            log: Log::default(),
        }
    }

    /// Posts until told to stop, and then a last time.
    pub(super) async fn run(mut self, mut news: watch::Receiver<()>, stop: CancellationToken) {
        loop {
            self.look();
            tokio::select! {
                biased;
                () = stop.cancelled() => break,
                () = until(self.schedule.next()) => tokio::select! {
                    biased;
                    // What is under way says less than the last post will.
                    () = stop.cancelled() => break,
                    () = self.post() => {}
                },
                // When there is nobody left to bring news, time still passes.
                Ok(()) = news.changed() => {}
            }
        }
        self.schedule.end(Instant::now());
        // A process that ends does not wait for long.
        let _ = tokio::time::timeout(LAST_POST_LIMIT, self.post_last()).await;
    }

    /// Looks whether anything changed that is worth a post.
    fn look(&mut self) {
        let (now, standing) = (Instant::now(), self.source.state());
        if standing.is_news(&self.standing) {
            self.schedule.news(now);
        }
        self.schedule.set_active(standing.active, now, fastrand::f64());
        self.standing = standing;
    }

    async fn post(&mut self) {
        self.sequence += 1;
        let reply = self.poster.post(self.source.post(self.sequence)).await;
        self.counts.count(reply.answer);
        self.log.tell(&reply);
        self.schedule.answered(reply.answer, Instant::now(), fastrand::f64());
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

/// Says once what goes on for long.
#[derive(Debug, Default)]
struct Log {
    is_failing: bool,
    was_refused: bool,
}

impl Log {
    fn tell(&mut self, Reply { answer, reason }: &Reply) {
        match answer {
            Answer::Accepted => {
                if std::mem::take(&mut self.is_failing) {
                    tracing::info!("reports get through again");
                }
            }
            Answer::Forbidden => tracing::warn!("no further reports: the operator forbids them: {reason}"),
            Answer::Refused => {
                if !std::mem::replace(&mut self.was_refused, true) {
                    tracing::warn!("a report was refused: {reason}");
                }
            }
            Answer::Unauthorized | Answer::Busy { .. } | Answer::Unreachable | Answer::NoToken => {
                if !std::mem::replace(&mut self.is_failing, true) {
                    tracing::warn!("reports do not get through, trying on: {reason}");
                }
            }
        }
    }
}
