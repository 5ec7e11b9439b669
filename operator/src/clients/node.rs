//! What matters of a node to whoever is to run there.

use std::collections::BTreeMap;
use std::sync::Arc;

use crds::contract::ZONE_LABEL;
use k8s_openapi::api::core::v1::{Node, NodeCondition, Taint};
use kube::ResourceExt;

/// The taints that Kubernetes gives to a node for as long as something is wrong with it: they say nothing about which pods it is
/// for.
const PASSING_TAINTS: [&str; 6] = [
    "node.kubernetes.io/not-ready",
    "node.kubernetes.io/unreachable",
    "node.kubernetes.io/network-unavailable",
    "node.kubernetes.io/memory-pressure",
    "node.kubernetes.io/disk-pressure",
    "node.kubernetes.io/pid-pressure",
];

/// The one field of a node that affinities select by.
pub const NAME_FIELD: &str = "metadata.name";

/// A node.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct NodeFacts {
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// What keeps pods away from it, those taints apart that pass by themselves.
    pub taints: Vec<Taint>,
    /// It takes no new pods.
    pub is_cordoned: bool,
    /// Its kubelet says that it works.
    pub is_ready: bool,
}

impl NodeFacts {
    /// Reads a node.
    pub fn of(node: &Node) -> Self {
        let spec = node.spec.as_ref();
        let taints = spec.iter().flat_map(|spec| spec.taints.iter().flatten());
        Self {
            labels: node.labels().clone(),
            taints: taints.filter(|taint| !PASSING_TAINTS.contains(&taint.key.as_str())).cloned().collect(),
            is_cordoned: spec.is_some_and(|spec| spec.unschedulable == Some(true)),
            is_ready: ready(node).is_some_and(|ready| ready.status == "True"),
        }
    }

    /// Its zone, where it has a label that says so.
    pub fn zone(&self) -> Option<&str> {
        self.labels.get(ZONE_LABEL).map(String::as_str).filter(|zone| !zone.is_empty())
    }
}

/// What its kubelet, or who waits for that in vain, says of whether a node works; `None` of one that only just comes.
pub fn ready(node: &Node) -> Option<&NodeCondition> {
    node.status.as_ref()?.conditions.as_ref()?.iter().find(|condition| condition.type_ == "Ready")
}

/// What is known of all nodes.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum KnownNodes {
    /// Nothing yet.
    #[default]
    Awaited,
    /// Nothing, for they cannot be read.
    Unreadable(String),
    /// All of them, by name.
    Listed(Arc<BTreeMap<String, NodeFacts>>),
}

/// The zone of a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Zone<'a> {
    /// Its label says so.
    Named(&'a str),
    /// It has no such label.
    Unlabelled,
    /// Nothing is known of the node.
    Unknown,
}

impl KnownNodes {
    /// All nodes, where they are known.
    pub fn listed(&self) -> Option<&BTreeMap<String, NodeFacts>> {
        match self {
            Self::Listed(nodes) => Some(nodes),
            Self::Awaited | Self::Unreadable(_) => None,
        }
    }

    /// The zone of a node.
    pub fn zone(&self, node: &str) -> Zone<'_> {
        match self.listed().and_then(|nodes| nodes.get(node)) {
            Some(facts) => facts.zone().map_or(Zone::Unlabelled, Zone::Named),
            None => Zone::Unknown,
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// Nodes by name, with labels and taints.
    pub(crate) fn nodes(all: &[(&str, Value)]) -> KnownNodes {
        let read = |(name, node): &(&str, Value)| {
            let node: Node = serde_json::from_value(node.clone()).unwrap();
            ((*name).to_owned(), NodeFacts::of(&node))
        };
        KnownNodes::Listed(Arc::new(all.iter().map(read).collect()))
    }

    #[test]
    fn what_passes_by_itself_is_no_taint() {
        let node: Node = serde_json::from_value(json!({
            "metadata": {"name": "a", "labels": {"topology.kubernetes.io/zone": "north"}},
            "spec": {"unschedulable": true, "taints": [
                {"key": "node.kubernetes.io/unreachable", "effect": "NoExecute"}, {"key": "gpu", "effect": "NoSchedule"}
            ]},
            "status": {"conditions": [{"type": "Ready", "status": "Unknown"}]}
        }))
        .unwrap();
        let facts = NodeFacts::of(&node);
        assert_eq!(facts.taints.iter().map(|taint| taint.key.as_str()).collect::<Vec<_>>(), ["gpu"]);
        assert_eq!((facts.is_cordoned, facts.is_ready, facts.zone()), (true, false, Some("north")));
        assert_eq!(NodeFacts::of(&Node::default()), NodeFacts::default());
    }

    #[test]
    fn a_zone_is_known_or_is_not() {
        let north = json!({"metadata": {"labels": {"topology.kubernetes.io/zone": "north"}}});
        let known = nodes(&[("a", north), ("b", json!({"metadata": {}}))]);
        assert_eq!(
            ["a", "b", "c"].map(|node| known.zone(node)),
            [Zone::Named("north"), Zone::Unlabelled, Zone::Unknown]
        );
        assert_eq!(KnownNodes::Unreadable("forbidden".into()).zone("a"), Zone::Unknown);
    }
}
