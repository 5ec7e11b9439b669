//! A thousand things happen to sessions while the operators' ways to the API server fail, the API server is away for a while, and a
//! leader is cut off. Then nothing fails any more, and everything has to become what was asked for.

use std::time::{Duration, Instant};

use cluster::client;
use crds::BallSession;
use fastrand::Rng;
use k8s_openapi::api::core::v1::Pod;
use kube::api::{DeleteParams, Patch, PatchParams, PostParams};
use serde_json::json;

use crate::agreed::disagreements;
use crate::found::{all, found};
use crate::life::overlapping;
use crate::lives::{Lives, PODS};
use crate::model::{Model, is_bounded};
use crate::pods::{self, Phase, SessionPod};
use crate::posts::Posts;
use crate::seen::Seen;
use crate::steps::Step;
use crate::world::World;

const STEPS: usize = 1000;
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
                scene.lives.set_away(true);
                back = Some(Instant::now() + away);
            }
            700 => scene.lives.cut_off_the_leader(),
            _ => {}
        }
        if back.is_some_and(|back| Instant::now() >= back) {
            scene.lives.set_away(false);
            back = None;
        }
        scene.take(Step::drawn(&mut random, &scene.model)).await;
        scene.lives.start_again(&scene.world.installation).await;
    }
    if let Some(back) = back {
        tokio::time::sleep(back.saturating_duration_since(Instant::now())).await;
    }
    let stepping = begun.elapsed();
    scene.lives.heal();
    let rest = scene.come_to_rest(seed).await;
    let overlapping = overlapping(scene.lives.written());
    assert!(overlapping.is_empty(), "seed {seed}: writes after another one's first: {overlapping:#?}");
    let (faults, ended) = (scene.lives.faults(), scene.lives.ended);
    assert!(faults > 30 && ended >= 1, "seed {seed}: it was not tried");
    println!(
        "seed {seed}: {STEPS} steps in {stepping:?}, {faults} faults, {ended} processes ended, {} runs over; at rest after {rest:?}",
        scene.seen.runs()
    );
    let Scene { world, lives, .. } = scene;
    drop(lives);
    world.delete().await;
}

struct Scene {
    world: World,
    lives: Lives,
    model: Model,
    seen: Seen,
    posts: Posts,
}

impl Scene {
    async fn begin(world: World, seed: u64) -> Self {
        let lives = Lives::begin(&world.installation, seed).await;
        let posts = Posts::new(&world.client, world.authorities().await);
        Self { world, lives, model: Model::default(), seen: Seen::default(), posts }
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
            Step::Fail(which) => {
                let pods = self.look().await;
                let live: Vec<_> = pods.iter().filter(|(_, pod)| pod.is_live()).collect();
                if let Some((_, pod)) = chosen(&live, which) {
                    pods::set(&self.world.api(), pod, Phase::Failed).await;
                }
            }
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
        let replicas = self.lives.replicas();
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
            self.lives.start_again(&self.world.installation).await;
            self.start_pods().await;
            for (_, pod) in self.look().await {
                let is_bounded = self.model.spec(&pod.session).is_some_and(is_bounded);
                if is_bounded && !pod.is_server() && pod.is_live() {
                    pods::set(&self.world.api(), &pod, Phase::Succeeded).await;
                }
            }
            self.post(if first { 100 } else { 0 }).await;
            first = false;
            let found = found(&self.world).await;
            let wrong = disagreements(&self.model, &found, |pod| self.posts.taken(pod));
            if wrong.is_empty() {
                return begun.elapsed();
            }
            if begun.elapsed() > REST {
                panic!("seed {seed}: after {REST:?} {wrong:#?}\n{}", self.lives.logs());
            }
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    }
}

fn chosen<'a, T>(from: &[&'a T], which: usize) -> Option<&'a T> {
    from.get(which.checked_rem(from.len())?).copied()
}
