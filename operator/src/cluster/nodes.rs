//! Nodes that are not ready, why, and since when this process knows. Nothing else is kept of nodes.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use k8s_openapi::api::core::v1::{Node, NodeCondition};
use kube::ResourceExt;
use kube::runtime::watcher::Event;

/// How long a node that was deleted is remembered: by then Kubernetes has deleted its pods.
const GONE: Duration = Duration::from_secs(600);

/// By name: since when a node is not ready; `None` of one that is.
#[derive(Debug, Default)]
pub(super) struct Nodes(Mutex<HashMap<String, State>>);

/// A node that is not ready, in its own words.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct LostNode {
    /// Since when.
    pub(crate) since: Option<Timestamp>,
    /// Why, as its condition says.
    pub(crate) why: String,
}

#[derive(Debug, Clone, Default)]
struct State {
    not_ready_since: Option<Instant>,
    /// What was said of that last.
    lost: LostNode,
    is_gone: bool,
    /// Whether the list that is under way has it.
    is_listed: bool,
}

impl Nodes {
    /// Takes note of what happened at `now`: the nodes that became ready, or stopped to be.
    pub(super) fn follow(&self, event: &Event<Node>, now: Instant) -> Vec<String> {
        let mut nodes = self.nodes();
        nodes.retain(|_, node| {
            let is_forgotten =
                node.not_ready_since.is_some_and(|since| now.saturating_duration_since(since) > GONE);
            !(node.is_gone && is_forgotten)
        });
        match event {
            Event::Init => {
                nodes.values_mut().for_each(|node| node.is_listed = false);
                Vec::new()
            }
            Event::Apply(node) | Event::InitApply(node) => {
                let name = node.name_any();
                let state = nodes.entry(name.clone()).or_default();
                state.is_listed = true;
                state.is_gone = false;
                state.lost = lost(node);
                if state.set(is_ready(node), now) { vec![name] } else { Vec::new() }
            }
            Event::Delete(node) => gone(&mut nodes, &node.name_any(), now).into_iter().collect(),
            // Deletions may have been missed.
            Event::InitDone => {
                let missing: Vec<_> =
                    nodes.iter().filter(|(_, node)| !node.is_listed).map(|(name, _)| name.clone()).collect();
                missing.iter().filter_map(|name| gone(&mut nodes, name, now)).collect()
            }
        }
    }

    /// For how long a node has not been ready; `None` of one that is, or that nothing is known of. While no node is ready
    /// nobody's pods would be better off elsewhere: then it is not the nodes that are lost.
    pub(super) fn not_ready_for(&self, name: &str, now: Instant) -> Option<Duration> {
        let nodes = self.nodes();
        let since = nodes.get(name)?.not_ready_since?;
        let is_any_ready = nodes.values().any(|node| node.not_ready_since.is_none());
        is_any_ready.then(|| now.saturating_duration_since(since))
    }

    /// What is said of a node that is not ready; `None` of one that is, or that nothing is known of.
    pub(super) fn lost(&self, name: &str) -> Option<LostNode> {
        let nodes = self.nodes();
        let state = nodes.get(name).filter(|state| state.not_ready_since.is_some())?;
        let deleted = || LostNode { since: None, why: "it was deleted".to_owned() };
        Some(if state.is_gone { deleted() } else { state.lost.clone() })
    }

    fn nodes(&self) -> MutexGuard<'_, HashMap<String, State>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Whether that is new.
    fn set(&mut self, is_ready: bool, now: Instant) -> bool {
        let was_ready = self.not_ready_since.is_none();
        if is_ready {
            self.not_ready_since = None;
        } else {
            self.not_ready_since.get_or_insert(now);
        }
        was_ready != is_ready
    }
}

fn gone(nodes: &mut HashMap<String, State>, name: &str, now: Instant) -> Option<String> {
    let state = nodes.get_mut(name)?;
    state.is_gone = true;
    state.set(false, now).then(|| name.to_owned())
}

fn is_ready(node: &Node) -> bool {
    ready(node).is_some_and(|condition| condition.status == "True")
}

fn lost(node: &Node) -> LostNode {
    let Some(condition) = ready(node) else {
        return LostNode { since: None, why: "its kubelet has not said anything".to_owned() };
    };
    let words = [&condition.message, &condition.reason].into_iter().flatten().find(|words| !words.is_empty());
    LostNode {
        since: condition.last_transition_time.as_ref().map(|time| time.0),
        why: words.cloned().unwrap_or_else(|| "no more is known".to_owned()),
    }
}

fn ready(node: &Node) -> Option<&NodeCondition> {
    node.status.as_ref()?.conditions.as_ref()?.iter().find(|condition| condition.type_ == "Ready")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn node(name: &str, ready: &str) -> Node {
        serde_json::from_value(json!({
            "metadata": {"name": name}, "status": {"conditions": [{"type": "Ready", "status": ready}]}
        }))
        .unwrap()
    }

    #[test]
    fn a_node_is_lost_since_it_was_seen_to_be() {
        let (nodes, start) = (Nodes::default(), Instant::now());
        let at = |second| start + Duration::from_secs(second);
        for name in ["a", "b"] {
            assert_eq!(nodes.follow(&Event::InitApply(node(name, "True")), at(0)), Vec::<String>::new());
        }
        assert_eq!(nodes.not_ready_for("a", at(5)), None);
        assert_eq!(nodes.follow(&Event::Apply(node("a", "Unknown")), at(10)), ["a"]);
        assert_eq!(nodes.follow(&Event::Apply(node("a", "False")), at(20)), Vec::<String>::new());
        assert_eq!(nodes.not_ready_for("a", at(25)), Some(Duration::from_secs(15)));
        assert_eq!(nodes.follow(&Event::Apply(node("a", "True")), at(30)), ["a"]);
        assert_eq!((nodes.not_ready_for("a", at(40)), nodes.not_ready_for("unknown", at(40))), (None, None));
    }

    #[test]
    fn a_node_that_is_not_ready_says_why() {
        let (nodes, now) = (Nodes::default(), Instant::now());
        let mut silent = node("a", "Unknown");
        let condition = &mut silent.status.as_mut().unwrap().conditions.as_mut().unwrap()[0];
        condition.message = Some("Kubelet stopped posting node status.".into());
        nodes.follow(&Event::InitApply(silent), now);
        nodes.follow(&Event::InitApply(node("b", "True")), now);
        let why = |name: &str| nodes.lost(name).map(|lost| lost.why);
        assert_eq!(why("a").as_deref(), Some("Kubelet stopped posting node status."));
        assert_eq!((why("b"), why("unknown")), (None, None));
        nodes.follow(&Event::Delete(node("b", "True")), now);
        assert_eq!(why("b").as_deref(), Some("it was deleted"));
    }

    #[test]
    fn where_no_node_is_ready_none_is_lost() {
        let (nodes, now) = (Nodes::default(), Instant::now());
        nodes.follow(&Event::InitApply(node("a", "Unknown")), now);
        assert_eq!(nodes.not_ready_for("a", now), None);
        nodes.follow(&Event::InitApply(node("b", "True")), now);
        assert_eq!(nodes.not_ready_for("a", now), Some(Duration::ZERO));
    }

    #[test]
    fn a_node_that_is_deleted_is_lost_and_then_forgotten() {
        let (nodes, start) = (Nodes::default(), Instant::now());
        let at = |second| start + Duration::from_secs(second);
        for name in ["a", "b", "c"] {
            nodes.follow(&Event::InitApply(node(name, "True")), at(0));
        }
        assert_eq!(nodes.follow(&Event::Delete(node("a", "True")), at(1)), ["a"]);
        nodes.follow(&Event::Init, at(2));
        nodes.follow(&Event::InitApply(node("c", "True")), at(2));
        assert_eq!(nodes.follow(&Event::InitDone, at(2)), ["b"], "its deletion was missed");
        assert_eq!(nodes.not_ready_for("a", at(31)), Some(Duration::from_secs(30)));
        nodes.follow(&Event::Apply(node("c", "True")), at(700));
        assert_eq!(nodes.nodes().len(), 1);
    }
}
