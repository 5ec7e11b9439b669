//! Where clients are, and where they go when their server or their node does.

use serde_json::json;

use super::*;
use crate::clients::known_nodes;

/// O14: the scheduler cares only for where pods are when they come.
#[test]
fn a_placement_is_kept_when_the_server_comes_elsewhere() {
    for (placement, server, expected) in [
        (Placement::SameNode, "s", true),
        (Placement::SameNode, "a", false),
        (Placement::CrossNode, "a", true),
        (Placement::CrossNode, "s", false),
        (Placement::Spread, "a", false),
        (Placement::Any, "a", false),
    ] {
        let mut scene = Scene::of(1, &[pod(0, 1)]);
        scene.wanted.placement = placement;
        scene.server = Some(ServerPlace { node: server, since: Duration::from_secs(2) });
        let plan = scene.plan();
        assert_eq!((plan.deletes.len(), plan.again_in.is_some()), (0, expected), "{placement:?} {server}");
        scene.server = Some(ServerPlace { node: server, since: Duration::from_secs(5) });
        let misplaced = if expected { deletes(&[(0, 1)], Why::Misplaced) } else { nothing() };
        assert_eq!(scene.actions(), misplaced, "{placement:?} {server}");
    }
}

/// A server whose node was lost found no other one, for ever, as each had a client.
#[test]
fn clients_make_way_for_a_server_that_they_keep_from_every_node() {
    for (placement, expected) in [
        (Placement::CrossNode, true),
        (Placement::CrossZone, true),
        (Placement::SameNode, false),
        (Placement::Spread, false),
        (Placement::Any, false),
    ] {
        let elsewhere = ClientPod { node: Some("b".into()), ..pod(1, 1) };
        let unscheduled = ClientPod { node: None, ..pod(2, 1) };
        let mut scene = Scene::of(3, &[pod(0, 1), elsewhere, unscheduled]);
        (scene.wanted.placement, scene.server) = (placement, None);
        assert_eq!(
            (scene.actions(), scene.plan().again_in),
            (nothing(), None),
            "it may be for another cause"
        );
        scene.server_kept_away = Some(Duration::from_secs(7));
        let plan = scene.plan();
        let left = expected.then_some(Duration::from_secs(3));
        assert_eq!((plan.deletes.len(), plan.again_in), (0, left), "{placement:?}");
        scene.server_kept_away = Some(Duration::from_secs(10));
        scene.lost = Some(Duration::from_secs(5));
        let one = if expected { deletes(&[(1, 1)], Why::Misplaced) } else { nothing() };
        assert_eq!(scene.actions(), one, "{placement:?}: node a takes nothing");
        scene.lost = None;
        let both = if expected { deletes(&[(1, 1), (0, 1)], Why::Misplaced) } else { nothing() };
        assert_eq!(scene.actions(), both, "{placement:?}");
    }
}

/// A session with a client on each of these nodes; those that are ready fit.
fn each_node(nodes: &'static [String], pods: &[ClientPod]) -> Scene {
    let mut scene = Scene::of(0, pods);
    scene.wanted.placement = Placement::EachNode;
    scene.wanted.clients = Box::leak(Box::new(WantedClients::of_nodes(nodes)));
    scene.wanted.nodes = Some(nodes);
    scene.fitting = nodes.iter().map(|node| (node.clone(), true)).collect();
    scene
}

fn names(nodes: &[&str]) -> &'static [String] {
    nodes.iter().map(|node| (*node).to_owned()).collect::<Vec<_>>().leak()
}

fn pinned(index: u32, node: &str) -> ClientPod {
    ClientPod { node: Some(node.into()), pinned: Some(node.into()), ..pod(index, 1) }
}

#[test]
fn each_node_has_a_client_of_its_own() {
    let mut scene = each_node(names(&["a", "", "c"]), &[pinned(0, "a")]);
    assert_eq!(scene.actions(), (vec![(2, 1)], vec![]));
    // The node of the second is gone, and with it its client; and the pod of the third is another node's.
    scene.pods = vec![pinned(0, "a"), pinned(1, "b"), pinned(2, "d")];
    let expected = [(pod(2, 1).name, Why::Misplaced), (pod(1, 1).name, Why::ScaledDown)];
    let (creates, mut deleted) = scene.actions();
    deleted.sort_by_key(|(name, _)| std::cmp::Reverse(name.clone()));
    assert_eq!((creates, deleted), (vec![], expected.into()));
    // Without a node of its own it might come to any.
    scene.pods = vec![pod(0, 1), pinned(2, "c")];
    assert_eq!(scene.actions(), deletes(&[(0, 1)], Why::Misplaced));
}

#[test]
fn a_client_waits_for_its_node() {
    let mut scene = each_node(names(&["a"]), &[pinned(0, "a")]);
    scene.lost = Some(Duration::from_secs(1000));
    assert_eq!((scene.actions(), scene.plan().again_in), (nothing(), None), "nowhere else could it be");
    scene.pods[0].is_terminating = true;
    assert_eq!(scene.actions(), nothing(), "it may stream again");
    scene.pods.clear();
    scene.plan();
    assert_eq!(scene.after(1).actions().0, [(0, 2)], "as long as its node fits");
    scene.fitting.clear();
    assert_eq!(scene.actions(), nothing(), "cordoned");
}

fn zoned(zones: &[(&'static str, &str)]) -> KnownNodes {
    let node = |(name, zone): &(&'static str, &str)| {
        let labels = if zone.is_empty() { json!({}) } else { json!({"topology.kubernetes.io/zone": zone}) };
        (*name, json!({"metadata": {"labels": labels}}))
    };
    known_nodes(&zones.iter().map(node).collect::<Vec<_>>())
}

/// O14 for zones: the server came to that of its client.
#[test]
fn a_zone_is_another_one_wherever_the_server_comes() {
    let of = |zones: &[(&'static str, &str)], before: &str| {
        let client = ClientPod { server_node: Some(before.into()), ..pod(0, 1) };
        let mut scene = Scene::of(1, &[client]);
        scene.wanted.placement = Placement::CrossZone;
        scene.nodes = zoned(zones);
        scene.server = Some(ServerPlace { node: "s", since: Duration::from_secs(2) });
        assert_eq!(scene.actions(), nothing(), "it may fail at once");
        scene.server = Some(ServerPlace { node: "s", since: Duration::from_secs(5) });
        !scene.actions().1.is_empty()
    };
    assert!(of(&[("a", "north"), ("s", "north")], "s"));
    assert!(!of(&[("a", "north"), ("s", "south")], "elsewhere"));
    assert!(of(&[("a", ""), ("s", "south")], "s"), "its label was taken away");
    assert!(!of(&[("a", "north"), ("s", "")], "elsewhere"), "which zone is another one is not known");
    // Nodes cannot be read: wherever the server is now, it may be in the zone of its client.
    assert!(!of(&[], "s"));
    assert!(of(&[], "elsewhere"));
}

#[test]
fn without_a_zone_of_the_server_no_client_is_made() {
    let creates = |zones: &[(&'static str, &str)]| {
        let mut scene = Scene::of(1, &[]);
        scene.attempts = Attempts::default();
        scene.wanted.placement = Placement::CrossZone;
        scene.nodes = zoned(zones);
        scene.actions().0.len()
    };
    assert_eq!(creates(&[("s", ""), ("a", "north")]), 0);
    assert_eq!(creates(&[("s", "north")]), 1, "a node may be made for it");
    assert_eq!(creates(&[]), 1, "the scheduler knows");
}
