//! What is counted of questions about who may see what.

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;

/// Questions to the API server.
#[derive(Debug, Clone, Default)]
pub struct Metrics {
    reviews: Family<[(&'static str, &'static str); 2], Counter>,
}

/// What a question is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Review {
    Token,
    Right,
}

/// What became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    Accepted,
    Refused,
    /// No answer.
    Failed,
    /// Not asked, as there were too many.
    Limited,
}

impl Metrics {
    /// Makes them known to `registry`.
    pub fn register(registry: &mut Registry) -> Self {
        let metrics = Self::default();
        let help = "Questions to the API server about who asks over HTTP and may do so, by what they are about and outcome";
        registry.register("http_access_reviews", help, metrics.reviews.clone());
        metrics
    }

    pub(super) fn count(&self, review: Review, outcome: Outcome) {
        let review = match review {
            Review::Token => "token",
            Review::Right => "right",
        };
        let outcome = match outcome {
            Outcome::Accepted => "accepted",
            Outcome::Refused => "refused",
            Outcome::Failed => "failed",
            Outcome::Limited => "limited",
        };
        self.reviews.get_or_create(&[("review", review), ("outcome", outcome)]).inc();
    }
}
