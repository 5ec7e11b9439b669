//! What is planned, case by case.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use crds::Placement;
use jiff::Timestamp;
use serde_json::json;

use super::node::tests::nodes;
use super::*;
use crate::run::{RunStage, WantedClients};

/// A pod of the wanted template on node `a`.
pub(super) fn pod(index: u32, attempt: u32) -> ClientPod {
    ClientPod {
        name: format!("harbor-client-{index}-{attempt}"),
        uid: format!("uid-{index}-{attempt}"),
        index: Some(index),
        attempt,
        template: "t".into(),
        run: None,
        node: Some("a".into()),
        pinned: None,
        server_node: None,
        is_terminating: false,
        never_runs: false,
        is_ready: false,
        end: None,
        ended_at: None,
        is_over: false,
    }
}

/// Index and attempt of what is created, and name of what is deleted and why.
type Actions = (Vec<(u32, u32)>, Vec<(String, Why)>);

/// A session whose server is on node `s`, and a process that has listed its pods.
struct Scene {
    wanted: Wanted<'static>,
    pods: Vec<ClientPod>,
    server: Option<ServerPlace<'static>>,
    nodes: KnownNodes,
    /// The nodes that fit.
    fitting: FittingNodes,
    /// For how long node `a` has not been ready.
    lost: Option<Duration>,
    /// The UIDs of pods that cannot be deleted.
    held: BTreeSet<String>,
    has_no_room: bool,
    attempts: Attempts,
    finished: BTreeSet<u32>,
    measured: Measured,
    tracker: Tracker,
    start: Instant,
    second: u64,
}

const MINUTE: Duration = Duration::from_secs(60);

impl Scene {
    fn of(clients: u32, pods: &[ClientPod]) -> Self {
        let mut tracker = Tracker::default();
        let start = Instant::now();
        tracker.listed(pods.to_vec(), pods, start);
        let stage = RunStage::Active;
        let placement = Placement::Spread;
        let wanted =
            Wanted { clients: first(clients), nodes: None, template: "t", run: None, stage, placement };
        let server = Some(ServerPlace { node: "s", since: MINUTE });
        let attempts = Attempts::parse("0-9:1");
        let (finished, measured, pods) = (BTreeSet::new(), Measured::default(), pods.to_vec());
        let (held, has_no_room, lost) = (BTreeSet::new(), false, None);
        Self {
            wanted,
            pods,
            server,
            nodes: KnownNodes::Awaited,
            fitting: FittingNodes::new(),
            lost,
            held,
            has_no_room,
            attempts,
            finished,
            measured,
            tracker,
            start,
            second: 0,
        }
    }

    fn plan(&mut self) -> Plan {
        let (lost, held) = (self.lost, &self.held);
        let pods = self.tracker.pods(self.pods.clone());
        let observed = Observed {
            pods: &pods,
            server: self.server,
            nodes: &self.nodes,
            fitting: &self.fitting,
            not_ready_for: &|node| lost.filter(|_| node == "a"),
            is_held: &|uid| held.contains(uid),
            has_no_room: self.has_no_room,
            attempts: &self.attempts,
            finished: &self.finished,
            measured: &self.measured,
            run_since: Timestamp::UNIX_EPOCH,
            time: at(self.second),
        };
        let now = self.start + Duration::from_secs(self.second);
        let plan = plan(&self.wanted, &observed, &mut self.tracker, now);
        self.measured = Measured::parse(&plan.measured.text());
        plan
    }

    /// What is created, and deleted and why.
    fn actions(&mut self) -> Actions {
        let plan = self.plan();
        let creates = plan.creates.iter().map(|create| (create.index, create.attempt)).collect();
        (creates, plan.deletes.into_iter().map(|delete| (delete.name, delete.why)).collect())
    }

    /// Another process leads, that knows what is stored and what pods there are.
    fn restart(&mut self) {
        self.tracker = Tracker::default();
        let now = self.start + Duration::from_secs(self.second);
        self.tracker.listed(self.pods.clone(), &self.pods, now);
    }

    fn after(&mut self, seconds: u64) -> &mut Self {
        self.second += seconds;
        self
    }
}

/// So many seconds after the run began.
fn at(second: u64) -> Timestamp {
    Timestamp::from_second(second.try_into().unwrap()).unwrap()
}

fn first(clients: u32) -> &'static WantedClients {
    Box::leak(Box::new(WantedClients::first(clients)))
}

fn nothing() -> Actions {
    Default::default()
}

fn deletes(pods: &[(u32, u32)], why: Why) -> Actions {
    (Vec::new(), pods.iter().map(|(index, attempt)| (pod(*index, *attempt).name, why)).collect())
}

#[test]
fn what_is_as_it_shall_be_needs_nothing() {
    let mut scene = Scene::of(2, &[pod(0, 1), pod(1, 1)]);
    assert_eq!(scene.actions(), nothing());
    assert_eq!(scene.plan().again_in, None);
}

#[test]
fn clients_are_created_once_their_server_is_somewhere() {
    let mut scene = Scene::of(2, &[]);
    scene.attempts = Attempts::default();
    scene.server = None;
    assert_eq!(scene.actions(), nothing());
    scene.server = Some(ServerPlace { node: "s", since: Duration::ZERO });
    assert_eq!(scene.actions().0, [(0, 1), (1, 1)]);
    scene.server = None;
    scene.wanted.placement = Placement::Any;
    assert_eq!(scene.actions().0, [(0, 1), (1, 1)], "wherever the server comes to be");
}

#[test]
fn a_stored_attempt_that_nobody_has_seen_is_made_again_under_its_name() {
    let mut scene = Scene::of(1, &[]);
    scene.attempts = Attempts::parse("0:4");
    assert_eq!(scene.actions().0, [(0, 4)]);
    // Once it was there, it is over.
    scene.tracker.created(pod(0, 4), scene.start);
    assert_eq!(scene.actions(), nothing(), "the watch has not brought it yet");
    scene.pods = vec![pod(0, 4)];
    assert_eq!(scene.actions(), nothing());
    scene.pods = Vec::new();
    assert_eq!(scene.actions(), nothing(), "after a second");
    assert_eq!(scene.after(1).actions().0, [(0, 5)]);
}

/// O1: after 11, 22, 43, 82, 161, 321 and 603 s it was.
#[test]
fn evicted_seven_times_it_is_back_within_15_seconds() {
    let mut scene = Scene::of(1, &[pod(0, 1)]);
    scene.tracker.pods(vec![pod(0, 1)]);
    let mut pauses = Vec::new();
    for attempt in 1..=7 {
        let evicted = ClientPod { end: Some(End::Failed), is_over: true, ..pod(0, attempt) };
        scene.attempts = Attempts::parse(&format!("0:{attempt}"));
        scene.pods = vec![evicted];
        let since = scene.second;
        while scene.actions().0.is_empty() {
            scene.after(1);
        }
        assert_eq!(scene.actions().0, [(0, attempt + 1)]);
        pauses.push(scene.second - since);
    }
    assert_eq!(pauses, [1, 2, 4, 8, 15, 15, 15]);
}

#[test]
fn the_log_of_the_last_failure_stays_until_its_successor_has_proved_itself() {
    let failed = |attempt| ClientPod { end: Some(End::Failed), is_over: true, ..pod(0, attempt) };
    let ready = |attempt| ClientPod { is_ready: true, ..pod(0, attempt) };
    let mut scene = Scene::of(1, &[failed(1), failed(2), pod(0, 3)]);
    assert_eq!(scene.actions(), deletes(&[(0, 1)], Why::Failed));
    scene.pods = vec![failed(2), ready(3)];
    let plan = scene.plan();
    assert_eq!((plan.deletes, plan.again_in), (Vec::new(), Some(MINUTE)));
    assert_eq!(scene.after(60).actions(), deletes(&[(0, 2)], Why::Failed));
    // Of one in which something else runs on, nobody may wait for the end.
    scene.pods = vec![ClientPod { is_over: false, ..failed(3) }, pod(0, 4)];
    assert_eq!(scene.actions(), deletes(&[(0, 3)], Why::Failed));
}

/// O2: it was never replaced.
#[test]
fn a_client_whose_node_is_lost_is_replaced_within_45_seconds() {
    let mut scene = Scene::of(1, &[pod(0, 1)]);
    scene.lost = Some(Duration::from_secs(10));
    let plan = scene.plan();
    assert_eq!((plan.deletes.len(), plan.again_in), (0, Some(Duration::from_secs(20))));
    scene.lost = Some(Duration::from_secs(30));
    assert_eq!(scene.actions(), deletes(&[(0, 1)], Why::NodeLost));
    assert_eq!(scene.after(1).actions().0, [(0, 2)], "although the old pod stays");
    let going = ClientPod { is_terminating: true, ..pod(0, 1) };
    scene.pods = vec![going.clone(), ClientPod { node: None, ..pod(0, 2) }];
    assert_eq!(scene.actions(), nothing());
    // Deleted by hand, and then its node is lost.
    let mut scene = Scene::of(1, &[going]);
    assert_eq!(scene.actions(), nothing());
    scene.lost = Some(Duration::from_secs(31));
    assert_eq!((scene.actions(), scene.after(1).actions().0), (nothing(), vec![(0, 2)]));
}

#[test]
fn a_pod_on_its_way_out_is_waited_for_until_its_client_ended() {
    let going = ClientPod { is_terminating: true, ..pod(0, 1) };
    let mut scene = Scene::of(1, std::slice::from_ref(&going));
    let plan = scene.plan();
    assert_eq!((plan.creates.len(), plan.again_in.is_some()), (0, true));
    scene.pods = vec![ClientPod { end: Some(End::Failed), ..going }];
    scene.plan();
    assert_eq!(scene.after(1).actions().0, [(0, 2)]);
}

/// Somebody's finalizer keeps it.
#[test]
fn a_pod_that_never_runs_is_not_waited_for() {
    let kept = ClientPod { is_terminating: true, never_runs: true, node: None, ..pod(0, 1) };
    let mut scene = Scene::of(1, &[kept]);
    scene.plan();
    assert_eq!(scene.after(1).actions().0, [(0, 2)]);
}

#[test]
fn what_is_made_of_something_else_is_replaced_at_once_and_all_of_it() {
    let mut scene = Scene::of(2, &[pod(0, 1), pod(1, 1)]);
    scene.wanted.template = "other";
    assert_eq!(scene.actions(), deletes(&[(1, 1), (0, 1)], Why::Outdated));
    for pod in &scene.pods {
        scene.tracker.deleted(&pod.uid);
    }
    assert_eq!(scene.actions(), nothing(), "each is waited for");
    scene.pods.pop();
    assert_eq!(scene.actions().0, [(1, 2)], "and none of them has failed by that");
}

#[test]
fn scaled_down_the_highest_go_and_scaled_up_they_are_new_attempts() {
    let mut scene = Scene::of(2, &[pod(0, 1), pod(1, 1), pod(2, 1), pod(3, 1)]);
    assert_eq!(scene.actions(), deletes(&[(3, 1), (2, 1)], Why::ScaledDown));
    scene.pods.truncate(2);
    scene.wanted.clients = first(3);
    assert_eq!(scene.actions().0, [(2, 2)]);
    scene.wanted.clients = first(0);
    assert_eq!(scene.actions(), deletes(&[(1, 1), (0, 1)], Why::ScaledDown));
}

#[test]
fn suspended_nothing_stays_but_what_is_done_and_resumed_it_is_tried_anew() {
    let done = |index| ClientPod {
        end: Some(End::Succeeded),
        is_over: true,
        run: Some("r".into()),
        ..pod(index, 1)
    };
    let running = |index| ClientPod { run: Some("r".into()), ..pod(index, 1) };
    let mut scene = Scene::of(3, &[done(0), running(1), ClientPod { end: Some(End::Failed), ..running(2) }]);
    scene.wanted.run = Some("r");
    scene.wanted.stage = RunStage::Suspended;
    assert_eq!(scene.actions(), deletes(&[(2, 1), (1, 1)], Why::NotWanted));
    scene.wanted.stage = RunStage::Finished;
    assert_eq!(scene.actions(), deletes(&[(1, 1)], Why::NotWanted));
    scene.wanted.stage = RunStage::Active;
    scene.pods.truncate(1);
    assert_eq!(scene.actions().0, [(1, 2), (2, 2)]);
}

#[test]
fn a_client_that_is_done_stays_done_without_its_pod_in_its_own_run() {
    let done = ClientPod { end: Some(End::Succeeded), run: Some("r".into()), ..pod(0, 1) };
    let mut scene = Scene::of(2, &[done, ClientPod { run: Some("r".into()), ..pod(1, 1) }]);
    scene.wanted.run = Some("r");
    assert_eq!(scene.plan().finished, [0].into());
    scene.finished = [0].into();
    scene.pods.remove(0);
    assert_eq!((scene.actions(), scene.plan().finished), (nothing(), [0].into()));
    // Of another run, which has other pods, nobody is done.
    let mut scene =
        Scene::of(1, &[ClientPod { end: Some(End::Succeeded), run: Some("r".into()), ..pod(0, 1) }]);
    (scene.wanted.run, scene.wanted.template) = (Some("other"), "other");
    assert_eq!(scene.plan().finished, BTreeSet::new());
    assert_eq!(scene.actions(), (vec![(0, 2)], vec![(pod(0, 1).name, Why::Outdated)]));
    // Without an end to the run, a client that ended has failed.
    let mut scene = Scene::of(1, &[ClientPod { end: Some(End::Succeeded), is_over: true, ..pod(0, 1) }]);
    scene.plan();
    assert_eq!((scene.after(1).actions().0, scene.plan().finished), (vec![(0, 2)], BTreeSet::new()));
}

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
    nodes(&zones.iter().map(node).collect::<Vec<_>>())
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

#[test]
fn a_replacement_knows_what_was_measured() {
    let running = ClientPod { is_ready: true, run: Some("r".into()), ..pod(0, 1) };
    let mut scene = Scene::of(1, std::slice::from_ref(&running));
    scene.wanted.run = Some("r");
    scene.plan();
    scene.after(20).pods = Vec::new();
    scene.plan();
    let create = scene.after(1).plan().creates.remove(0);
    assert_eq!(create, Create { index: 0, attempt: 2, measured: Duration::from_secs(20) });
}

/// A bounded run of one client that has had media since its second 10.
fn measuring() -> Scene {
    let running = ClientPod { is_ready: true, run: Some("r".into()), ..pod(0, 1) };
    let mut scene = Scene::of(1, &[running]);
    scene.wanted.run = Some("r");
    scene.after(10).plan();
    assert_eq!(scene.measured.text(), "0:0@10");
    scene
}

/// The process that saw when media began is not the one that replaces the client.
#[test]
fn a_replacement_knows_what_was_measured_whichever_process_saw_it() {
    // Media goes on across the change, and then the pod is gone.
    let mut scene = measuring();
    scene.after(10).restart();
    scene.after(10).plan();
    assert_eq!(scene.measured.text(), "0:0@10", "nothing is written again");
    scene.pods.clear();
    scene.after(1).plan();
    assert_eq!(scene.measured.text(), "0:21");
    scene.after(1).restart();
    assert_eq!(scene.plan().creates.remove(0).measured, Duration::from_secs(21));

    // It ended while nobody watched, and its pod says when.
    let mut scene = measuring();
    let failed = ClientPod {
        end: Some(End::Failed),
        is_over: true,
        ended_at: Some(at(25)),
        is_ready: false,
        ..scene.pods[0].clone()
    };
    scene.pods = vec![failed];
    scene.after(60).restart();
    scene.plan();
    assert_eq!(scene.measured.text(), "0:15");

    // It is gone without a trace: it measures for longer than it needs to, and not for too short a time.
    let mut scene = measuring();
    scene.pods.clear();
    scene.after(60).restart();
    scene.plan();
    assert_eq!(scene.measured.text(), "");
}

/// The write in which it was to be stored is refused, as somebody else's came before.
#[test]
fn what_was_measured_is_not_lost_with_a_write() {
    let mut scene = measuring();
    scene.pods.clear();
    let stored = scene.measured.clone();
    scene.after(20).plan();
    scene.measured = stored;
    scene.after(1).plan();
    assert_eq!(scene.measured.text(), "0:21");
}

#[test]
fn what_counts_for_nothing_is_forgotten() {
    let forgotten = |change: &dyn Fn(&mut Scene)| {
        let mut scene = measuring();
        change(&mut scene);
        scene.after(5).plan();
        scene.measured.text()
    };
    assert_eq!(forgotten(&|_| ()), "0:0@10");
    assert_eq!(forgotten(&|scene| scene.wanted.stage = RunStage::Suspended), "");
    assert_eq!(forgotten(&|scene| scene.wanted.template = "u"), "", "it is made of something else now");
    assert_eq!(forgotten(&|scene| scene.wanted.clients = first(0)), "");
    assert_eq!(forgotten(&|scene| scene.wanted.run = None), "");
    assert_eq!(forgotten(&|scene| _ = scene.finished.insert(0)), "", "it is done");
    let replaced = |scene: &mut Scene| {
        let before = ClientPod {
            template: "s".into(),
            is_ready: false,
            is_terminating: true,
            node: None,
            never_runs: true,
            ..pod(0, 1)
        };
        let current = ClientPod { is_ready: true, ..pod(0, 2) };
        scene.pods = vec![before, current];
    };
    assert_eq!(forgotten(&replaced), "0:0@10", "what is on its way out was forgotten before");
}

#[test]
fn what_belongs_to_no_client_goes_and_what_is_from_before_as_well() {
    let nameless = ClientPod { index: None, name: "x".into(), ..pod(0, 7) };
    let of_job = ClientPod { attempt: 0, template: String::new(), ..pod(1, 0) };
    let mut scene = Scene::of(2, &[pod(0, 2), pod(0, 1), of_job, nameless]);
    let (creates, deleted) = scene.actions();
    assert_eq!(creates, [], "the pod of the Job is still there");
    let expected =
        [("x", Why::Outdated), ("harbor-client-1-0", Why::Outdated), ("harbor-client-0-1", Why::Superseded)];
    assert_eq!(deleted, expected.map(|(name, why)| (name.to_owned(), why)));
}

#[test]
fn only_so_much_is_done_at_a_time() {
    let mut scene = Scene::of(100, &[]);
    scene.attempts = Attempts::default();
    let plan = scene.plan();
    assert_eq!((plan.creates.len(), plan.has_more, plan.again_in), (20, true, None));
    let pods: Vec<_> = (0..100).map(|index| pod(index, 1)).collect();
    let plan = Scene::of(0, &pods).plan();
    assert_eq!((plan.deletes.len(), plan.has_more, plan.again_in), (20, true, None));
    assert_eq!(plan.deletes[0].name, pod(99, 1).name);
    // What cannot be deleted leaves the others their turn.
    let pods: Vec<_> = (0..30).map(|index| pod(index, 1)).collect();
    let mut scene = Scene::of(0, &pods);
    scene.held = (10..30).map(|index| pod(index, 1).uid).collect();
    let plan = scene.plan();
    assert_eq!((plan.deletes.len(), plan.held.len(), plan.has_more), (10, 20, false));
    assert_eq!(plan.deletes[0].name, pod(9, 1).name);
}

/// With a quota that just fits, the pod that is kept for its log would be in the way of its own replacement.
#[test]
fn without_room_no_log_is_kept() {
    let failed = ClientPod { end: Some(End::Failed), is_over: true, ..pod(0, 1) };
    let mut scene = Scene::of(1, &[failed]);
    assert_eq!(scene.actions(), nothing());
    scene.has_no_room = true;
    assert_eq!(scene.actions(), deletes(&[(0, 1)], Why::Failed));
}
