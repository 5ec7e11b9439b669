//! What is known of the series that queries may name: who exports them, and which labels and values they have once they are scraped.

use std::collections::{BTreeMap, BTreeSet};

use crate::exposed::{self, Series};
use crate::promql::{Named, named};
use crate::{rules, scraping};

/// What is shown only once it is counted, or where the kernel keeps it: series, label, and the source that has both.
const SHOWN_LATER: [(&str, &str, &str); 7] = [
    ("ballsession_cpu_throttled_seconds", "", OF_SERVER),
    ("ballsession_cpu_pressure_seconds", "", OF_SERVER),
    ("ballsession_operator_reports_accepted_total", "role", OF_REPORTS),
    ("ballsession_operator_reports_rejected_total", "reason", OF_REPORTS),
    ("ballsession_operator_report_status_writes_total", "outcome", OF_REPORTS),
    ("ballsession_operator_controller_status_writes_total", "result", OF_CONTROLLER),
    ("ballsession_operator_controller_errors_total", "class", OF_CONTROLLER),
];
const OF_SERVER: &str = include_str!("../../../workloads/server/src/metrics.rs");
const OF_REPORTS: &str = include_str!("../../src/reports/metrics.rs");
const OF_CONTROLLER: &str = include_str!("../../src/controller/metrics.rs");

/// The labels of a series, each with its values where these are few.
type Labels = BTreeMap<String, Option<BTreeSet<String>>>;

/// All series by name.
pub(crate) struct Known(BTreeMap<String, Labels>);

impl Known {
    /// What programs that run export, and what is recorded of it.
    pub(crate) fn of_running_programs() -> Self {
        let (server, client) = exposed::server_and_client();
        let mut known = Self(BTreeMap::new());
        known.add(&exposed::operator(), "operator-pods");
        for text in [server, client, exposed::of_circumstances()] {
            known.add(&text, "session-pods");
        }
        for (name, label, source) in SHOWN_LATER {
            let is_operators = name.starts_with("ballsession_operator_");
            let mut labels = scraped(if is_operators { "operator-pods" } else { "session-pods" });
            let registered = ["ballsession_", "operator_", "controller_"]
                .iter()
                .fold(name, |rest, prefix| rest.strip_prefix(prefix).unwrap_or(rest));
            let registered = format!("\"{}\"", registered.trim_end_matches("_total"));
            assert!(source.contains(&registered), "nobody registers {registered} any more");
            if !label.is_empty() {
                assert!(
                    source.contains(&format!("{label}: &'static str")),
                    "{name} has no label {label} any more"
                );
                labels.insert(label.to_owned(), None);
            }
            known.0.insert(name.to_owned(), labels);
        }
        for rule in rules() {
            let Some(name) = rule["record"].as_str() else { continue };
            let (level, _) = name.split_once(':').unwrap();
            known.0.insert(name.to_owned(), level.split('_').map(|label| (label.to_owned(), None)).collect());
        }
        known
    }

    fn add(&mut self, text: &str, monitor: &str) {
        let exported: Series = exposed::series(text);
        for name in exposed::families(text) {
            // A family without a member yet does not say which labels it will have.
            let mut labels = scraped(monitor);
            for (label, values) in exported.get(&name).into_iter().flatten() {
                labels.insert(label.clone(), Some(values.clone()));
            }
            self.0.insert(name, labels);
        }
    }

    /// What is wrong with an expression; nothing if all is right. What begins with `$` is filled in by a dashboard.
    pub(crate) fn complaints(&self, expression: &str) -> Vec<String> {
        let Named { series, labels: grouped } = named(expression);
        let mut complaints = Vec::new();
        if series.is_empty() {
            complaints.push("it names no series".to_owned());
        }
        for (name, matchers) in series {
            let Some(labels) = self.0.get(&name) else {
                complaints.push(format!("nobody exports {name}"));
                continue;
            };
            for label in grouped.iter().chain(matchers.iter().map(|(label, ..)| label)) {
                if !labels.contains_key(label) {
                    complaints.push(format!("{name} has no label {label}"));
                }
            }
            for (label, _, value) in &matchers {
                let Some(Some(values)) = labels.get(label) else { continue };
                for value in value.split('|').filter(|value| !value.starts_with('$')) {
                    if !values.contains(value) {
                        complaints.push(format!("{name} never has {label}={value}"));
                    }
                }
            }
        }
        complaints
    }
}

/// The labels that come with scraping.
fn scraped(monitor: &str) -> Labels {
    let labels = scraping::labels(monitor).into_iter();
    labels
        .map(|label| {
            let of_components = || ["server", "client"].map(str::to_owned).into();
            let values = (label == "component").then(of_components);
            (label, values)
        })
        .collect()
}
