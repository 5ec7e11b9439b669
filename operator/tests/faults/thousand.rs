//! A thousand things happen to sessions while the operators' ways to the API server fail, the API server is away for a while, and a
//! leader is cut off. Then nothing fails any more, and everything has to become what was asked for.

use std::time::{Duration, Instant};

use cluster::client;
use crds::BallSession;
use fastrand::Rng;
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::{ConfigMap, Pod, Service, ServiceAccount};
use kube::api::{Api, DeleteParams, ListParams, Patch, PatchParams, PostParams};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::agreed::{Found, disagreements};
use crate::life::{Life, Written, overlapping};
use crate::model::{Model, is_bounded};
use crate::pods::{self, Phase, SessionPod};
use crate::posts::Posts;
use crate::seen::Seen;
use crate::steps::Step;
use crate::way::{Fault, Kind, drawn};
use crate::world::World;

const PODS: [&str; 2] = ["replica-a", "replica-b"];
/// Shorter than that of an installation: it is lost again and again.
const LEASE: Duration = Duration::from_secs(6);
const STEPS: usize = 1000;
/// Of a hundred requests so many have a fault.
const PERCENT: u8 = 15;
/// How long everything may take to become as it was asked for: numbers that only move are written once a minute, and the last
/// ones of a run are awaited for a minute by an operator that has just begun.
const REST: Duration = Duration::from_secs(150);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_fails_everything_becomes_what_was_asked_for() {
    let Some(client) = client("whatever_fails_everything_becomes_what_was_asked_for").await else { return };
    let seeds = std::env::var("BALLSESSION_FAULT_SEEDS").map_or(1, |seeds| seeds.parse().unwrap());
    let away = std::env::var("BALLSESSION_FAULT_AWAY").ok();
    let away = away.map_or(10, |away| away.trim_end_matches('s').parse().unwrap());
    for seed in 0..seeds {
        run(&client, seed, Duration::from_secs(away)).await;
    }
}

async fn run(client: &kube::Client, seed: u64, away: Duration) {
    let world = World::create(client, &PODS).await;
    let mut scene = Scene::begin(world, seed).await;
    let (begun, mut random) = (Instant::now(), Rng::with_seed(seed));
    let mut back = None;
    for number in 0..STEPS {
        match number {
            400 => {
                scene.lives.iter().for_each(|life| life.way.set_away(true));
                back = Some(Instant::now() + away);
            }
            700 => scene.cut_off_the_leader(),
            _ => {}
        }
        if back.is_some_and(|back| Instant::now() >= back) {
            scene.lives.iter().for_each(|life| life.way.set_away(false));
            back = None;
        }
        scene.take(Step::drawn(&mut random, &scene.model)).await;
        scene.start_again().await;
    }
    if let Some(back) = back {
        tokio::time::sleep(back.saturating_duration_since(Instant::now())).await;
    }
    let stepping = begun.elapsed();
    scene.is_failing = false;
    scene.lives.iter().for_each(|life| life.way.heal());
    let rest = scene.come_to_rest(seed).await;
    let overlapping = overlapping(scene.written());
    assert!(overlapping.is_empty(), "seed {seed}: writes after another one's first: {overlapping:#?}");
    assert!(scene.faults() > 100 && scene.ended >= 1, "seed {seed}: it was not tried");
    println!(
        "seed {seed}: {STEPS} steps in {stepping:?}, {} faults, {} processes ended, {} runs over; at rest after {rest:?}",
        scene.faults(),
        scene.ended,
        scene.seen.runs()
    );
    let Scene { world, lives, .. } = scene;
    drop(lives);
    world.delete().await;
}

struct Scene {
    world: World,
    lives: Vec<Life>,
    /// Of processes that have ended.
    before: Vec<Written>,
    faults_before: usize,
    ended: usize,
    model: Model,
    seen: Seen,
    posts: Posts,
    seed: u64,
    is_failing: bool,
}

impl Scene {
    async fn begin(world: World, seed: u64) -> Self {
        let mut lives = Vec::new();
        for pod in PODS {
            lives.push(Life::begin(&world.installation, pod, LEASE).await);
        }
        for life in &mut lives {
            life.replica.wait_ready().await;
        }
        let posts = Posts::new(&world.client, world.authorities().await);
        let mut scene = Self {
            world,
            lives,
            before: Vec::new(),
            faults_before: 0,
            ended: 0,
            model: Model::default(),
            seen: Seen::default(),
            posts,
            seed,
            is_failing: true,
        };
        for life in 0..scene.lives.len() {
            scene.fail(life);
        }
        scene
    }

    /// From now on requests of a process fail by chance.
    fn fail(&mut self, life: usize) {
        self.seed += 1000;
        let seed = self.seed;
        self.lives[life].way.set_rule(move |number, request| drawn(seed, PERCENT, number, Kind::of(request)));
    }

    /// Whoever wrote last hears nothing any more of what it does: it has to find out that its lease is over.
    fn cut_off_the_leader(&self) {
        let last = |life: &&Life| life.replica.proxy.writes().last().map(|write| write.at);
        let leader = self.lives.iter().max_by_key(last).unwrap();
        leader.way.set_rule(|_, _| Fault::AnswerLost);
    }

    /// Starts processes that have ended, as kubelets do.
    async fn start_again(&mut self) {
        for number in 0..self.lives.len() {
            if !self.lives[number].replica.has_ended() {
                continue;
            }
            let life = &self.lives[number];
            let pod = life.replica.pod.clone();
            self.before.extend(Written::of(&pod, &life.replica.proxy.writes()));
            self.faults_before += faults(life);
            self.ended += 1;
            self.lives[number] = Life::begin(&self.world.installation, &pod, LEASE).await;
            if self.is_failing {
                self.fail(number);
            }
        }
    }

    async fn take(&mut self, step: Step) {
        match step {
            Step::Create(name, spec) => {
                // One of the same name may still be about to go.
                let session = cluster::session(name, &spec);
                if self.world.sessions().create(&PostParams::default(), &session).await.is_ok() {
                    self.model.create(name, &spec);
                }
            }
            Step::Change(name, change) => {
                let patch = Patch::Merge(json!({"spec": change}));
                self.world.api::<BallSession>().patch(&name, &PatchParams::default(), &patch).await.unwrap();
                self.model.change(&name, &change);
            }
            Step::Delete(name) => {
                self.world.api::<BallSession>().delete(&name, &DeleteParams::background()).await.unwrap();
                self.model.delete(&name);
            }
            Step::Start => self.start_pods().await,
            Step::Fail(which) => self.befall(which, |_| true, Phase::Failed).await,
            Step::Succeed(which) => {
                let is_done = |scene: &Self, pod: &SessionPod| {
                    let spec = scene.model.spec(&pod.session);
                    !pod.is_server() && pod.phase == Phase::Ready && spec.is_some_and(is_bounded)
                };
                let pods = self.look().await;
                let done: Vec<_> = pods.iter().filter(|(_, pod)| is_done(self, pod)).collect();
                if let Some((_, pod)) = chosen(&done, which) {
                    pods::set(&self.world.api(), pod, Phase::Succeeded).await;
                }
            }
            Step::Kill(which) => {
                let pods = self.look().await;
                if let Some((_, pod)) = chosen(&pods.iter().collect::<Vec<_>>(), which) {
                    pods::delete(&self.world.api(), pod).await;
                }
            }
            Step::Post => self.post(100).await,
        }
    }

    async fn befall(&mut self, which: usize, may: impl Fn(&SessionPod) -> bool, phase: Phase) {
        let pods = self.look().await;
        let live: Vec<_> = pods.iter().filter(|(_, pod)| pod.is_live() && may(pod)).collect();
        if let Some((_, pod)) = chosen(&live, which) {
            pods::set(&self.world.api(), pod, phase).await;
        }
    }

    /// All pods; what must never be is looked for each time.
    async fn look(&mut self) -> Vec<(Pod, SessionPod)> {
        let pods = pods::list(&self.world.api()).await;
        let sessions = all::<BallSession>(&self.world).await;
        self.seen.observe(&sessions, &pods.iter().map(|(_, pod)| pod.clone()).collect::<Vec<_>>());
        pods
    }

    async fn start_pods(&mut self) {
        for (_, pod) in self.look().await {
            if pod.is_live() && pod.phase == Phase::Pending {
                pods::set(&self.world.api(), &pod, Phase::Ready).await;
            }
        }
    }

    /// Has all servers post that are ready.
    async fn post(&mut self, frames: u64) {
        let pods = self.look().await;
        let replicas: Vec<_> = self.lives.iter().map(|life| &life.replica).collect();
        for (pod, server) in pods.iter().filter(|(_, pod)| pod.is_server() && pod.phase == Phase::Ready) {
            let is_its = |pod: &&SessionPod| pod.session == server.session && !pod.is_server();
            let clients: Vec<_> = pods.iter().map(|(_, pod)| pod).filter(is_its).collect();
            self.posts.post((pod, server), &clients, frames, &replicas).await;
        }
    }

    /// Clients do what they are to do and servers report, until everything is as it was asked for. How long that took.
    async fn come_to_rest(&mut self, seed: u64) -> Duration {
        let begun = Instant::now();
        let mut first = true;
        loop {
            self.start_again().await;
            self.start_pods().await;
            for (_, pod) in self.look().await {
                let is_bounded = self.model.spec(&pod.session).is_some_and(is_bounded);
                if is_bounded && !pod.is_server() && pod.is_live() {
                    pods::set(&self.world.api(), &pod, Phase::Succeeded).await;
                }
            }
            self.post(if first { 100 } else { 0 }).await;
            first = false;
            let wrong = self.wrong().await;
            if wrong.is_empty() {
                return begun.elapsed();
            }
            if begun.elapsed() > REST {
                let logs: Vec<_> = self.lives.iter().map(|life| last_lines(&life.replica.log())).collect();
                panic!("seed {seed}: after {REST:?} {wrong:#?}\n{}", logs.join("\n----\n"));
            }
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    }

    async fn wrong(&self) -> Vec<String> {
        let mut others = all::<Service>(&self.world).await;
        others.extend(all::<ServiceAccount>(&self.world).await);
        others.extend(all::<ConfigMap>(&self.world).await);
        let is_ours = |child: &Value| {
            child["metadata"]["labels"]["app.kubernetes.io/managed-by"] == "ballsession-operator"
        };
        others.retain(is_ours);
        let found = Found {
            sessions: all::<BallSession>(&self.world).await,
            deployments: all::<Deployment>(&self.world).await,
            others,
            pods: pods::list(&self.world.api()).await.into_iter().map(|(_, pod)| pod).collect(),
        };
        disagreements(&self.model, &found, |pod| self.posts.taken(pod))
    }

    fn written(&self) -> Vec<Written> {
        let now =
            self.lives.iter().filter_map(|life| Written::of(&life.replica.pod, &life.replica.proxy.writes()));
        self.before.iter().cloned().chain(now).collect()
    }

    fn faults(&self) -> usize {
        self.faults_before + self.lives.iter().map(faults).sum::<usize>()
    }
}

fn faults(life: &Life) -> usize {
    life.way.asked().iter().filter(|asked| asked.fault != Fault::None).count()
}

fn chosen<'a, T>(from: &[&'a T], which: usize) -> Option<&'a T> {
    from.get(which.checked_rem(from.len())?).copied()
}

fn last_lines(log: &str) -> String {
    let lines: Vec<_> = log.lines().collect();
    lines[lines.len().saturating_sub(40)..].join("\n")
}

/// All objects of a kind in the namespace, by name.
async fn all<K>(world: &World) -> Vec<Value>
where
    K: kube::Resource<DynamicType = (), Scope = k8s_openapi::NamespaceResourceScope>
        + Clone
        + std::fmt::Debug
        + Serialize
        + DeserializeOwned,
{
    let api: Api<K> = world.api();
    api.list(&ListParams::default()).await.unwrap().iter().map(|object| json!(object)).collect()
}
