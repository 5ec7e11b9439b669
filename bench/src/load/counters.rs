//! What all sessions have come to, written by tasks and threads and read at the end.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde::Serialize;

use crate::statistics::{self, Summary};

/// Failures of which the text is kept: they tend to be alike.
const FAILURES: usize = 8;

/// Counts, and a few words on failures.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    joined: AtomicU64,
    pub(crate) answered: AtomicU64,
    pub(crate) incomplete: AtomicU64,
    pub(crate) unsent: AtomicU64,
    failed: AtomicU64,
    joins: Mutex<Vec<Duration>>,
    failures: Mutex<Vec<String>>,
}

/// Frames, over all sessions.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FrameCounts {
    /// Complete, and reported at once.
    pub(crate) answered: u64,
    /// With a packet missing: not reported.
    pub(crate) incomplete: u64,
    /// Datagrams that the system did not take.
    pub(crate) unsent_datagrams: u64,
}

impl Counters {
    /// A session reported its first frame, so long after it dialled.
    pub(crate) fn joined(&self, after: Duration) {
        self.joins.lock().unwrap_or_else(PoisonError::into_inner).push(after);
        self.joined.fetch_add(1, Relaxed);
    }

    /// A session did not come about, or ended by itself.
    pub(crate) fn failed(&self, why: String) {
        self.failed.fetch_add(1, Relaxed);
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        if failures.len() < FAILURES {
            failures.push(why);
        }
    }

    /// Sessions that have reported a frame.
    pub(crate) fn up(&self) -> u64 {
        self.joined.load(Relaxed)
    }

    /// Sessions that never worked, or do no more.
    pub(crate) fn down(&self) -> u64 {
        self.failed.load(Relaxed)
    }

    pub(crate) fn frames(&self) -> FrameCounts {
        FrameCounts {
            answered: self.answered.load(Relaxed),
            incomplete: self.incomplete.load(Relaxed),
            unsent_datagrams: self.unsent.load(Relaxed),
        }
    }

    /// From dialling to the first report, in milliseconds.
    pub(crate) fn join_milliseconds(&self) -> Option<Summary> {
        let joins = self.joins.lock().unwrap_or_else(PoisonError::into_inner);
        statistics::summary(joins.iter().map(|join| join.as_secs_f64() * 1e3).collect())
    }

    /// The first few.
    pub(crate) fn failures(&self) -> Vec<String> {
        self.failures.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
