//! Which client is on which node, where there is one on each. A client stays with its node for as long as that fits, whatever
//! becomes of its pods; so that is stored, beside the attempts and by the same write: pods alone could not say it of a client
//! whose pod is gone, or that is done.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use crds::limits::MAX_NODES;

use crate::clients::attempts::Attempts;
use crate::clients::fitting::FittingNodes;
use crate::clients::pod::ClientPod;

/// How long a node may be gone, or not fit, before its client is taken away: nodes come back, and labels and taints are corrected.
const UNFIT_AFTER: Duration = Duration::from_secs(30);

/// Since when nodes of clients do not fit. It may be lost: then they have as long again.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UnfitNodes(BTreeMap<String, Instant>);

/// What there is.
#[derive(Debug, Clone, Copy)]
pub struct NodesSeen<'a> {
    /// The nodes that fit.
    pub fitting: &'a FittingNodes,
    /// The pods of the session's clients.
    pub pods: &'a [ClientPod],
    /// The clients that are done: they stay with their nodes, whatever becomes of these.
    pub finished: &'a BTreeSet<u32>,
    /// The last attempt of each client.
    pub attempts: &'a Attempts,
    /// Whether nodes that come are given clients.
    pub admits: bool,
    /// Whether the client of a node that went may be given to another one. What was measured before would count for both.
    pub reuses: bool,
}

/// Who is where.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AssignedNodes {
    /// The node of each client, by index; empty where there is none.
    pub nodes: Vec<String>,
    /// Nodes that fit, and are more than there may be.
    pub left_out: usize,
    /// Nodes that fit, and came when no more were admitted.
    pub late: usize,
    /// Nodes that fit, have no client yet and are not ready: they are waited for.
    pub not_ready: usize,
    /// When to ask again although nothing happens.
    pub again_in: Option<Duration>,
}

/// Brings what is `stored` up to date. A node that comes gets the first client that is free; one that is ready no longer keeps its.
pub fn assign(stored: &[String], seen: NodesSeen<'_>, unfit: &mut UnfitNodes, now: Instant) -> AssignedNodes {
    let mut nodes: Vec<String> = stored.iter().take(MAX_NODES).cloned().collect();
    let again_in = release(&mut nodes, seen, unfit, now);
    let taken: BTreeSet<_> = nodes.iter().cloned().collect();
    let coming = || seen.fitting.iter().filter(|(name, _)| !taken.contains(*name));
    let mut left_out = 0;
    let late = if seen.admits { 0 } else { coming().filter(|(_, is_ready)| **is_ready).count() };
    for (name, _) in coming().filter(|(_, is_ready)| **is_ready && seen.admits) {
        match free_place(&nodes, name, seen) {
            Some(place) => {
                nodes.resize(nodes.len().max(place + 1), String::new());
                nodes[place].clone_from(name);
            }
            None => left_out += 1,
        }
    }
    if seen.reuses {
        let last = nodes.iter().rposition(|node| !node.is_empty());
        nodes.truncate(last.map_or(0, |last| last + 1));
    }
    let not_ready = coming().filter(|(_, is_ready)| !**is_ready).count();
    AssignedNodes { nodes, left_out, late, not_ready, again_in }
}

/// Takes the names of nodes away that do not fit any more: after a while, or at once where nothing of a client runs there
/// and nothing that was measured counts for the node.
fn release(
    nodes: &mut [String],
    seen: NodesSeen<'_>,
    unfit: &mut UnfitNodes,
    now: Instant,
) -> Option<Duration> {
    unfit.0.retain(|node, _| nodes.contains(node) && !seen.fitting.contains_key(node));
    let mut known = BTreeSet::new();
    let mut again_in: Option<Duration> = None;
    for (index, node) in (0..).zip(nodes.iter_mut()) {
        let is_first = node.is_empty() || known.insert(node.clone());
        if is_first && (seen.finished.contains(&index) || seen.fitting.contains_key(node) || node.is_empty())
        {
            continue;
        }
        let since = *unfit.0.entry(node.clone()).or_insert(now);
        let left = UNFIT_AFTER.saturating_sub(now.saturating_duration_since(since));
        if is_first && !left.is_zero() && is_held(index, seen) {
            again_in = Some(again_in.map_or(left, |known| known.min(left)));
        } else {
            node.clear();
        }
    }
    again_in
}

/// Whether the client stays for a while: it runs, or what it measured before is of no use on another node. Between two attempts
/// there is no pod.
fn is_held(index: u32, seen: NodesSeen<'_>) -> bool {
    let has_measured_here = !seen.reuses && seen.attempts.of(index) > 0;
    has_measured_here || seen.pods.iter().any(|pod| runs(pod, index))
}

fn runs(pod: &ClientPod, index: u32) -> bool {
    pod.index == Some(index) && pod.node.is_some() && pod.end.is_none() && !pod.is_terminating
}

/// The first client that is free for a node: none that still has a pod on another one. Before all others comes the one whose pod is
/// on this very node.
fn free_place(nodes: &[String], name: &str, seen: NodesSeen<'_>) -> Option<usize> {
    let pinned_elsewhere = |pod: &ClientPod| pod.pinned.as_deref().is_some_and(|node| node != name);
    let free: Vec<(usize, u32)> = (0..MAX_NODES)
        .zip(0..)
        .filter(|(place, index)| {
            let is_empty = match nodes.get(*place) {
                Some(node) => seen.reuses && node.is_empty(),
                None => true,
            };
            let mut pods = seen.pods.iter().filter(|pod| pod.index == Some(*index) && pod.end.is_none());
            is_empty && !seen.finished.contains(index) && !pods.any(pinned_elsewhere)
        })
        .collect();
    let is_its_own = |(_, index): &&(usize, u32)| {
        seen.pods.iter().any(|pod| pod.index == Some(*index) && pod.pinned.as_deref() == Some(name))
    };
    free.iter().find(is_its_own).or(free.first()).map(|(place, _)| *place)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::clients::tests::pod;

    struct Scene {
        fitting: FittingNodes,
        stored: Vec<String>,
        pods: Vec<ClientPod>,
        finished: BTreeSet<u32>,
        attempts: Attempts,
        admits: bool,
        reuses: bool,
        unfit: UnfitNodes,
        start: Instant,
    }

    impl Scene {
        fn of(ready: &[&str]) -> Self {
            Self {
                fitting: ready.iter().map(|name| ((*name).to_owned(), true)).collect(),
                stored: Vec::new(),
                pods: Vec::new(),
                finished: BTreeSet::new(),
                attempts: Attempts::default(),
                admits: true,
                reuses: true,
                unfit: UnfitNodes::default(),
                start: Instant::now(),
            }
        }

        fn at(&mut self, second: u64) -> AssignedNodes {
            let Self { fitting, pods, finished, attempts, admits, reuses, .. } = self;
            let seen = NodesSeen { fitting, pods, finished, attempts, admits: *admits, reuses: *reuses };
            let now = self.start + Duration::from_secs(second);
            let assigned = assign(&self.stored, seen, &mut self.unfit, now);
            self.stored.clone_from(&assigned.nodes);
            assigned
        }

        fn runs(&mut self, index: u32, node: &str) {
            let pinned = Some(node.to_owned());
            self.pods.push(ClientPod { node: pinned.clone(), pinned, ..pod(index, 1) });
        }
    }

    #[test]
    fn a_node_keeps_its_client_and_one_that_comes_gets_the_first_that_is_free() {
        let mut scene = Scene::of(&["b", "a", "c"]);
        assert_eq!(scene.at(0).nodes, ["a", "b", "c"]);
        scene.fitting.remove("b");
        scene.fitting.insert("0".into(), true);
        assert_eq!(scene.at(1).nodes, ["a", "0", "c"]);
        scene.fitting.remove("c");
        assert_eq!(scene.at(2).nodes, ["a", "0"]);
        scene.fitting.extend([("c".into(), true), ("b".into(), true)]);
        assert_eq!(scene.at(3).nodes, ["a", "0", "b", "c"]);
    }

    #[test]
    fn a_node_that_is_not_ready_keeps_its_client_and_gets_none() {
        let mut scene = Scene::of(&["a", "b"]);
        scene.at(0);
        scene.fitting.extend([("a".into(), false), ("c".into(), false)]);
        let assigned = scene.at(1000);
        assert_eq!((assigned.nodes, assigned.not_ready), (vec!["a".to_owned(), "b".into()], 1));
        scene.fitting.insert("c".into(), true);
        assert_eq!(scene.at(1001).nodes, ["a", "b", "c"]);
    }

    #[test]
    fn a_client_that_runs_stays_for_a_while_where_it_does_not_fit() {
        let mut scene = Scene::of(&["a", "b"]);
        scene.runs(0, "a");
        scene.at(0);
        scene.fitting.remove("a");
        let assigned = scene.at(10);
        assert_eq!((assigned.nodes.len(), assigned.again_in), (2, Some(UNFIT_AFTER)));
        scene.fitting.insert("a".into(), true);
        assert_eq!(scene.at(35).again_in, None, "it came back");
        scene.fitting.remove("a");
        scene.at(36);
        assert_eq!(scene.at(65).nodes, ["a", "b"]);
        scene.fitting.insert("c".into(), true);
        assert_eq!(scene.at(66).nodes, ["", "b", "c"], "the pod of the first is still there");
        scene.pods.clear();
        scene.fitting.insert("d".into(), true);
        assert_eq!(scene.at(67).nodes, ["d", "b", "c"]);

        // Drained: nothing runs there.
        let mut scene = Scene::of(&["a"]);
        scene.runs(0, "a");
        scene.at(0);
        scene.pods[0].is_terminating = true;
        scene.fitting.clear();
        assert_eq!(scene.at(1).nodes, Vec::<String>::new());
    }

    #[test]
    fn who_is_done_stays_and_what_was_measured_counts_for_one_node() {
        let mut scene = Scene::of(&["a", "b"]);
        scene.reuses = false;
        scene.at(0);
        scene.finished = [0].into();
        scene.fitting = [("c".to_owned(), true)].into();
        assert_eq!(scene.at(100).nodes, ["a", "", "c"]);
        scene.admits = false;
        scene.fitting.insert("d".into(), true);
        let assigned = scene.at(101);
        assert_eq!((assigned.nodes, assigned.late), (vec!["a".into(), String::new(), "c".into()], 1));
    }

    /// A node is cordoned for a moment while the pause before the next attempt goes on.
    #[test]
    fn who_has_measured_stays_for_a_while_between_two_attempts_too() {
        let mut scene = Scene::of(&["a", "b"]);
        scene.reuses = false;
        scene.attempts = Attempts::parse("0:1");
        scene.at(0);
        scene.fitting.clear();
        let assigned = scene.at(10);
        assert_eq!((assigned.nodes, assigned.again_in), (vec!["a".into(), String::new()], Some(UNFIT_AFTER)));
        assert_eq!(scene.at(39).nodes, ["a", ""]);
        assert_eq!(scene.at(40).nodes, ["", ""]);
    }

    #[test]
    fn there_are_at_most_so_many() {
        let names: Vec<_> = (0..103).map(|number| format!("node-{number:03}")).collect();
        let mut scene = Scene::of(&names.iter().map(String::as_str).collect::<Vec<_>>());
        let assigned = scene.at(0);
        assert_eq!((assigned.nodes.len(), assigned.left_out), (MAX_NODES, 3));
        assert_eq!(scene.at(1), assigned);
        scene.fitting.remove("node-007");
        let assigned = scene.at(2);
        assert_eq!((assigned.nodes[7].as_str(), assigned.left_out), ("node-100", 2));
    }

    /// Somebody took the status away.
    #[test]
    fn a_client_is_known_again_by_its_pod() {
        let mut scene = Scene::of(&["a", "b", "c"]);
        scene.runs(0, "c");
        scene.runs(4, "a");
        assert_eq!(scene.at(0).nodes, ["c", "b", "", "", "a"]);
    }

    proptest! {
        #[test]
        fn whatever_comes_and_goes_each_node_has_one_client_and_keeps_it(
            steps in prop::collection::vec((0_usize..8, 0_usize..4, any::<bool>()), 1..60), reuses: bool,
        ) {
            let mut scene = Scene::of(&[]);
            scene.reuses = reuses;
            for (second, (node, change, runs)) in (0..).step_by(9).zip(steps) {
                let name = ["a", "b", "c", "d", "e", "f", "g", "h"][node];
                match change {
                    0 => drop(scene.fitting.remove(name)),
                    1 => drop(scene.fitting.insert(name.into(), false)),
                    _ => drop(scene.fitting.insert(name.into(), true)),
                }
                let before = scene.stored.clone();
                let index = before.iter().position(|known| known == name);
                if runs && let Some(index) = index {
                    scene.runs(u32::try_from(index).unwrap(), name);
                } else {
                    scene.pods.retain(|pod| pod.pinned.as_deref() != Some(name));
                }
                let after = scene.at(second).nodes;
                let named: Vec<_> = after.iter().filter(|node| !node.is_empty()).collect();
                prop_assert_eq!(named.iter().collect::<BTreeSet<_>>().len(), named.len(), "{:?}", after);
                for (place, node) in before.iter().enumerate().filter(|(_, node)| !node.is_empty()) {
                    let is_kept = after.get(place) == Some(node);
                    prop_assert!(is_kept || !scene.fitting.contains_key(node), "{:?} then {:?}", before, after);
                    if !is_kept && !reuses {
                        prop_assert_eq!(after.get(place).map(String::as_str), Some(""));
                    }
                }
                for (node, _) in scene.fitting.iter().filter(|(_, is_ready)| **is_ready) {
                    let has_room = after.len() < MAX_NODES;
                    prop_assert!(after.contains(node) || !has_room, "{} is not in {:?}", node, after);
                }
                prop_assert_eq!(scene.at(second).nodes, after, "nothing has happened since");
            }
        }
    }
}
