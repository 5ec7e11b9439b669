//! What is counted of the lease.

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

/// Upper ends of the buckets of answers, in seconds.
const ANSWERS: [f64; 8] = [0.005, 0.025, 0.1, 0.25, 1.0, 5.0, 15.0, 30.0];

/// Whether the lease is held, how its requests went, and what is done by its leave.
#[derive(Debug, Clone)]
pub struct Metrics {
    held: Gauge,
    requests: Family<[(&'static str, &'static str); 1], Counter>,
    /// How long the API server takes to answer whoever holds it.
    pub(super) answers: Histogram,
}

impl Default for Metrics {
    fn default() -> Self {
        Self { held: Gauge::default(), requests: Family::default(), answers: Histogram::new(ANSWERS) }
    }
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
        let help =
            "The time that requests of the replica that leads took, those repeated by its client as one";
        registry.register("api_request_duration_seconds", help, metrics.answers.clone());
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
