//! Who may connect to the operator, where policies are enforced.

use ballsession_operator::session::labels::{self, Component};
use serde_json::{Value, json};

use crate::files;

/// Whether all labels of a selector are among those of a pod.
fn selects(selector: &Value, of_pod: &Value) -> bool {
    selector["matchLabels"].as_object().unwrap().iter().all(|(label, value)| of_pod[label] == *value)
}

#[test]
fn pods_of_sessions_may_report_and_whoever_reaches_it_may_read_metrics() {
    let objects = files::install();
    let object = |title: &str| objects.iter().find(|object| files::title(object) == title).unwrap();
    let policy = &object("NetworkPolicy ballsession-operator")["spec"];
    let pod = &object("Deployment ballsession-operator")["spec"]["template"];
    assert!(selects(&policy["podSelector"], &pod["metadata"]["labels"]));
    assert_eq!(policy["policyTypes"], json!(["Ingress"]), "what it connects to is nobody's business");

    let rules = policy["ingress"].as_array().unwrap();
    let allowing = |name: &str| {
        let ports = pod["spec"]["containers"][0]["ports"].as_array().unwrap();
        let port = &ports.iter().find(|port| port["name"] == name).unwrap()["containerPort"];
        let allows =
            |rule: &&Value| rule["ports"].as_array().unwrap().iter().any(|allowed| allowed["port"] == *port);
        rules.iter().find(allows).unwrap_or_else(|| panic!("nobody may connect to {name}"))
    };
    assert_eq!(allowing("http")["from"], Value::Null);
    for name in ["reports", "plain-reports"] {
        let [from] = &allowing(name)["from"].as_array().unwrap()[..] else { panic!("{rules:?}") };
        assert_eq!(from["namespaceSelector"], json!({}));
        for component in [Component::Server, Component::Client] {
            assert!(selects(&from["podSelector"], &json!(labels::of("harbor", component))));
        }
        assert!(!selects(&from["podSelector"], &json!({"app.kubernetes.io/name": "web"})));
    }
}
