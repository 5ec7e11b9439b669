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
    keys: Gauge,
    key_fetches: Family<Outcome, Counter>,
    connections: Family<Outcome, Counter>,
    reviews: Family<Outcome, Counter>,
    look_ups: Family<Outcome, Counter>,
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

/// What became of asking the API server for its keys.
#[derive(Debug, Clone, Copy)]
pub(super) enum FetchOutcome {
    Fetched,
    Failed,
}

/// What was found out live about a pod from which the watches lead to no session.
#[derive(Debug, Clone, Copy)]
pub(super) enum LookUpOutcome {
    /// It is gone.
    Gone,
    /// It is of no session.
    Foreign,
    /// It is of a session, or that cannot be said now.
    Pending,
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
            "token_keys",
            "Keys of the API server by which tokens of reports are verified; without any it is asked to review tokens",
            metrics.keys.clone(),
        );
        registry.register(
            "report_connections_failed",
            "Connections that brought no report, by outcome",
            metrics.connections.clone(),
        );
        registry.register(
            "token_key_fetches",
            "Requests for the API server's keys, by outcome",
            metrics.key_fetches.clone(),
        );
        registry.register(
            "token_reviews",
            "TokenReviews requested from the API server, by outcome",
            metrics.reviews.clone(),
        );
        registry.register(
            "pod_look_ups",
            "Pods that reported and are of no session by what is watched, looked up live, by outcome",
            metrics.look_ups.clone(),
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

    /// How many keys there are to verify with.
    pub(super) fn keys(&self, keys: usize) {
        self.keys.set(i64::try_from(keys).unwrap_or(i64::MAX));
    }

    pub(super) fn key_fetch(&self, outcome: FetchOutcome) {
        let outcome = match outcome {
            FetchOutcome::Fetched => "fetched",
            FetchOutcome::Failed => "failed",
        };
        self.key_fetches.get_or_create(&Outcome { outcome }).inc();
    }

    pub(super) fn look_up(&self, outcome: LookUpOutcome) {
        let outcome = match outcome {
            LookUpOutcome::Gone => "gone",
            LookUpOutcome::Foreign => "foreign",
            LookUpOutcome::Pending => "pending",
        };
        self.look_ups.get_or_create(&Outcome { outcome }).inc();
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
        metrics.keys(2);
        metrics.key_fetch(FetchOutcome::Fetched);
        metrics.look_up(LookUpOutcome::Foreign);
        metrics.connection(ConnectionEnd::Displaced);
        metrics.review(ReviewOutcome::Refused);
        metrics.status_write(WriteOutcome::Suppressed);
        metrics.sessions([1, 2, 3]);
        metrics.overdue(Duration::from_millis(7_900));
        let mut text = String::new();
        encode(&mut text, &registry).unwrap();
        for line in [
            "ballsession_operator_reports_accepted_total{role=\"server\"} 1",
            "ballsession_operator_reports_rejected_total{reason=\"forbidden\"} 1",
            "ballsession_operator_token_keys 2",
            "ballsession_operator_token_key_fetches_total{outcome=\"fetched\"} 1",
            "ballsession_operator_pod_look_ups_total{outcome=\"foreign\"} 1",
            "ballsession_operator_report_connections_failed_total{outcome=\"displaced\"} 1",
            "ballsession_operator_token_reviews_total{outcome=\"refused\"} 1",
            "ballsession_operator_report_status_writes_total{outcome=\"suppressed\"} 1",
            "ballsession_operator_report_write_overdue_seconds 7",
            "ballsession_operator_sessions_by_objectives{met=\"false\"} 2",
        ] {
            assert!(text.lines().any(|found| found == line), "{line} in\n{text}");
        }
    }
}
