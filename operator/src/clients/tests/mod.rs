//! What is planned, case by case.

mod measured;
mod placement;

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use crds::Placement;
use jiff::Timestamp;

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
        job: None,
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
    server_kept_away: Option<Duration>,
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
        let wanted = Wanted {
            clients: first(clients),
            nodes: None,
            template: "t",
            kept: &[],
            run: None,
            stage,
            placement,
        };
        let server = Some(ServerPlace { node: "s", since: MINUTE });
        let attempts = Attempts::parse("0-9:1");
        let (finished, measured, pods) = (BTreeSet::new(), Measured::default(), pods.to_vec());
        let (held, has_no_room, lost) = (BTreeSet::new(), false, None);
        Self {
            wanted,
            pods,
            server,
            server_kept_away: None,
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
            server_kept_away: self.server_kept_away,
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

/// O11: another version of the operator makes them otherwise.
#[test]
fn what_may_stay_stays_and_its_replacement_is_made_of_what_is_wanted() {
    let failed = ClientPod { end: Some(End::Failed), is_over: true, ..pod(0, 1) };
    let mut scene = Scene::of(2, &[failed, pod(1, 1)]);
    (scene.wanted.template, scene.wanted.kept) = ("other", Box::leak(Box::new(["t".to_owned()])));
    scene.plan();
    assert_eq!(scene.after(1).actions(), (vec![(0, 2)], Vec::new()));
    scene.wanted.kept = &[];
    assert_eq!(scene.actions().1, deletes(&[(1, 1), (0, 1)], Why::Outdated).1, "it is its turn to move");
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
