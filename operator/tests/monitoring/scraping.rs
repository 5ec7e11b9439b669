//! What PodMonitors select, and what labels they add.

use std::collections::BTreeMap;

use ballsession_operator::session::labels::{self, Component};
use serde_json::Value;

use crate::objects;

/// Those that the Prometheus operator gives every series of a pod.
const OF_PODS: [&str; 6] = ["namespace", "pod", "container", "endpoint", "job", "instance"];

fn monitor(file: &str) -> Value {
    let [object] = objects(&format!("monitoring/{file}.yaml")).try_into().unwrap();
    object["spec"].clone()
}

/// The labels that series get when they are scraped.
pub(crate) fn labels(file: &str) -> Vec<String> {
    let monitor = monitor(file);
    let endpoint = &monitor["podMetricsEndpoints"][0];
    let added = endpoint["relabelings"].as_array().into_iter().flatten();
    let added = added.map(|rule| rule["targetLabel"].as_str().unwrap().to_owned());
    OF_PODS.map(str::to_owned).into_iter().chain(added).collect()
}

/// Whether a PodMonitor wants a pod with these labels.
fn selects(monitor: &Value, labels: &BTreeMap<String, String>) -> bool {
    let wanted = monitor["selector"]["matchLabels"].as_object().unwrap();
    wanted.iter().all(|(label, value)| labels.get(label).map(String::as_str) == value.as_str())
}

#[test]
fn the_operators_pod_is_found_and_its_port_has_the_name() {
    let monitor = monitor("operator-pods");
    let [deployment] = objects("base/deployment.yaml").try_into().unwrap();
    let template = &deployment["spec"]["template"];
    let pod: BTreeMap<String, String> =
        serde_json::from_value(template["metadata"]["labels"].clone()).unwrap();
    assert!(selects(&monitor, &pod));
    let [endpoint] = monitor["podMetricsEndpoints"].as_array().unwrap().as_slice() else {
        panic!("{monitor}")
    };
    let ports = template["spec"]["containers"][0]["ports"].as_array().unwrap();
    assert!(ports.iter().any(|port| port["name"] == endpoint["port"] && port["containerPort"] == 8081));
    // Else the sessions' own label would be renamed.
    assert_eq!(endpoint["honorLabels"], true);
}

/// Else the operator would answer 401, or 403.
#[test]
fn prometheus_shows_a_token_with_the_right_to_metrics() {
    let endpoint = &monitor("operator-pods")["podMetricsEndpoints"][0];
    let named = &endpoint["authorization"]["credentials"];
    let objects = objects("monitoring/scraper.yaml");
    let object = |kind: &str| objects.iter().find(|object| object["kind"] == kind).unwrap();
    let (account, secret) = (&object("ServiceAccount")["metadata"], object("Secret"));
    assert_eq!((&named["name"], &named["key"]), (&secret["metadata"]["name"], &"token".into()));
    assert_eq!(secret["type"], "kubernetes.io/service-account-token");
    assert_eq!(secret["metadata"]["annotations"]["kubernetes.io/service-account.name"], account["name"]);
    let binding = object("ClusterRoleBinding");
    assert_eq!(binding["roleRef"]["name"], object("ClusterRole")["metadata"]["name"]);
    let subject = &binding["subjects"][0];
    assert_eq!((&subject["name"], &subject["namespace"]), (&account["name"], &account["namespace"]));
    let right: Value = serde_json::json!([{"nonResourceURLs": ["/metrics"], "verbs": ["get"]}]);
    assert_eq!(object("ClusterRole")["rules"], right, "that one, and no other");
}

#[test]
fn servers_and_clients_are_found_in_all_namespaces_and_the_operator_is_not_among_them() {
    let monitor = monitor("session-pods");
    assert_eq!(monitor["namespaceSelector"]["any"], true);
    for component in [Component::Server, Component::Client] {
        assert!(selects(&monitor, &labels::of("harbor", component)), "{component:?}");
    }
    let operator = [(labels::NAME.to_owned(), labels::OPERATOR.to_owned())].into();
    assert!(!selects(&monitor, &operator));
    // In every pod's labels there is what becomes a label of the series.
    let relabelled = [("session", labels::INSTANCE), ("component", labels::COMPONENT)];
    let relabelings = monitor["podMetricsEndpoints"][0]["relabelings"].as_array().unwrap();
    for (rule, (target, source)) in relabelings.iter().zip(relabelled) {
        let source = source.replace(['.', '/', '-'], "_");
        assert_eq!(rule["targetLabel"], target);
        assert_eq!(rule["sourceLabels"][0], format!("__meta_kubernetes_pod_label_{source}"));
    }
    assert_eq!(relabelings.len(), relabelled.len());
}
