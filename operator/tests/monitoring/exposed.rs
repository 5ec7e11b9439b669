//! What the programs export.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use ballsession_operator::controller::metrics::Metrics as ControllerMetrics;
use ballsession_operator::http::{self, Overview};
use ballsession_operator::{certificates, lease, reports};
use ballsession_tests::{Client, Server};
use kube::runtime::{reflector, watcher};
use process::StatusSource;
use prometheus_client::registry::Registry;
use serde_json::json;

/// The series of a program: by name, the values that each label has.
pub(crate) type Series = BTreeMap<String, BTreeMap<String, BTreeSet<String>>>;

/// What an operator says that watches a session.
pub(crate) fn operator() -> String {
    let mut registry = Registry::with_prefix("ballsession_operator");
    lease::Metrics::register(&mut registry);
    certificates::Metrics::register(&mut registry);
    reports::Metrics::register(&mut registry);
    http::Metrics::register(&mut registry);
    ControllerMetrics::register(&mut registry);
    let (sessions, mut writer) = reflector::store();
    let condition = |kind: &str| json!({"type": kind, "status": "True", "reason": "R", "message": "", "lastTransitionTime": "2026-01-01T00:00:00Z"});
    let session = json!({
        "apiVersion": "ballsession.dev/v1alpha1", "kind": "BallSession", "spec": {},
        "metadata": {"namespace": "lighthouse", "name": "harbor", "uid": "7"},
        "status": {"conditions": [condition("Ready"), condition("ObjectivesMet")], "readyClients": 1}
    });
    writer.apply_watcher_event(&watcher::Event::Apply(serde_json::from_value(session).unwrap()));
    let last_report = Box::new(|_: &str| Some(Duration::from_secs(3)));
    Overview::new(vec![], Box::new(|| None), sessions, last_report, registry).metrics().unwrap()
}

/// What a server and its client say while media flows.
pub(crate) fn server_and_client() -> (String, String) {
    let server = Server::start(&[]);
    let client = Client::start("scraped", server.signaling(), &[]);
    server.matched("scraped", 15);
    (server.open_metrics().body, client.open_metrics().body)
}

/// The series in OpenMetrics text.
pub(crate) fn series(text: &str) -> Series {
    let mut found = Series::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let (series, _) = line.rsplit_once(' ').unwrap();
        let (name, labels) = series.split_once('{').unwrap_or((series, "}"));
        let known = found.entry(name.to_owned()).or_default();
        // No value has a comma or a quote in it.
        for pair in labels.trim_end_matches('}').split(',').filter(|pair| !pair.is_empty()) {
            let (label, value) = pair.split_once('=').unwrap();
            known.entry(label.to_owned()).or_default().insert(value.trim_matches('"').to_owned());
        }
    }
    found
}
