//! Which clients a session is to have.

use std::collections::BTreeSet;

use crds::{BallSessionSpec, BallSessionStatus, Placement};

/// The clients that a session is to have, by index.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WantedClients {
    indexes: BTreeSet<u32>,
    /// There is to be one on each node, however many nodes there are.
    on_each_node: bool,
}

impl WantedClients {
    /// So many, from the first on.
    pub fn first(count: u32) -> Self {
        (0..count).collect()
    }

    /// One for each node, by its place in the list; none where there is no name.
    pub fn of_nodes(nodes: &[String]) -> Self {
        let indexes = (0..).zip(nodes).filter(|(_, node)| !node.is_empty()).map(|(index, _)| index);
        Self { indexes: indexes.collect(), on_each_node: true }
    }

    /// Those that are stored for the session, or asked for.
    pub fn of(spec: &BallSessionSpec, status: Option<&BallSessionStatus>) -> Self {
        match spec.placement {
            Placement::EachNode => {
                let run = status.and_then(|status| status.run.as_ref());
                Self::of_nodes(run.map(|run| run.nodes.as_slice()).unwrap_or_default())
            }
            _ => Self::first(spec.clients.unsigned_abs()),
        }
    }

    /// How many.
    pub fn count(&self) -> usize {
        self.indexes.len()
    }

    /// Whether there are to be none.
    pub fn is_empty(&self) -> bool {
        self.indexes.is_empty()
    }

    /// Whether nobody asks for any. Where there is to be one on each node, and no node fits, they are asked for.
    pub fn is_none_asked_for(&self) -> bool {
        self.is_empty() && !self.on_each_node
    }

    /// Whether the client with this index is to be there.
    pub fn contains(&self, index: u32) -> bool {
        self.indexes.contains(&index)
    }

    /// Their indexes, the lowest first.
    pub fn indexes(&self) -> impl Iterator<Item = u32> {
        self.indexes.iter().copied()
    }
}

impl FromIterator<u32> for WantedClients {
    fn from_iter<I: IntoIterator<Item = u32>>(indexes: I) -> Self {
        Self { indexes: indexes.into_iter().collect(), on_each_node: false }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn on_each_node_there_are_as_many_as_nodes_and_else_as_many_as_asked_for() {
        let of = |spec: serde_json::Value, status: serde_json::Value| {
            let status: BallSessionStatus = serde_json::from_value(status).unwrap();
            WantedClients::of(&serde_json::from_value(spec).unwrap(), Some(&status))
        };
        let nodes = || json!({"run": {"hash": "r", "nodes": ["a", "", "c"]}});
        assert_eq!(of(json!({"clients": 2}), nodes()), WantedClients::first(2));
        let each = of(json!({"clients": 7, "placement": "EachNode"}), nodes());
        assert_eq!((each.count(), each.contains(1)), (2, false));
        assert_eq!(each.indexes().collect::<Vec<_>>(), [0, 2]);
        let unknown = of(json!({"clients": 7, "placement": "EachNode"}), json!({}));
        assert!(unknown.is_empty() && !unknown.is_none_asked_for(), "none is known yet");
        assert!(of(json!({"clients": 0}), nodes()).is_none_asked_for());
    }
}
