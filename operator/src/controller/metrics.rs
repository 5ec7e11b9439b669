//! What the controller counts.

use std::time::Duration;

use jiff::Timestamp;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

/// Upper ends of the buckets of durations, in seconds: from one that only read to one that ran into its limit.
const DURATIONS: [f64; 9] = [0.001, 0.005, 0.025, 0.1, 0.25, 1.0, 5.0, 15.0, 30.0];

/// The values of the label of reconciles.
const SUCCESS: &str = "success";
const ERROR: &str = "error";

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Result {
    result: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Class {
    class: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Kind {
    kind: String,
}

/// What became of a status that was computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StatusWrite {
    /// It was written.
    Done,
    /// It is what is stored.
    Suppressed,
    /// Another one wrote meanwhile: it is computed anew.
    Conflicting,
    /// It could not be written.
    Failed,
}

/// What the controller counts. Clones count together.
#[derive(Debug, Clone)]
pub struct Metrics {
    reconciles: Family<Result, Counter>,
    last_reconciles: Family<Result, Gauge>,
    errors: Family<Class, Counter>,
    durations: Histogram,
    child_writes: Family<Kind, Counter>,
    status_writes: Family<Result, Counter>,
    events: Family<Result, Counter>,
}

impl Metrics {
    /// Has everything shown by `registry`, under names that begin with `controller`.
    pub fn register(registry: &mut Registry) -> Self {
        let metrics = Self {
            reconciles: Family::default(),
            last_reconciles: Family::default(),
            errors: Family::default(),
            durations: Histogram::new(DURATIONS),
            child_writes: Family::default(),
            status_writes: Family::default(),
            events: Family::default(),
        };
        // There from the start, so that the first of its kind is seen as an increase, and none at all as 0.
        for result in [SUCCESS, ERROR] {
            metrics.reconciles.get_or_create(&Result { result }).inc_by(0);
            metrics.last_reconciles.get_or_create(&Result { result }).set(0);
        }
        let registry = registry.sub_registry_with_prefix("controller");
        registry.register("reconciles", "Reconciles, by result", metrics.reconciles.clone());
        registry.register(
            "last_reconcile_timestamp_seconds",
            "When a reconcile ended last, by result; 0 before",
            metrics.last_reconciles.clone(),
        );
        registry.register("errors", "Reconciles that failed, by class", metrics.errors.clone());
        registry.register(
            "reconcile_duration_seconds",
            "The time that a reconcile took",
            metrics.durations.clone(),
        );
        registry.register(
            "child_writes",
            "Children written or deleted, by kind",
            metrics.child_writes.clone(),
        );
        registry.register(
            "status_writes",
            "Statuses computed: written (done), as stored (suppressed), outdated (conflict) or not written (failed)",
            metrics.status_writes.clone(),
        );
        registry.register("events", "Events published, failed to be, or dropped", metrics.events.clone());
        metrics
    }

    /// A reconcile ended at `at`; `failure` is the class of what went wrong.
    pub(super) fn reconciled(&self, failure: Option<&'static str>, took: Duration, at: Timestamp) {
        let result = Result { result: if failure.is_none() { SUCCESS } else { ERROR } };
        self.reconciles.get_or_create(&result).inc();
        self.last_reconciles.get_or_create(&result).set(at.as_second());
        if let Some(class) = failure {
            self.errors.get_or_create(&Class { class }).inc();
        }
        self.durations.observe(took.as_secs_f64());
    }

    pub(super) fn child_written(&self, kind: &str) {
        self.child_writes.get_or_create(&Kind { kind: kind.to_owned() }).inc();
    }

    pub(super) fn status(&self, write: StatusWrite) {
        let result = match write {
            StatusWrite::Done => "done",
            StatusWrite::Suppressed => "suppressed",
            StatusWrite::Conflicting => "conflict",
            StatusWrite::Failed => "failed",
        };
        self.status_writes.get_or_create(&Result { result }).inc();
    }

    pub(super) fn event(&self, result: &'static str) {
        self.events.get_or_create(&Result { result }).inc();
    }
}

#[cfg(test)]
mod tests {
    use prometheus_client::encoding::text::encode;

    use super::*;

    #[test]
    fn names_and_labels_are_an_interface() {
        let mut registry = Registry::with_prefix("ballsession_operator");
        let metrics = Metrics::register(&mut registry);
        let shown = || {
            let mut text = String::new();
            encode(&mut text, &registry).unwrap();
            text
        };
        let before = shown();
        for line in [
            "ballsession_operator_controller_reconciles_total{result=\"error\"} 0",
            "ballsession_operator_controller_last_reconcile_timestamp_seconds{result=\"success\"} 0",
        ] {
            assert!(before.lines().any(|found| found == line), "{line} in\n{before}");
        }
        let at = |second| Timestamp::from_second(second).unwrap();
        metrics.reconciled(None, Duration::from_millis(3), at(1_800_000_000));
        metrics.reconciled(Some("TimedOut"), Duration::from_secs(30), at(1_800_000_031));
        metrics.child_written("Job");
        metrics.status(StatusWrite::Suppressed);
        metrics.event("published");
        let text = shown();
        for line in [
            "ballsession_operator_controller_reconciles_total{result=\"success\"} 1",
            "ballsession_operator_controller_last_reconcile_timestamp_seconds{result=\"success\"} 1800000000",
            "ballsession_operator_controller_last_reconcile_timestamp_seconds{result=\"error\"} 1800000031",
            "ballsession_operator_controller_errors_total{class=\"TimedOut\"} 1",
            "ballsession_operator_controller_reconcile_duration_seconds_bucket{le=\"0.005\"} 1",
            "ballsession_operator_controller_child_writes_total{kind=\"Job\"} 1",
            "ballsession_operator_controller_status_writes_total{result=\"suppressed\"} 1",
            "ballsession_operator_controller_events_total{result=\"published\"} 1",
        ] {
            assert!(text.lines().any(|found| found == line), "{line} in\n{text}");
        }
    }
}
