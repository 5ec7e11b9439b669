//! All nodes, as far as it matters to who may run there.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use k8s_openapi::api::core::v1::Node;
use kube::ResourceExt;
use kube::runtime::watcher::{self, Event};

use crate::clients::{KnownNodes, NodeFacts};
use crate::cluster::first_sync::describe;

/// The nodes, kept by their watch.
#[derive(Debug, Default)]
pub(super) struct Inventory(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    known: KnownNodes,
    /// The list that is under way.
    coming: BTreeMap<String, NodeFacts>,
}

impl Inventory {
    /// What is known now.
    pub(super) fn known(&self) -> KnownNodes {
        self.state().known.clone()
    }

    /// Takes note of what happened: whether anything is other than before.
    pub(super) fn follow(&self, event: &Event<Node>) -> bool {
        let mut state = self.state();
        match event {
            Event::Init => {
                state.coming.clear();
                false
            }
            Event::InitApply(node) => {
                state.coming.insert(node.name_any(), NodeFacts::of(node));
                false
            }
            Event::InitDone => {
                let listed = KnownNodes::Listed(Arc::new(std::mem::take(&mut state.coming)));
                std::mem::replace(&mut state.known, listed.clone()) != listed
            }
            Event::Apply(node) => {
                let (name, facts) = (node.name_any(), NodeFacts::of(node));
                let is_same = |nodes: &BTreeMap<_, _>| nodes.get(&name) == Some(&facts);
                if state.known.listed().is_none_or(is_same) {
                    return false;
                }
                state.change(|nodes| drop(nodes.insert(name, facts)));
                true
            }
            Event::Delete(node) => {
                let name = node.name_any();
                let is_known = state.known.listed().is_some_and(|nodes| nodes.contains_key(&name));
                if is_known {
                    state.change(|nodes| drop(nodes.remove(&name)));
                }
                is_known
            }
        }
    }

    /// Takes note of why they cannot be read: whether that is news. Until that is forbidden it is tried again, and what is known
    /// counts, or that nothing is known yet.
    pub(super) fn failed(&self, error: &watcher::Error) -> bool {
        if !is_forbidden(error) {
            return false;
        }
        let mut state = self.state();
        let failed = KnownNodes::Unreadable(describe(error));
        std::mem::replace(&mut state.known, failed.clone()) != failed
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn change(&mut self, change: impl FnOnce(&mut BTreeMap<String, NodeFacts>)) {
        if let KnownNodes::Listed(nodes) = &mut self.known {
            change(Arc::make_mut(nodes));
        }
    }
}

/// Whether it may not be watched.
pub(super) fn is_forbidden(error: &watcher::Error) -> bool {
    match error {
        watcher::Error::InitialListFailed(kube::Error::Api(status))
        | watcher::Error::WatchStartFailed(kube::Error::Api(status))
        | watcher::Error::WatchFailed(kube::Error::Api(status)) => status.is_forbidden(),
        watcher::Error::WatchError(status) => status.is_forbidden(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use kube::core::Status;
    use serde_json::json;

    use super::*;

    fn node(name: &str, zone: &str) -> Node {
        let labels = json!({"topology.kubernetes.io/zone": zone});
        serde_json::from_value(json!({"metadata": {"name": name, "labels": labels}})).unwrap()
    }

    fn failure(code: u16, reason: &str) -> watcher::Error {
        let status = Status {
            code,
            reason: reason.to_owned(),
            message: "nodes is forbidden".into(),
            ..Status::default()
        };
        watcher::Error::InitialListFailed(kube::Error::Api(Box::new(status)))
    }

    fn names(inventory: &Inventory) -> Option<Vec<String>> {
        inventory.known().listed().map(|nodes| nodes.keys().cloned().collect())
    }

    #[test]
    fn nodes_are_known_once_all_of_them_are() {
        let inventory = Inventory::default();
        assert!(!inventory.follow(&Event::Init));
        assert!(!inventory.follow(&Event::InitApply(node("a", "north"))));
        assert_eq!(names(&inventory), None);
        assert!(inventory.follow(&Event::InitDone));
        assert!(!inventory.follow(&Event::Apply(node("a", "north"))), "a heartbeat");
        assert!(inventory.follow(&Event::Apply(node("a", "south"))));
        assert!(inventory.follow(&Event::Apply(node("b", "south"))));
        assert_eq!(names(&inventory), Some(vec!["a".into(), "b".into()]));
        assert!(inventory.follow(&Event::Delete(node("a", "south"))));
        assert!(!inventory.follow(&Event::Delete(node("a", "south"))));
        inventory.follow(&Event::Init);
        assert!(inventory.follow(&Event::InitDone), "a deletion was missed");
        assert_eq!(names(&inventory), Some(Vec::new()));
    }

    #[test]
    fn what_was_read_counts_until_that_is_forbidden() {
        let inventory = Inventory::default();
        let (away, forbidden) = (failure(503, "ServiceUnavailable"), failure(403, "Forbidden"));
        assert!(!inventory.failed(&away));
        assert!(matches!(inventory.known(), KnownNodes::Awaited), "it is tried again");
        assert!(inventory.failed(&forbidden));
        assert!(!inventory.failed(&forbidden) && !inventory.failed(&away), "no news");
        assert!(matches!(inventory.known(), KnownNodes::Unreadable(_)));
        inventory.follow(&Event::Init);
        inventory.follow(&Event::InitDone);
        assert!(!inventory.failed(&away));
        assert_eq!(names(&inventory), Some(Vec::new()));
        assert!(inventory.failed(&forbidden));
        let KnownNodes::Unreadable(why) = inventory.known() else { panic!("{:?}", inventory.known()) };
        assert!(why.contains("nodes is forbidden"), "{why}");
    }
}
