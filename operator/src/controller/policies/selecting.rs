//! Which NetworkPolicies select a pod, and in which direction: where one does, only what any of them allows gets through.

use std::collections::BTreeMap;

use k8s_openapi::api::networking::v1::NetworkPolicy;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, LabelSelectorRequirement};

/// Labels of a pod.
pub(super) type Labels = BTreeMap<String, String>;

/// The directions of a policy, of pods that it selects.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Directions {
    pub(super) ingress: bool,
    pub(super) egress: bool,
}

impl Directions {
    /// Where nothing is said a policy is about what comes in, and about what goes out if it has rules for that.
    pub(super) fn of(policy: &NetworkPolicy) -> Self {
        let Some(spec) = &policy.spec else { return Self { ingress: true, egress: false } };
        match spec.policy_types.as_deref() {
            Some(types) if !types.is_empty() => {
                let has = |kind: &str| types.iter().any(|named| named == kind);
                Self { ingress: has("Ingress"), egress: has("Egress") }
            }
            _ => Self { ingress: true, egress: spec.egress.as_ref().is_some_and(|rules| !rules.is_empty()) },
        }
    }

    /// In Kubernetes' words.
    pub(super) fn as_str(self) -> &'static str {
        match (self.ingress, self.egress) {
            (true, true) => "Ingress, Egress",
            (true, false) => "Ingress",
            (false, true) => "Egress",
            (false, false) => "no direction",
        }
    }
}

/// Whether a policy is about pods with these labels. Without a selector it is about all.
pub(super) fn selects(policy: &NetworkPolicy, labels: &Labels) -> bool {
    let selector = policy.spec.as_ref().and_then(|spec| spec.pod_selector.as_ref());
    selector.is_none_or(|selector| matches(selector, labels))
}

fn matches(selector: &LabelSelector, labels: &Labels) -> bool {
    let mut wanted = selector.match_labels.iter().flatten();
    let mut expressions = selector.match_expressions.iter().flatten();
    wanted.all(|(key, value)| labels.get(key) == Some(value))
        && expressions.all(|expression| holds(expression, labels))
}

fn holds(expression: &LabelSelectorRequirement, labels: &Labels) -> bool {
    let value = labels.get(&expression.key);
    let is_listed = || value.is_some_and(|value| expression.values.iter().flatten().any(|one| one == value));
    match expression.operator.as_str() {
        "In" => is_listed(),
        "NotIn" => !is_listed(),
        "Exists" => value.is_some(),
        "DoesNotExist" => value.is_none(),
        // The API server knows no other.
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn policy(spec: &Value) -> NetworkPolicy {
        serde_json::from_value(json!({"metadata": {"name": "p"}, "spec": spec})).unwrap()
    }

    #[test]
    fn the_directions_are_those_that_the_api_server_fills_in() {
        for (spec, expected) in [
            (json!({"podSelector": {}}), "Ingress"),
            (json!({"podSelector": {}, "egress": []}), "Ingress"),
            (json!({"podSelector": {}, "egress": [{}]}), "Ingress, Egress"),
            (json!({"podSelector": {}, "policyTypes": ["Egress"]}), "Egress"),
            (json!({"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}), "Ingress, Egress"),
        ] {
            assert_eq!(Directions::of(&policy(&spec)).as_str(), expected, "{spec}");
        }
    }

    #[test]
    fn selectors_are_read_as_kubernetes_reads_them() {
        let labels: Labels =
            [("app", "harbor"), ("part", "client")].map(|(key, value)| (key.into(), value.into())).into();
        let expression = |key: &str, operator: &str, values: &[&str]| json!({"matchExpressions": [{"key": key, "operator": operator, "values": values}]});
        for (selector, expected) in [
            (json!({}), true),
            (json!({"matchLabels": {"app": "harbor"}}), true),
            (json!({"matchLabels": {"app": "pier"}}), false),
            (json!({"matchLabels": {"app": "harbor", "part": "server"}}), false),
            (expression("part", "In", &["server", "client"]), true),
            (expression("part", "In", &["server"]), false),
            (expression("zone", "In", &["a"]), false),
            (expression("part", "NotIn", &["server"]), true),
            (expression("zone", "NotIn", &["a"]), true),
            (expression("part", "NotIn", &["client"]), false),
            (expression("part", "Exists", &[]), true),
            (expression("zone", "Exists", &[]), false),
            (expression("zone", "DoesNotExist", &[]), true),
            (expression("part", "DoesNotExist", &[]), false),
        ] {
            assert_eq!(selects(&policy(&json!({"podSelector": selector})), &labels), expected, "{selector}");
        }
    }
}
