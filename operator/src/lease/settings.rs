//! Which lease is contended for, and how long everything takes.

use std::time::Duration;

/// Which lease, and for whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The namespace of the lease: the operator's own.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Who contends for it. No two processes have the same, not even one after the other.
    pub identity: String,
    /// What the identities of its predecessors begin with, which have ended for certain: a container is restarted when its process
    /// is gone, and the pod is the same.
    pub predecessors: Option<String>,
    /// How long everything takes.
    pub timing: Timing,
}

/// How long everything takes. The defaults are those above.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timing {
    /// How long others shall wait for a change. Stored in whole seconds.
    pub duration: Duration,
    /// The time from one renewal to the next.
    pub renew_every: Duration,
    /// How long after the last successful renewal the lease counts as lost. Less than `duration`.
    pub give_up_after: Duration,
    /// The pause after a failure, and between readings of a lease that another one holds.
    pub retry_every: Duration,
    /// How long one request may take.
    pub request_timeout: Duration,
}

impl Timing {
    /// What others wait for by default.
    pub const DURATION: Duration = Duration::from_secs(15);

    /// The timing of a lease that others take after `duration`: all parts in the same proportion.
    pub fn of(duration: Duration) -> Self {
        Self {
            duration,
            renew_every: duration / 3,
            give_up_after: duration * 2 / 3,
            retry_every: duration / 15,
            request_timeout: duration / 5,
        }
    }
}

impl Default for Timing {
    fn default() -> Self {
        Self::of(Self::DURATION)
    }
}
