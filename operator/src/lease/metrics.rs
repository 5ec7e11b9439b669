//! What is counted of the lease.

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

/// Whether the lease is held, and how its requests went.
#[derive(Debug, Clone, Default)]
pub struct Metrics {
    held: Gauge,
    requests: Family<[(&'static str, &'static str); 1], Counter>,
}

/// How a request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// The lease was read.
    Read,
    /// It was created, renewed, taken or released.
    Written,
    /// Somebody else had changed it.
    Refused,
    /// No answer in time, or an error.
    Failed,
}

impl Metrics {
    /// Makes them known to `registry`.
    pub fn register(registry: &mut Registry) -> Self {
        let metrics = Self::default();
        registry.register("lease_held", "1 while this operator is the one that writes", metrics.held.clone());
        let help = "Requests that concern the lease, by outcome";
        registry.register("lease_requests", help, metrics.requests.clone());
        metrics
    }

    pub(super) fn set_held(&self, held: bool) {
        self.held.set(held.into());
    }

    pub(super) fn count(&self, outcome: Outcome) {
        let outcome = match outcome {
            Outcome::Read => "read",
            Outcome::Written => "written",
            Outcome::Refused => "refused",
            Outcome::Failed => "failed",
        };
        self.requests.get_or_create(&[("outcome", outcome)]).inc();
    }
}
