//! Nodes that are not ready, why, and since when this process knows.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use k8s_openapi::api::core::v1::Node;
use kube::ResourceExt;
use kube::runtime::watcher::Event;

use crate::clients::ready;

/// How long a node that was deleted is remembered: by then Kubernetes has deleted its pods.
const GONE: Duration = Duration::from_secs(600);

/// From so many nodes on, most of them have to be ready for the others to be lost.
const MANY: usize = 3;

/// The taints of nodes that are not for workloads. Whoever is there is ready says nothing about the others.
const CONTROL_PLANE: [&str; 2] = ["node-role.kubernetes.io/control-plane", "node-role.kubernetes.io/master"];

/// What is known of all nodes.
#[derive(Debug, Default)]
pub(super) struct Nodes(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    /// By name.
    states: HashMap<String, State>,
    /// Since when enough nodes are ready; `None` while they are not.
    enough_since: Option<Instant>,
}

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
    /// `None` of one that is ready.
    not_ready_since: Option<Instant>,
    /// What was said of that last.
    lost: LostNode,
    is_gone: bool,
    /// Whether it is for workloads.
    is_for_workloads: bool,
    /// Whether the list that is under way has it.
    is_listed: bool,
}

impl Nodes {
    /// Takes note of what happened at `now`: the nodes that are lost, or not, other than before.
    pub(super) fn follow(&self, event: &Event<Node>, now: Instant) -> Vec<String> {
        let mut known = self.known();
        let changed = known.take(event, now);
        known.weigh(changed, now)
    }

    /// For how long a node has not been ready; `None` of one that is, or that nothing is known of. While too few nodes are ready
    /// nobody's pods would be better off elsewhere, and most likely it is not the nodes that are lost; and when there are enough
    /// again, those that are still missing have as long as any other.
    pub(super) fn not_ready_for(&self, name: &str, now: Instant) -> Option<Duration> {
        let known = self.known();
        let since = known.states.get(name)?.not_ready_since?;
        Some(now.saturating_duration_since(since.max(known.enough_since?)))
    }

    /// What is said of a node that is not ready; `None` of one that is, or that nothing is known of.
    pub(super) fn lost(&self, name: &str) -> Option<LostNode> {
        self.known().states.get(name)?.lost()
    }

    /// All nodes for workloads that exist and are not ready, by name.
    pub(super) fn all_lost(&self) -> BTreeMap<String, LostNode> {
        let known = self.known();
        let lost = |(name, state): (&String, &State)| {
            let is_there = state.is_for_workloads && !state.is_gone;
            Some((name.clone(), state.lost().filter(|_| is_there)?))
        };
        known.states.iter().filter_map(lost).collect()
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn lost(&self) -> Option<LostNode> {
        self.not_ready_since?;
        let deleted = || LostNode { since: None, why: "it was deleted".to_owned() };
        Some(if self.is_gone { deleted() } else { self.lost.clone() })
    }
}

impl Known {
    fn take(&mut self, event: &Event<Node>, now: Instant) -> Vec<String> {
        let nodes = &mut self.states;
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
                state.is_for_workloads = is_for_workloads(node);
                if state.set(is_ready(node), now) { vec![name] } else { Vec::new() }
            }
            Event::Delete(node) => gone(nodes, &node.name_any(), now).into_iter().collect(),
            // Deletions may have been missed.
            Event::InitDone => {
                let missing: Vec<_> =
                    nodes.iter().filter(|(_, node)| !node.is_listed).map(|(name, _)| name.clone()).collect();
                missing.iter().filter_map(|name| gone(nodes, name, now)).collect()
            }
        }
    }

    /// What changed, and where there are enough nodes by now that were too few before, or the other way round, all that are not
    /// ready.
    fn weigh(&mut self, changed: Vec<String>, now: Instant) -> Vec<String> {
        let there = || self.states.values().filter(|node| node.is_for_workloads && !node.is_gone);
        let (all, ready) = (there().count(), there().filter(|node| node.not_ready_since.is_none()).count());
        let is_enough = ready > 0 && (all < MANY || 2 * ready >= all);
        if is_enough == self.enough_since.is_some() {
            return changed;
        }
        self.enough_since = is_enough.then_some(now);
        let not_ready = self
            .states
            .iter()
            .filter(|(name, node)| node.not_ready_since.is_some() && !changed.contains(name));
        let not_ready: Vec<_> = not_ready.map(|(name, _)| name.clone()).collect();
        changed.into_iter().chain(not_ready).collect()
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

/// A cordoned node, one of the control plane alone, or one that only just comes and has not said whether it is ready takes no
/// pods. The taints of a node that is lost say nothing about that.
fn is_for_workloads(node: &Node) -> bool {
    if ready(node).is_none() {
        return false;
    }
    let Some(spec) = &node.spec else { return true };
    let is_control_plane = spec.taints.iter().flatten().any(|taint| {
        CONTROL_PLANE.contains(&taint.key.as_str())
            && ["NoSchedule", "NoExecute"].contains(&taint.effect.as_str())
    });
    !is_control_plane && spec.unschedulable != Some(true)
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
        assert_eq!(nodes.all_lost().into_keys().collect::<Vec<_>>(), ["a"]);
        nodes.follow(&Event::Delete(node("b", "True")), now);
        assert_eq!(why("b").as_deref(), Some("it was deleted"));
        assert_eq!(
            nodes.all_lost().into_keys().collect::<Vec<_>>(),
            ["a"],
            "nobody waits for one that is gone"
        );
    }

    #[test]
    fn where_too_few_nodes_are_ready_none_is_lost() {
        let (nodes, start) = (Nodes::default(), Instant::now());
        let at = |second| start + Duration::from_secs(second);
        let lost = |second| {
            ["a", "b", "c", "d"].map(|name| nodes.not_ready_for(name, at(second)).map(|for_| for_.as_secs()))
        };
        nodes.follow(&Event::InitApply(node("a", "Unknown")), at(0));
        assert_eq!(lost(9), [None; 4], "of one");
        assert_eq!(nodes.follow(&Event::Apply(node("b", "True")), at(10)), ["a"], "those on it have to know");
        assert_eq!(lost(15), [Some(5), None, None, None], "of two, and only since there is another one");
        nodes.follow(&Event::Apply(node("c", "True")), at(20));
        nodes.follow(&Event::Apply(node("b", "Unknown")), at(21));
        assert_eq!(lost(30), [None; 4], "two of three");
        nodes.follow(&Event::Apply(node("d", "True")), at(40));
        assert_eq!(lost(45), [Some(5), Some(5), None, None], "two of four");
        nodes.follow(&Event::Delete(node("c", "True")), at(50));
        assert_eq!(lost(55), [None; 4], "two of three that are left");
    }

    #[test]
    fn nodes_that_take_no_pods_say_nothing_about_the_others() {
        let (nodes, now) = (Nodes::default(), Instant::now());
        let change = |mut node: Node, spec: serde_json::Value| {
            node.spec = serde_json::from_value(spec).unwrap();
            node
        };
        let taint = |key: &str| json!({"taints": [{"key": key, "effect": "NoSchedule"}]});
        let control = taint("node-role.kubernetes.io/control-plane");
        nodes.follow(&Event::InitApply(change(node("control", "True"), control)), now);
        nodes
            .follow(&Event::InitApply(change(node("cordoned", "True"), json!({"unschedulable": true}))), now);
        let mut coming = node("coming", "True");
        coming.status = None;
        nodes.follow(&Event::InitApply(coming), now);
        let unreachable = taint("node.kubernetes.io/unreachable");
        nodes.follow(&Event::InitApply(change(node("a", "Unknown"), unreachable.clone())), now);
        nodes.follow(&Event::InitApply(change(node("b", "Unknown"), unreachable)), now);
        assert_eq!(nodes.not_ready_for("a", now), None, "all that take pods");
        nodes.follow(&Event::Apply(node("b", "True")), now);
        assert_eq!(nodes.not_ready_for("a", now), Some(Duration::ZERO), "one of two");
    }

    #[test]
    fn a_node_that_is_deleted_is_lost_and_then_forgotten() {
        let (nodes, start) = (Nodes::default(), Instant::now());
        let at = |second| start + Duration::from_secs(second);
        for name in ["a", "b", "c", "d", "e"] {
            nodes.follow(&Event::InitApply(node(name, "True")), at(0));
        }
        assert_eq!(nodes.follow(&Event::Delete(node("a", "True")), at(1)), ["a"]);
        nodes.follow(&Event::Init, at(2));
        for name in ["c", "d", "e"] {
            nodes.follow(&Event::InitApply(node(name, "True")), at(2));
        }
        assert_eq!(nodes.follow(&Event::InitDone, at(2)), ["b"], "its deletion was missed");
        assert_eq!(nodes.not_ready_for("a", at(31)), Some(Duration::from_secs(30)));
        nodes.follow(&Event::Apply(node("c", "True")), at(700));
        assert_eq!(nodes.known().states.len(), 3);
    }
}
