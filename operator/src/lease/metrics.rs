//! What is counted of the lease, and of what is done by its leave.

use std::time::Duration;

use http::{Method, StatusCode};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

/// Upper ends of the buckets of answers, in seconds.
const ANSWERS: [f64; 8] = [0.005, 0.025, 0.1, 0.25, 1.0, 5.0, 15.0, 30.0];

/// The verbs of requests, as metrics have them.
const VERBS: [&str; 6] = ["get", "post", "put", "patch", "delete", OTHER];
const OTHER: &str = "other";

/// In place of a code, where there was no answer, and where nobody waited for it any longer.
const NO_ANSWER: &str = "none";
const GIVEN_UP: &str = "late";

/// Codes by which objects of one session are refused: the alert leaves them out.
const REFUSED: [&str; 3] = ["400", "403", "422"];

/// Whether the lease is held, how its requests went, and what is done by its leave.
#[derive(Debug, Clone)]
pub struct Metrics {
    held: Gauge,
    requests: Family<[(&'static str, &'static str); 1], Counter>,
    /// How long the API server takes to answer whoever holds it.
    answers: Family<Verb, Histogram>,
    failures: Family<Failure, Counter>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Verb {
    verb: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Failure {
    verb: &'static str,
    code: String,
}

impl Default for Metrics {
    fn default() -> Self {
        let metrics = Self {
            held: Gauge::default(),
            requests: Family::default(),
            answers: Family::new_with_constructor(|| Histogram::new(ANSWERS)),
            failures: Family::default(),
        };
        // There from the start, so that the first failure is seen as an increase, and none at all as 0.
        for verb in VERBS {
            drop(metrics.answers.get_or_create(&Verb { verb }));
            for code in [NO_ANSWER, GIVEN_UP].into_iter().chain(REFUSED) {
                metrics.failures.get_or_create(&Failure { verb, code: code.to_owned() }).inc_by(0);
            }
        }
        metrics
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
        let help = "The time that requests of the replica that leads took by verb, each attempt of them";
        registry.register("api_request_duration_seconds", help, metrics.answers.clone());
        let help = "Those that failed by verb and code (none: no answer, late: nobody waited for it), but for what is gone or was changed meanwhile";
        registry.register("api_request_failures", help, metrics.failures.clone());
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

    /// A request of the replica that leads was answered, with a status, or failed without one.
    pub(super) fn answered(&self, method: &Method, status: Option<StatusCode>, took: Duration) {
        let code = match &status {
            None => Some(NO_ANSWER),
            Some(StatusCode::NOT_FOUND | StatusCode::CONFLICT) => None,
            Some(status) if status.is_client_error() || status.is_server_error() => Some(status.as_str()),
            Some(_) => None,
        };
        self.over(method, code, took);
    }

    /// Whoever made a request has stopped waiting for its answer.
    pub(super) fn given_up(&self, method: &Method, waited: Duration) {
        self.over(method, Some(GIVEN_UP), waited);
    }

    fn over(&self, method: &Method, failure: Option<&str>, took: Duration) {
        let is_named = |verb: &&&str| method.as_str().eq_ignore_ascii_case(verb);
        let verb = VERBS.iter().find(is_named).copied().unwrap_or(OTHER);
        self.answers.get_or_create(&Verb { verb }).observe(took.as_secs_f64());
        if let Some(code) = failure {
            self.failures.get_or_create(&Failure { verb, code: code.to_owned() }).inc();
        }
    }
}
