//! The namespace's NetworkPolicies that are about pods of sessions.

use std::collections::BTreeMap;

use k8s_openapi::api::networking::v1::NetworkPolicy;
use kube::ResourceExt;
use kube::core::{Selector, SelectorExt};

use crate::doctor::check::{Check, Read};

const SUBJECT: &str = "policies";
/// Policies of a session of its own are made by the operator, and have this label.
const MANAGED_BY: (&str, &str) = ("app.kubernetes.io/managed-by", "ballsession-operator");
const ADMIT: &str = "they have to admit TCP 8080 and UDP 8082 from clients to the server, UDP of any port back from its 8082, DNS, and \
     TCP 8443 to the operator; or sessions have networkPolicy: Isolated";

/// `parts`: what parts of a session are called, and the labels of their pods.
pub(crate) fn policies(
    policies: &Read<Vec<NetworkPolicy>>,
    parts: &[(&str, BTreeMap<String, String>)],
) -> Check {
    let policies = match policies {
        Ok(policies) => policies,
        Err(error) => return Check::unread(SUBJECT, error),
    };
    let foreign = policies
        .iter()
        .filter(|policy| policy.labels().get(MANAGED_BY.0).map(String::as_str) != Some(MANAGED_BY.1));
    let selecting: Vec<String> = foreign
        .filter_map(|policy| {
            let selected: Vec<&str> =
                parts.iter().filter(|(_, labels)| selects(policy, labels)).map(|(part, _)| *part).collect();
            let directions = directions(policy);
            (!selected.is_empty())
                .then(|| format!("{} ({directions} of {})", policy.name_any(), selected.join(" and ")))
        })
        .collect();
    if selecting.is_empty() {
        return Check::ok(SUBJECT, "none is about pods of sessions");
    }
    Check::warn(SUBJECT, selecting.join(", "), ADMIT)
}

fn selects(policy: &NetworkPolicy, labels: &BTreeMap<String, String>) -> bool {
    let selector = policy.spec.as_ref().and_then(|spec| spec.pod_selector.clone()).unwrap_or_default();
    // What cannot be read may select everything.
    Selector::try_from(selector).map_or(true, |selector| selector.matches(labels))
}

/// The API server fills them in.
fn directions(policy: &NetworkPolicy) -> String {
    let types = policy.spec.as_ref().and_then(|spec| spec.policy_types.clone()).unwrap_or_default();
    if types.is_empty() { "Ingress".to_owned() } else { types.join(", ") }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::doctor::Level;

    fn checked(objects: &[Value]) -> Check {
        let part = |name: &'static str| {
            let labels = [("app.kubernetes.io/name", "ballsession"), ("app.kubernetes.io/component", name)];
            (name, labels.map(|(key, value)| (key.to_owned(), value.to_owned())).into())
        };
        let objects = objects.iter().map(|object| serde_json::from_value(object.clone()).unwrap()).collect();
        policies(&Ok(objects), &[part("server"), part("client")])
    }

    #[test]
    fn policies_that_select_a_part_are_named_with_their_directions() {
        let all = json!({"metadata": {"name": "deny"}, "spec": {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}});
        let clients = json!({"metadata": {"name": "odd"}, "spec": {"podSelector": {"matchExpressions": [
            {"key": "app.kubernetes.io/component", "operator": "In", "values": ["client"]}]}}});
        let others =
            json!({"metadata": {"name": "db"}, "spec": {"podSelector": {"matchLabels": {"app": "db"}}}});
        let ours = json!({"metadata": {"name": "harbor", "labels": {"app.kubernetes.io/managed-by": "ballsession-operator"}},
                          "spec": {"podSelector": {}}});
        let check = checked(&[all, clients, others.clone(), ours.clone()]);
        assert_eq!(check.level, Level::Warn);
        assert!(
            check.finding.starts_with(
                "deny (Ingress, Egress of server and client), odd (Ingress of client): they have to admit"
            ),
            "{check:?}"
        );
        assert_eq!(checked(&[others, ours]).level, Level::Ok);
        assert_eq!(policies(&Err("x".into()), &[]).level, Level::Warn);
    }
}
