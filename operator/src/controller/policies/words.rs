//! The NetworkPolicies that select a session's pods, in words for the end of a message.

use k8s_openapi::api::networking::v1::NetworkPolicy;
use kube::ResourceExt;

use crate::conditions::cut;
use crate::controller::policies::selecting::{Directions, Labels, selects};

/// Policies that are named; others are counted.
const NAMED: usize = 2;

/// The longest name that is shown whole.
const MAX_NAME: usize = 40;

/// Names the policies that select the server or its clients, whom they select and in which direction; `None` where there are
/// none. `is_more` says that there are policies beside these.
pub(super) fn words(
    policies: &[NetworkPolicy],
    server: &Labels,
    client: &Labels,
    is_more: bool,
) -> Option<String> {
    let mut selecting: Vec<_> =
        policies.iter().filter_map(|policy| described(policy, server, client)).collect();
    // Those of both parts and both directions first: they hold up most.
    selecting.sort_by(|one, other| (other.0, &one.1).cmp(&(one.0, &other.1)));
    let others = selecting.len().saturating_sub(NAMED);
    let named: Vec<_> = selecting.into_iter().take(NAMED).map(|(_, words)| words).collect();
    let (plural, more) = match (named.len() + others, others) {
        (0, _) => return None,
        (1, _) => ("NetworkPolicy", String::new()),
        (_, 0) => ("NetworkPolicies", String::new()),
        (_, others) => ("NetworkPolicies", format!(" and {others}{} more", if is_more { " or" } else { "" })),
    };
    Some(format!("{plural} {}{more}", named.join(", ")))
}

/// How much a policy is about, and its name with that.
fn described(policy: &NetworkPolicy, server: &Labels, client: &Labels) -> Option<(usize, String)> {
    let (of_server, of_client) = (selects(policy, server), selects(policy, client));
    let whom = match (of_server, of_client) {
        (true, true) => "server and clients",
        (true, false) => "the server",
        (false, true) => "clients",
        (false, false) => return None,
    };
    let directions = Directions::of(policy);
    let parts = [of_server, of_client, directions.ingress, directions.egress];
    let weight = parts.into_iter().filter(|part| *part).count();
    let name = cut(&policy.name_any(), MAX_NAME);
    Some((weight, format!("{name} selects {whom} ({})", directions.as_str())))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn policy(name: &str, selector: &Value, types: &[&str]) -> NetworkPolicy {
        serde_json::from_value(json!({
            "metadata": {"name": name}, "spec": {"podSelector": selector, "policyTypes": types}
        }))
        .unwrap()
    }

    fn said(policies: &[NetworkPolicy]) -> Option<String> {
        let labels = |part: &str| [("part".to_owned(), part.to_owned())].into();
        words(policies, &labels("server"), &labels("client"), false)
    }

    #[test]
    fn policies_are_named_with_whom_and_which_way() {
        let all = json!({});
        let part = |part: &str| json!({"matchLabels": {"part": part}});
        let deny = policy("default-deny", &all, &["Ingress", "Egress"]);
        let other = policy("other", &json!({"matchLabels": {"part": "web"}}), &["Ingress"]);
        assert_eq!((said(&[]), said(std::slice::from_ref(&other))), (None, None));
        assert_eq!(
            said(&[other, deny.clone()]).as_deref(),
            Some("NetworkPolicy default-deny selects server and clients (Ingress, Egress)")
        );
        let of_server = policy("no-udp", &part("server"), &["Ingress"]);
        let of_clients = policy("quiet", &part("client"), &["Egress"]);
        assert_eq!(
            said(&[of_server.clone(), of_clients.clone()]).as_deref(),
            Some("NetworkPolicies no-udp selects the server (Ingress), quiet selects clients (Egress)")
        );
        assert_eq!(
            said(&[of_server, of_clients, deny]).as_deref(),
            Some(
                "NetworkPolicies default-deny selects server and clients (Ingress, Egress), no-udp selects the server \
                 (Ingress) and 1 more"
            )
        );
    }
}
