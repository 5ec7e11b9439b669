//! What makes a client stop by itself.

use std::future::pending;
use std::time::{Duration, Instant};

use process::Stop;
use report::sender::Untaken;
use tokio::sync::watch;

use crate::counters::Counters;
use crate::unheard::unheard;

/// Why the client stops by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reason {
    /// It was asked to.
    Signal(Stop),
    /// It has measured for as long as it was to.
    DurationOver,
    /// It gave up waiting for media.
    NoMedia,
    /// It has no media, and nobody takes its posts.
    Unheard,
}

/// How long the client goes on.
pub(crate) struct Limits {
    /// Since when it runs.
    pub(crate) started: Instant,
    /// It ends so long after its first decoded frame.
    pub(crate) duration: Option<Duration>,
    /// It ends so long after its last one.
    pub(crate) give_up_after: Option<Duration>,
    /// Where it posts: since when none was taken.
    pub(crate) posts: Option<Untaken>,
}

/// Waits for whatever makes the client stop.
pub(crate) async fn reason(
    mut signals: watch::Receiver<Option<Stop>>,
    counters: &Counters,
    limits: Limits,
) -> Reason {
    let Limits { started, duration, give_up_after, posts } = limits;
    let signal = async {
        match signals.wait_for(Option::is_some).await.map(|stop| *stop) {
            Ok(Some(stop)) => stop,
            // The watcher lives as long as the process.
            _ => pending().await,
        }
    };
    let over = async {
        let Some(duration) = duration else { return pending().await };
        let mut first_decoded = counters.first_decoded();
        let first = first_decoded.wait_for(Option::is_some).await.map(|first| *first);
        match first {
            Ok(Some(first)) => tokio::time::sleep_until((first + duration).into()).await,
            _ => pending().await,
        }
    };
    let gave_up = async {
        let Some(give_up_after) = give_up_after else { return pending().await };
        loop {
            let deadline = counters.last_decoded().unwrap_or(started) + give_up_after;
            if Instant::now() >= deadline {
                return;
            }
            tokio::time::sleep_until(deadline.into()).await;
        }
    };
    let unheard = async {
        match &posts {
            Some(posts) => unheard(started, counters, posts).await,
            None => pending().await,
        }
    };
    tokio::select! {
        stop = signal => Reason::Signal(stop),
        () = over => Reason::DurationOver,
        () = gave_up => Reason::NoMedia,
        () = unheard => Reason::Unheard,
    }
}
