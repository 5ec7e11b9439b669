//! Every reason, and which of two that apply is shown.

mod network;
mod paths;
mod pods;
mod status;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crds::{BallSessionStatus, Run};
use jiff::Timestamp;
use k8s_openapi::api::core::v1::Pod;
use report::{ErrorCode, State};
use serde_json::{Value, json};

use super::pods::tests::{no_longer_ready, pod, ready, waiting};
use super::stages::tests::{client_posts, server_posts};
use super::*;
use crate::cluster::LostNode;
use crate::controller::build::fixture;
use crate::controller::reached::Reached;
use crate::controller::resources::{Applied, Resources};
use crate::report_source::{ServerView, View};
use crate::run::{Outcome, Phase, RunStage};
use crate::session::Session;

/// A session of two clients in which everything works, unless a test breaks it.
pub(super) struct Scene {
    session: Session,
    applied: Resources<Applied>,
    pods: Vec<Arc<Pod>>,
    view: View,
    stored: BallSessionStatus,
    run: Run,
    phase: Phase,
    begun: bool,
    finished: BTreeSet<u32>,
    refused: Option<Explanation>,
    failed_attempts: FailedAttempts,
    placement: PlacementState,
    reached: Reached,
    lost_nodes: BTreeMap<String, LostNode>,
    pub(super) zones: BTreeMap<String, String>,
    policies: Option<String>,
    /// For how long it has had problems.
    pub(super) trouble: Option<Duration>,
    /// Since the operator's start and since the last report.
    watching: Duration,
    silent: Duration,
}

const START: &str = "2026-01-01T00:00:00Z";

impl Scene {
    fn new(spec: &Value) -> Self {
        let applied = Resources {
            workload_service_account: None,
            report_ca: None,
            server_deployment: Some(
                serde_json::from_value(json!({"metadata": {}, "spec": {"selector": {}, "template": {}}}))
                    .unwrap(),
            ),
            server_service: None,
            client_job: None,
            server_network_policy: None,
            client_network_policy: None,
            media_service: None,
        };
        let up = ready(START);
        Self {
            session: fixture::session(spec),
            applied,
            pods: vec![pod("server", 0, &up), pod("client", 0, &up), pod("client", 1, &up)],
            view: View {
                server: Some(ServerView { clients_without_media: 0, ..server_posts(&json!({})) }),
                ..View::default()
            },
            stored: BallSessionStatus::default(),
            run: Run { hash: fixture::session(spec).run_hash, ..Run::default() },
            phase: Phase::Measuring,
            begun: true,
            finished: BTreeSet::new(),
            refused: None,
            failed_attempts: FailedAttempts::default(),
            placement: PlacementState::default(),
            reached: Reached::AtPod,
            lost_nodes: BTreeMap::new(),
            zones: BTreeMap::new(),
            policies: None,
            trouble: None,
            watching: Duration::from_secs(100),
            silent: Duration::from_secs(1),
        }
    }

    pub(super) fn working() -> Self {
        Self::new(&json!({"clients": 2}))
    }

    pub(super) fn set_server(&mut self, status: &Value) {
        self.pods[0] = pod("server", 0, status);
    }

    fn set_client(&mut self, index: usize, status: &Value) {
        self.pods[index + 1] = pod("client", index, status);
    }

    pub(super) fn compute(&mut self) -> (Owned, Option<Duration>) {
        let now = Instant::now() + self.watching;
        if let Some(server) = &mut self.view.server {
            server.received = now - self.silent;
        }
        let time = START.parse::<Timestamp>().unwrap() + Duration::from_secs(60);
        observe(&Input {
            session: &self.session,
            applied: &self.applied,
            pods: &ObservedPods::of(&self.pods, &self.session, None, &self.finished, &BTreeMap::new(), time),
            view: &self.view,
            stored: &self.stored,
            generation: Some(3),
            run: &self.run,
            phase: self.phase,
            begun: self.begun,
            refused: self.refused.clone(),
            failed_attempts: &self.failed_attempts,
            placement: &self.placement,
            reached: &self.reached,
            lost_nodes: &self.lost_nodes,
            zones: &self.zones,
            policies: self.policies.as_deref(),
            trouble_since: self.trouble.map(|lasted| now - lasted),
            clock: Clock { now, time, watching_since: now - self.watching },
        })
    }

    pub(super) fn suspend(&mut self) {
        self.session.stage = RunStage::Suspended;
    }

    pub(super) fn finish(&mut self) {
        self.phase = Phase::Over(Outcome::Finished);
    }

    pub(super) fn exceed_deadline(&mut self) {
        self.phase = Phase::Over(Outcome::StartDeadlineExceeded);
    }

    pub(super) fn lose_image(&mut self) {
        self.set_server(&waiting("ImagePullBackOff", "denied"));
    }

    /// Those of the clients.
    pub(super) fn lose_node(&mut self) {
        let lost = LostNode { since: None, why: "Kubelet stopped posting node status.".into() };
        self.lost_nodes = [("b".to_owned(), lost)].into();
    }

    pub(super) fn refuse(&mut self, reason: &str) {
        let reasons = [Reason::ApplyFailed, Reason::InvalidSpec];
        self.refused =
            reasons.into_iter().find(|of| of.as_str() == reason).map(|of| of.with_message("refused"));
    }

    /// What is said of it when its spec makes no sense.
    pub(super) fn invalid(&self) -> Owned {
        let explanation = Reason::InvalidSpec.with_message("spec.clients is 101");
        unrunnable(&explanation, &self.stored, true, Some(3), START.parse().unwrap())
    }

    fn ready(&mut self) -> (String, String) {
        let ready = self.compute().0.ready.unwrap();
        assert_eq!(
            ready.status == "True",
            ["Ready", "Completed", "Suspended"].contains(&ready.reason.as_str())
        );
        (ready.reason, ready.message)
    }
}

#[test]
fn each_reason_hides_those_behind_it() {
    // From the last to the first: each step breaks one more thing, and its reason has to take over.
    let mut scene = Scene::working();
    assert_eq!(scene.ready(), ("Ready".into(), "media flows to 2 of 2 clients".into()));
    scene.silent = Duration::from_secs(30);
    assert_eq!(scene.ready().0, "NoReports");

    let starting = json!({"conditions": [{"type": "Ready", "status": "False"}]});
    scene.set_client(1, &starting);
    assert_eq!(
        scene.ready(),
        (
            "WaitingForClients".into(),
            "1 of 2 clients are ready: harbor-client-1-y on node b has not decoded a frame within the last 2 s".into()
        )
    );
    scene.set_client(1, &no_longer_ready());
    assert_eq!(
        scene.ready(),
        (
            "ClientsLost".into(),
            "1 of 2 clients are ready: harbor-client-1-y on node b had media and has decoded no frame within the last 2 s"
                .into()
        )
    );
    scene.silent = Duration::from_secs(1);
    scene.view.lost = Some("not connected for 5.2 s".into());
    assert_eq!(scene.ready(), ("ClientsLost".into(), "not connected for 5.2 s".into()));
    let blocked = client_posts(State::Connecting, &[(ErrorCode::IceFailed, 1, "")]);
    scene.view.clients = [("harbor-client-1-y".to_owned(), blocked)].into();
    assert_eq!(scene.ready().0, "MediaBlocked");
    let lost = client_posts(State::Connecting, &[(ErrorCode::ResolveFailed, 1, "")]);
    scene.view.clients = [("harbor-client-1-y".to_owned(), lost)].into();
    assert_eq!(scene.ready().0, "SignalingFailed");
    scene.set_server(&starting);
    assert_eq!(scene.ready(), ("ServerNotReady".into(), "harbor-server-x on node a is not ready yet".into()));
    scene.lose_node();
    assert_eq!(scene.ready().0, "NodeLost");
    scene.set_client(0, &waiting("CrashLoopBackOff", ""));
    assert_eq!(scene.ready().0, "CrashLooping");
    let unschedulable = json!({"conditions": [
        {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/3 nodes"}
    ]});
    scene.set_client(1, &unschedulable);
    assert_eq!(scene.ready(), ("Unschedulable".into(), "harbor-client-1-y: 0/3 nodes; not Ready: b".into()));
    scene.set_server(&waiting("ErrImagePull", "denied"));
    assert_eq!(scene.ready().0, "ImagePullFailed");
    scene.refused = Some(Reason::ApplyFailed.with_message("webhook away"));
    assert_eq!(scene.ready(), ("ApplyFailed".into(), "webhook away".into()));
    scene.refused = Some(Reason::PodsForbidden.with_message("exceeded quota"));
    assert_eq!(scene.ready(), ("PodsForbidden".into(), "exceeded quota".into()));
    scene.refused = Some(Reason::NameTaken.with_message("somebody else's"));
    assert_eq!(scene.ready(), ("NameTaken".into(), "somebody else's".into()));
    scene.phase = Phase::Over(Outcome::Finished);
    assert_eq!(scene.ready().0, "Completed");
    scene.phase = Phase::Over(Outcome::StartDeadlineExceeded);
    assert_eq!(scene.ready().0, "Failed");
}

/// V1: the kubelet's conditions say for 50 s that a pod on a frozen node is ready; the server knows after 5 s.
#[test]
fn clients_that_are_lost_are_not_ready_whatever_their_pods_say() {
    let mut scene = Scene::working();
    scene.view.lost = Some("not connected for 5.2 s, 5 s allowed (harbor-client-1 on b)".into());
    assert_eq!(scene.ready().0, "ClientsLost");
    assert_eq!(scene.compute().1, Some(Duration::from_secs(30)), "then the report is too old");
    scene.silent = Duration::from_secs(30);
    assert_eq!(scene.ready().0, "NoReports");
}

#[test]
fn suspended_is_who_has_no_pods_and_not_who_was_to_lose_them() {
    let mut scene = Scene::working();
    scene.session.stage = RunStage::Suspended;
    assert_eq!(scene.ready().0, "Suspended");
    scene.refused = Some(Reason::ApplyFailed.with_message("webhook away"));
    assert_eq!(scene.ready().0, "ApplyFailed");
}

#[test]
fn without_clients_the_server_alone_decides() {
    let mut scene = Scene::new(&json!({"clients": 0}));
    assert_eq!(scene.ready().0, "Ready");
    scene.silent = Duration::from_secs(30);
    assert_eq!(scene.ready().0, "NoReports", "the server reports without clients, too");
    scene.set_server(&json!({}));
    assert_eq!(scene.ready().0, "ServerNotReady");
}

#[test]
fn silence_counts_from_when_a_report_could_have_come() {
    let mut scene = Scene::working();
    let (_, recheck) = scene.compute();
    assert_eq!(recheck, Some(Duration::from_secs(29)));

    // No report came, but the operator has just started.
    scene.view.server = None;
    scene.stored = serde_json::from_value(scene.compute().0.patch()["status"].clone()).unwrap();
    scene.stored.conditions[0].status = "True".into();
    scene.watching = Duration::from_secs(5);
    assert_eq!((scene.ready().0.as_str(), scene.compute().1), ("Ready", Some(Duration::from_secs(25))));
    // No report came, but the clients have just become ready: a minute after the start is now.
    scene.watching = Duration::from_secs(1000);
    scene.set_client(1, &ready("2026-01-01T00:00:50Z"));
    assert_eq!((scene.ready().0.as_str(), scene.compute().1), ("Ready", Some(Duration::from_secs(20))));
    scene.set_client(1, &ready("2026-01-01T00:00:30Z"));
    assert_eq!((scene.ready().0.as_str(), scene.compute().1), ("NoReports", Some(Duration::from_secs(120))));
}
