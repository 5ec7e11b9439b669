//! NetworkPolicies that deny what a session needs. They tell only where the cluster enforces them.

use ballsession_e2e::OPERATOR_NAMESPACE;
use serde_json::{Value, json};

use crate::case::{Case, When};
use crate::cases::reasons::COMING;
use crate::cases::spec::{steady, steady_with};
use crate::expected::{Answer, Expected, Heals, Since};
use crate::fault::Fault;

/// All of this kind.
pub(super) fn cases() -> Vec<Case> {
    let all = || policy("default-deny", &json!({"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}));
    vec![
        denied(
            "namespace that denies all",
            vec![all()],
            steady(),
            told(&["SignalingFailed"], &["{client}", "cannot resolve", "default-deny"]),
        ),
        Case::new(
            "namespace that denies all, Isolated",
            Fault::Objects(vec![all()]),
            When::Before,
            steady_with(json!({"networkPolicy": "Isolated"})),
            Expected { ready: Answer::Comes(45), met: Answer::Comes(75), ..Expected::ANY },
        ),
        denied(
            "DNS denied",
            dns_denied(),
            steady(),
            told(&["SignalingFailed"], &["{client}", "cannot resolve", "no-dns"]),
        ),
        denied("operator denied", vec![operator_denied()], steady(), {
            let told = told(&["NoReports"], &["NetworkPolicy"]);
            Expected { met: Answer::turns(&["NoReports"], 45).also(&["Starting"]), ..told }
        }),
        denied(
            "UDP denied on one node",
            vec![udp_denied()],
            steady_with(json!({"placement": "SameNode"})),
            Expected {
                // A minute of Starting, from when the pods are there.
                met: Answer::turns(&["NoMedia"], 75).also(&["Starting", "NoReports"]),
                ..told(&["MediaBlocked"], &["{client}", "no-udp"])
            },
        ),
    ]
}

fn denied(name: &'static str, policies: Vec<Value>, spec: Value, expected: Expected) -> Case {
    Case::new(name, Fault::Objects(policies), When::Before, spec, expected)
}

fn told(reasons: &'static [&'static str], named: &'static [&'static str]) -> Expected {
    Expected {
        ready: Answer::turns(reasons, 45).also(COMING),
        named,
        heals: Some(Heals { ready: 45, met: 75, since: Since::End }),
        ..Expected::ANY
    }
}

fn policy(name: &str, spec: &Value) -> Value {
    json!({
        "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
        "metadata": {"name": name, "namespace": "{namespace}"}, "spec": spec
    })
}

/// At the session's pods, and at the servers too: the former does not hold yet when a pod asks for the first time.
fn dns_denied() -> Vec<Value> {
    let other = |protocol: &str| {
        [
            json!({"protocol": protocol, "port": 1, "endPort": 52}),
            json!({"protocol": protocol, "port": 54, "endPort": 65535}),
        ]
    };
    let ports = [other("TCP"), other("UDP")].concat();
    vec![
        policy(
            "no-dns",
            &json!({"podSelector": {}, "policyTypes": ["Egress"], "egress": [{"ports": ports}]}),
        ),
        not_from_here("kube-system", &json!({"matchLabels": {"k8s-app": "kube-dns"}})),
    ]
}

/// At the operator, for the same reason.
fn operator_denied() -> Value {
    not_from_here(OPERATOR_NAMESPACE, &json!({}))
}

/// A policy by which pods of another namespace take nothing from the session's.
fn not_from_here(namespace: &str, selector: &Value) -> Value {
    let others = json!({"namespaceSelector": {"matchExpressions": [{
        "key": "kubernetes.io/metadata.name", "operator": "NotIn", "values": ["{namespace}"]
    }]}});
    json!({
        "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
        "metadata": {"name": "not-from-{namespace}", "namespace": namespace},
        "spec": {"podSelector": selector, "policyTypes": ["Ingress"], "ingress": [{"from": [others]}]}
    })
}

fn udp_denied() -> Value {
    let tcp = json!({"protocol": "TCP"});
    let dns = json!({"protocol": "UDP", "port": 53});
    policy(
        "no-udp",
        &json!({
            "podSelector": {}, "policyTypes": ["Ingress", "Egress"],
            "ingress": [{"ports": [tcp]}], "egress": [{"ports": [tcp, dns]}]
        }),
    )
}
