//! What the programs export.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use ballsession_operator::controller::metrics::Metrics as ControllerMetrics;
use ballsession_operator::http::{self, Overview};
use ballsession_operator::{certificates, cluster, lease, reports};
use ballsession_tests::{Client, Server, eventually};
use kube::Config;
use kube::runtime::{reflector, watcher};
use process::{Exposition, StatusSource};
use prometheus_client::registry::Registry;
use report::sender::PostCounters;
use report::{ErrorCode, ErrorEntry};
use serde_json::json;

/// The series of a program: by name, the values that each label has.
pub(crate) type Series = BTreeMap<String, BTreeMap<String, BTreeSet<String>>>;

/// Of the code's reasons, as it is checked elsewhere.
const REASONS: &str = include_str!("../../../docs/reference/reasons.md");

/// Why a session is ready, or not: one after the other.
fn ready_reasons() -> impl Iterator<Item = &'static str> {
    let section = REASONS.split("\n## ").find(|section| section.starts_with("Ready\n")).unwrap();
    section.lines().filter_map(|line| line.strip_prefix("| [")?.split(']').next())
}

/// What an operator says that watches a session for each of them.
pub(crate) fn operator() -> String {
    let mut registry = Registry::with_prefix("ballsession_operator");
    lease::Metrics::register(&mut registry);
    certificates::Metrics::register(&mut registry);
    reports::Metrics::register(&mut registry);
    http::Metrics::register(&mut registry);
    ControllerMetrics::register(&mut registry);
    let (sessions, mut writer) = reflector::store();
    let condition = |kind: &str, reason: &str| json!({"type": kind, "status": "True", "reason": reason, "message": "", "lastTransitionTime": "2026-01-01T00:00:00Z"});
    for reason in ready_reasons() {
        let conditions = [condition("Ready", reason), condition("ObjectivesMet", "Met")];
        let session = json!({
            "apiVersion": "ballsession.dev/v1alpha1", "kind": "BallSession", "spec": {},
            "metadata": {"namespace": "lighthouse", "name": reason.to_lowercase(), "uid": reason},
            "status": {"conditions": conditions, "readyClients": 1}
        });
        writer.apply_watcher_event(&watcher::Event::Apply(serde_json::from_value(session).unwrap()));
    }
    // Of watches that reach nobody.
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let watches = runtime.block_on(async {
        let nobody = Config::new("http://127.0.0.1:9".parse().unwrap());
        cluster::watch(&kube::Client::try_from(nobody).unwrap(), &cluster::Scope::All).0.metrics()
    });
    registry.register_collector(Box::new(watches));
    let last_report = Box::new(|_: &str| Some(Duration::from_secs(3)));
    Overview::new(vec![], Box::new(|| None), sessions, last_report, registry).metrics().unwrap()
}

/// Of the server's numbers those that come last: what is judged is settled after 3 s, round trips need reports of the receiver.
const LAST: [&str; 3] = [
    "ballsession_recent_latency_part_seconds{part=\"network\"}",
    "ballsession_recent_longest_freeze_seconds",
    "ballsession_network_round_trip_time_seconds",
];

/// What a server and its client say while media flows, and something is judged.
pub(crate) fn server_and_client() -> (String, String) {
    let server = Server::start(&[]);
    let client = Client::start("scraped", server.signaling(), &[]);
    server.matched("scraped", 15);
    let of_server = eventually("all numbers of the server", || {
        let text = server.open_metrics().body;
        LAST.iter().all(|series| text.lines().any(|line| line.starts_with(series))).then_some(text)
    });
    (of_server, client.open_metrics().body)
}

/// What both add where there is somebody to post to, and once something went wrong.
pub(crate) fn of_circumstances() -> String {
    let entry = |code: ErrorCode| json!({"code": code, "count": 1, "message": "", "lastSeen": "2026-01-01T00:00:00Z"});
    let errors: Vec<ErrorEntry> = serde_json::from_value(ErrorCode::ALL.map(entry).into()).unwrap();
    let exposition = Exposition::default().posts(Some(&PostCounters::default()));
    exposition.errors("errors", &errors).errors("client_errors", &errors).finish().unwrap()
}

/// The families in OpenMetrics text, those without a member too: the names of their series.
pub(crate) fn families(text: &str) -> BTreeSet<String> {
    let types = text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split_once(' '));
    types
        .flat_map(|(name, kind)| {
            let endings: &[&str] = match kind {
                "counter" => &["_total"],
                "histogram" => &["_bucket", "_count", "_sum"],
                _ => &[""],
            };
            endings.iter().map(move |ending| format!("{name}{ending}"))
        })
        .collect()
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
