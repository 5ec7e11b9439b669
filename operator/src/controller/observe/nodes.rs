//! Pods on nodes that are not Ready: what runs there may be gone, and nobody there can say so.

use std::collections::BTreeMap;

use crate::cluster::LostNode;
use crate::conditions::cut;
use crate::controller::observe::pods::ObservedPods;
use crate::controller::observe::reason::{Explanation, Reason};

/// The longest name of a node that is shown whole, and the longest message of its condition.
const MAX_TEXT: usize = 60;

/// Pods, and nodes, that are named; others are counted.
const NAMED: usize = 2;

/// What is said of a pod that no node takes, with the nodes that are not Ready: it may be for one of these alone.
pub(super) fn unschedulable(problem: &Explanation, nodes: &BTreeMap<String, LostNode>) -> Explanation {
    if nodes.is_empty() || problem.reason != Reason::Unschedulable {
        return problem.clone();
    }
    let names: Vec<_> = nodes.keys().map(|name| cut(name, MAX_TEXT)).collect();
    let lost = format!("; not Ready: {}", first_named(&names));
    let message = cut(&problem.message, crds::MAX_MESSAGE.saturating_sub(lost.len()));
    problem.reason.with_message(format!("{message}{lost}"))
}

/// What is said of a session of whose pods some are on such nodes, which are given by name: the server's node comes first, as
/// without the server no client has media.
pub(super) fn lost(pods: &ObservedPods, nodes: &BTreeMap<String, LostNode>) -> Option<Explanation> {
    let leaving = pods.leaving.iter().map(|pod| (&pod.name, &pod.node));
    let all: Vec<_> = pods.all().map(|pod| (&pod.name, &pod.node)).chain(leaving).collect();
    let mut on_lost = all.iter().filter_map(|(_, node)| {
        let node = node.as_ref()?;
        Some((node, nodes.get(node)?))
    });
    let (name, LostNode { since, why }) = on_lost.next()?;
    let there: Vec<_> =
        all.iter().filter(|(_, node)| node.as_ref() == Some(name)).map(|(pod, _)| (*pod).clone()).collect();
    let named = first_named(&there);
    let since = since.map(|since| format!(" since {since}")).unwrap_or_default();
    let (name, why) = (cut(name, MAX_TEXT), cut(why, MAX_TEXT));
    Some(Reason::NodeLost.with_message(format!("node {name} is not Ready{since} ({why}), with {named}")))
}

/// The first names, and how many more there are.
fn first_named(names: &[String]) -> String {
    let named = names[..names.len().min(NAMED)].join(", ");
    match names.len().saturating_sub(NAMED) {
        0 => named,
        others => format!("{named} and {others} more"),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use jiff::Timestamp;
    use serde_json::json;

    use super::*;
    use crate::controller::build::fixture;
    use crate::controller::observe::pods::tests::{pod, ready};

    fn said(nodes: &[&str]) -> Option<Explanation> {
        let up = ready("2026-01-01T00:00:00Z");
        let pods =
            [pod("server", 0, &up), pod("client", 0, &up), pod("client", 1, &up), pod("client", 2, &up)];
        let session = fixture::session(&json!({"clients": 3}));
        let pods = ObservedPods::of(
            &pods,
            &session,
            None,
            &BTreeSet::new(),
            &BTreeMap::new(),
            Timestamp::UNIX_EPOCH,
        );
        let node = LostNode {
            since: Some("2026-01-01T00:00:40Z".parse().unwrap()),
            why: "Kubelet stopped posting node status.".into(),
        };
        lost(&pods, &nodes.iter().map(|name| ((*name).to_owned(), node.clone())).collect())
    }

    /// A server that may run on a node that is lost only: the scheduler names no node.
    #[test]
    fn lost_nodes_are_named_where_a_pod_finds_none() {
        let found = |reason: Reason, message: &str, names: &[&str]| {
            let lost = |name: &&str| ((*name).to_owned(), LostNode::default());
            unschedulable(&reason.with_message(message), &names.iter().map(lost).collect()).message
        };
        let why = "harbor-server-x: 0/3 nodes are available";
        assert_eq!(found(Reason::Unschedulable, why, &[]), why);
        assert_eq!(found(Reason::Unschedulable, why, &["b"]), format!("{why}; not Ready: b"));
        assert_eq!(
            found(Reason::Unschedulable, why, &["b", "c", "d"]),
            format!("{why}; not Ready: b, c and 1 more")
        );
        assert_eq!(found(Reason::ImagePullFailed, why, &["b"]), why);
        let long = found(Reason::Unschedulable, &"x".repeat(4000), &["b"]);
        assert!(long.len() <= crds::MAX_MESSAGE && long.ends_with("; not Ready: b"));
    }

    #[test]
    fn the_node_and_what_runs_on_it_are_named_the_server_first() {
        let message = |text: &str| Some(Reason::NodeLost.with_message(text));
        let why = "is not Ready since 2026-01-01T00:00:40Z (Kubelet stopped posting node status.), with";
        assert_eq!(said(&[]), None);
        assert_eq!(said(&["elsewhere"]), None);
        assert_eq!(
            said(&["b"]),
            message(&format!("node b {why} harbor-client-0-y, harbor-client-1-y and 1 more"))
        );
        assert_eq!(said(&["a", "b"]), message(&format!("node a {why} harbor-server-x")));
    }
}
