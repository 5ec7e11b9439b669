//! Which clients a session is to have.

use std::collections::BTreeSet;

use crds::{BallSessionSpec, BallSessionStatus, Placement};

/// The clients that a session is to have, by index.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WantedClients(BTreeSet<u32>);

impl WantedClients {
    /// So many, from the first on.
    pub fn first(count: u32) -> Self {
        (0..count).collect()
    }

    /// One for each node, by its place in the list; none where there is no name.
    pub fn of_nodes(nodes: &[String]) -> Self {
        (0..).zip(nodes).filter(|(_, node)| !node.is_empty()).map(|(index, _)| index).collect()
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
        self.0.len()
    }

    /// Whether there are to be none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether the client with this index is to be there.
    pub fn contains(&self, index: u32) -> bool {
        self.0.contains(&index)
    }

    /// Their indexes, the lowest first.
    pub fn indexes(&self) -> impl Iterator<Item = u32> {
        self.0.iter().copied()
    }
}

impl FromIterator<u32> for WantedClients {
    fn from_iter<I: IntoIterator<Item = u32>>(indexes: I) -> Self {
        Self(indexes.into_iter().collect())
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
        assert!(
            of(json!({"clients": 7, "placement": "EachNode"}), json!({})).is_empty(),
            "none is known yet"
        );
    }
}
