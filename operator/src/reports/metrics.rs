//! Counters of what the reports' part of the operator does.

use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

/// The metrics. A clone counts into the same ones.
#[derive(Debug, Clone, Default)]
pub struct Metrics {
    accepted: Family<Role, Counter>,
    rejected: Family<Reason, Counter>,
    connections: Family<Outcome, Counter>,
    cache: Family<Cached, Counter>,
    cache_entries: Gauge,
    reviews: Family<Outcome, Counter>,
    writes: Family<Outcome, Counter>,
    sessions: Family<Objectives, Gauge>,
    overdue: Gauge,
}

/// How a connection ended that brought no report.
#[derive(Debug, Clone, Copy)]
pub(super) enum ConnectionEnd {
    /// No handshake of TLS: somebody who does not trust the operator, or speaks something else.
    NoHandshake,
    /// It had to make way for another one.
    Displaced,
    /// Its source opened too many in a short time.
    TooFast,
    /// Its source had too many whose requests were being answered.
    TooMany,
}

impl ConnectionEnd {
    fn label(self) -> Outcome {
        let outcome = match self {
            Self::NoHandshake => "no_handshake",
            Self::Displaced => "displaced",
            Self::TooFast => "too_fast",
            Self::TooMany => "too_many",
        };
        Outcome { outcome }
    }
}

/// Whether a token was known.
#[derive(Debug, Clone, Copy)]
pub(super) enum CacheAnswer {
    Hit,
    Miss,
    /// Too old, but the API server cannot be asked again now.
    Stale,
}

/// What became of a TokenReview.
#[derive(Debug, Clone, Copy)]
pub(super) enum ReviewOutcome {
    Accepted,
    Refused,
    Failed,
}

/// What became of a write of status.
#[derive(Debug, Clone, Copy)]
pub(super) enum WriteOutcome {
    Written,
    /// Nothing had changed in the end.
    Suppressed,
    /// Somebody else wrote at the same time: to be done again.
    Conflicting,
    Failed,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Role {
    role: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Reason {
    reason: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Cached {
    answer: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Outcome {
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Objectives {
    met: &'static str,
}

impl WriteOutcome {
    fn label(self) -> Outcome {
        let outcome = match self {
            Self::Written => "written",
            Self::Suppressed => "suppressed",
            Self::Conflicting => "conflicting",
            Self::Failed => "failed",
        };
        Outcome { outcome }
    }
}

impl Metrics {
    /// Puts the metrics into `registry`, which has the operator's prefix.
    pub fn register(registry: &mut Registry) -> Self {
        let metrics = Self::default();
        registry.register(
            "reports_accepted",
            "Reports accepted, by the sender's role",
            metrics.accepted.clone(),
        );
        registry.register("reports_rejected", "Reports rejected, by reason", metrics.rejected.clone());
        registry.register(
            "report_connections_failed",
            "Connections that brought no report, by outcome",
            metrics.connections.clone(),
        );
        registry.register(
            "token_cache_lookups",
            "Look-ups in the cache of TokenReviews, by answer",
            metrics.cache.clone(),
        );
        registry.register(
            "token_cache_entries",
            "Tokens in the cache of TokenReviews",
            metrics.cache_entries.clone(),
        );
        registry.register(
            "token_reviews",
            "TokenReviews requested from the API server, by outcome",
            metrics.reviews.clone(),
        );
        registry.register(
            "report_status_writes",
            "Status writes of the reports' fields, by outcome",
            metrics.writes.clone(),
        );
        registry.register(
            "sessions_by_objectives",
            "Sessions by the status of their condition ObjectivesMet",
            metrics.sessions.clone(),
        );
        registry.register(
            "report_write_overdue_seconds",
            "For how long the status write has been due that has been so for longest",
            metrics.overdue.clone(),
        );
        metrics
    }

    pub(super) fn accepted(&self, role: &'static str) {
        self.accepted.get_or_create(&Role { role }).inc();
    }

    pub(super) fn rejected(&self, reason: &'static str) {
        self.rejected.get_or_create(&Reason { reason }).inc();
    }

    pub(super) fn connection(&self, end: ConnectionEnd) {
        self.connections.get_or_create(&end.label()).inc();
    }

    pub(super) fn cache(&self, answer: CacheAnswer) {
        let answer = match answer {
            CacheAnswer::Hit => "hit",
            CacheAnswer::Miss => "miss",
            CacheAnswer::Stale => "stale",
        };
        self.cache.get_or_create(&Cached { answer }).inc();
    }

    pub(super) fn cache_entries(&self, entries: usize) {
        self.cache_entries.set(i64::try_from(entries).unwrap_or(i64::MAX));
    }

    pub(super) fn review(&self, outcome: ReviewOutcome) {
        let outcome = match outcome {
            ReviewOutcome::Accepted => "accepted",
            ReviewOutcome::Refused => "refused",
            ReviewOutcome::Failed => "failed",
        };
        self.reviews.get_or_create(&Outcome { outcome }).inc();
    }

    pub(super) fn status_write(&self, outcome: WriteOutcome) {
        self.writes.get_or_create(&outcome.label()).inc();
    }

    /// For how long a write has been due at most.
    pub(super) fn overdue(&self, time: Duration) {
        self.overdue.set(i64::try_from(time.as_secs()).unwrap_or(i64::MAX));
    }

    /// How many sessions there are with each status of ObjectivesMet: True, False, Unknown.
    pub(super) fn sessions(&self, [met, unmet, unknown]: [usize; 3]) {
        for (label, count) in [("true", met), ("false", unmet), ("unknown", unknown)] {
            let count = i64::try_from(count).unwrap_or(i64::MAX);
            self.sessions.get_or_create(&Objectives { met: label }).set(count);
        }
    }
}

#[cfg(test)]
impl Metrics {
    /// What was counted of a kind of write.
    pub(super) fn writes(&self, outcome: WriteOutcome) -> u64 {
        self.writes.get_or_create(&outcome.label()).get()
    }
}

#[cfg(test)]
mod tests {
    use prometheus_client::encoding::text::encode;

    use super::*;

    #[test]
    fn the_text_names_what_happened() {
        let mut registry = Registry::with_prefix("ballsession_operator");
        let metrics = Metrics::register(&mut registry);
        metrics.accepted("server");
        metrics.rejected("forbidden");
        metrics.connection(ConnectionEnd::Displaced);
        metrics.cache(CacheAnswer::Hit);
        metrics.cache_entries(7);
        metrics.review(ReviewOutcome::Refused);
        metrics.status_write(WriteOutcome::Suppressed);
        metrics.sessions([1, 2, 3]);
        metrics.overdue(Duration::from_millis(7_900));
        let mut text = String::new();
        encode(&mut text, &registry).unwrap();
        for line in [
            "ballsession_operator_reports_accepted_total{role=\"server\"} 1",
            "ballsession_operator_reports_rejected_total{reason=\"forbidden\"} 1",
            "ballsession_operator_report_connections_failed_total{outcome=\"displaced\"} 1",
            "ballsession_operator_token_cache_lookups_total{answer=\"hit\"} 1",
            "ballsession_operator_token_cache_entries 7",
            "ballsession_operator_token_reviews_total{outcome=\"refused\"} 1",
            "ballsession_operator_report_status_writes_total{outcome=\"suppressed\"} 1",
            "ballsession_operator_report_write_overdue_seconds 7",
            "ballsession_operator_sessions_by_objectives{met=\"false\"} 2",
        ] {
            assert!(text.lines().any(|found| found == line), "{line} in\n{text}");
        }
    }
}
