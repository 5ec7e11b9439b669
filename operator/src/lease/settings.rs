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
    /// How long everything takes.
    pub timing: Timing,
}

/// How long everything takes. The defaults are those above; tests are in more of a hurry.
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

impl Default for Timing {
    fn default() -> Self {
        Self {
            duration: Duration::from_secs(15),
            renew_every: Duration::from_secs(5),
            give_up_after: Duration::from_secs(10),
            retry_every: Duration::from_secs(1),
            request_timeout: Duration::from_secs(3),
        }
    }
}
