//! The reports, and everything around them.

use std::sync::Arc;
use std::time::Instant;

use crds::BallSession;
use futures_util::FutureExt;
use k8s_openapi::api::apps::v1::{Deployment, ReplicaSet};
use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::Pod;
use kube::core::DeserializeGuard;
use kube::runtime::reflector::store::Writer;
use kube::runtime::watcher::Event;
use serde_json::{Value, json};

use crate::cluster::{self, Kept, Scope};
use crate::lease::Fence;
use crate::reports::api_server::Kind;
use crate::reports::stores::Stores;
use crate::reports::testing::fake_api_server::FakeApiServer;
use crate::reports::testing::objects::{pod, stored};
use crate::reports::{Metrics, Reports};

/// The reports, and everything around them.
pub(in crate::reports) struct World {
    pub(in crate::reports) api_server: Arc<FakeApiServer>,
    pub(in crate::reports) reports: Arc<Reports>,
    pub(in crate::reports) metrics: Metrics,
    /// Open while the operator leads.
    pub(in crate::reports) fence: Fence,
    watches: Watches,
}

/// What feeds the watches.
struct Watches {
    scope: Scope,
    sessions: Writer<DeserializeGuard<BallSession>>,
    pods: Writer<Kept<Pod>>,
    deployments: Writer<Kept<Deployment>>,
    replica_sets: Writer<Kept<ReplicaSet>>,
    jobs: Writer<Kept<Job>>,
}

impl Watches {
    fn within(scope: Scope) -> Self {
        let (sessions, pods, deployments) = (Writer::default(), Writer::default(), Writer::default());
        let (replica_sets, jobs) = (Writer::default(), Writer::default());
        Self { scope, sessions, pods, deployments, replica_sets, jobs }
    }

    fn stores(&self) -> cluster::Stores {
        cluster::Stores {
            scope: self.scope.clone(),
            sessions: self.sessions.as_reader(),
            pods: self.pods.as_reader(),
            deployments: self.deployments.as_reader(),
            replica_sets: self.replica_sets.as_reader(),
            jobs: self.jobs.as_reader(),
        }
    }

    /// All of them have seen everything, which is nothing.
    fn sync(&mut self) {
        self.sessions.apply_watcher_event(&Event::InitDone);
        self.pods.apply_watcher_event(&Event::InitDone);
        self.deployments.apply_watcher_event(&Event::InitDone);
        self.replica_sets.apply_watcher_event(&Event::InitDone);
        self.jobs.apply_watcher_event(&Event::InitDone);
    }
}

impl World {
    /// With the session and its pods, all of them watched, and the API server's keys.
    pub(in crate::reports) fn new() -> Self {
        let mut world = Self::unsynced(FakeApiServer::with_session());
        world.watches.sync();
        world.watch_session(&stored(&json!({}), &json!({})));
        world.watch_owner(Kind::Deployment, "harbor-server");
        world.watch_owner(Kind::ReplicaSet, "harbor-server-5d");
        world.watch_pod("server");
        world.watch_pod("client");
        world.fetch_keys(Instant::now());
        world
    }

    /// The same where the API server does not give its keys away.
    pub(in crate::reports) fn with_reviews() -> Self {
        let mut world = Self::new();
        *world.api_server.published.lock().unwrap() = None;
        let (stores, fence) = (Stores { watched: world.watches.stores() }, world.fence.clone());
        world.reports = Reports::with(world.api_server.clone(), stores, world.metrics.clone(), fence);
        world.fetch_keys(Instant::now());
        world
    }

    /// The same where sessions of another namespace are watched.
    pub(in crate::reports) fn of_another_namespace() -> Self {
        let mut world = Self::new();
        world.watches.scope = Scope::Namespace("elsewhere".into());
        let (stores, fence) = (Stores { watched: world.watches.stores() }, world.fence.clone());
        world.reports = Reports::with(world.api_server.clone(), stores, world.metrics.clone(), fence);
        world.fetch_keys(Instant::now());
        world
    }

    /// One that knows nothing yet, neither of its watches nor by which keys tokens are signed.
    pub(in crate::reports) fn unsynced(api_server: FakeApiServer) -> Self {
        let (watches, api_server) = (Watches::within(Scope::All), Arc::new(api_server));
        let (metrics, fence) = (Metrics::default(), Fence::open());
        let stores = Stores { watched: watches.stores() };
        let reports = Reports::with(api_server.clone(), stores, metrics.clone(), fence.clone());
        Self { api_server, reports, metrics, fence, watches }
    }

    /// Asks the API server for its keys, if it is time to.
    pub(in crate::reports) fn fetch_keys(&self, now: Instant) {
        let fetch = self.reports.authenticator.fetch_due_keys(now);
        fetch.now_or_never().expect("the API server answers at once");
    }

    /// The watch of sessions sees this one.
    pub(in crate::reports) fn watch_session(&mut self, session: &BallSession) {
        let seen = Event::Apply(DeserializeGuard(Ok(session.clone())));
        self.watches.sessions.apply_watcher_event(&seen);
    }

    /// The watch of sessions sees that all of them are gone.
    pub(in crate::reports) fn unwatch_sessions(&mut self) {
        self.watches.sessions.apply_watcher_event(&Event::Init);
        self.watches.sessions.apply_watcher_event(&Event::InitDone);
    }

    /// The watch of pods sees one of the session's run.
    pub(in crate::reports) fn watch_pod(&mut self, name: &str) {
        self.watch(&pod(name));
    }

    /// The watch of pods sees that one was told to end.
    pub(in crate::reports) fn end_pod(&mut self, name: &str) {
        let mut pod = pod(name);
        pod.metadata.deletion_timestamp = pod.metadata.creation_timestamp.clone();
        self.watch(&pod);
    }

    /// The watch of pods sees this one, with the owners that the API server knows.
    pub(in crate::reports) fn watch(&mut self, pod: &Pod) {
        let mut pod = pod.clone();
        let stored = self.api_server.stored(Kind::Pod, pod.metadata.name.as_deref().unwrap());
        pod.metadata.owner_references = stored.and_then(|metadata| metadata.owner_references);
        self.watches.pods.apply_watcher_event(&Event::Apply(Kept::of(&pod)));
    }

    /// The watches see what is between a pod and its session.
    pub(in crate::reports) fn watch_owner(&mut self, kind: Kind, name: &str) {
        let metadata = self.api_server.stored(kind, name).unwrap();
        match kind {
            Kind::Deployment => {
                let object = Deployment { metadata, ..Deployment::default() };
                self.watches.deployments.apply_watcher_event(&Event::Apply(Kept::of(&object)));
            }
            Kind::ReplicaSet => {
                let object = ReplicaSet { metadata, ..ReplicaSet::default() };
                self.watches.replica_sets.apply_watcher_event(&Event::Apply(Kept::of(&object)));
            }
            Kind::Job => {
                let object = Job { metadata, ..Job::default() };
                self.watches.jobs.apply_watcher_event(&Event::Apply(Kept::of(&object)));
            }
            Kind::Pod | Kind::BallSession => panic!("{kind:?} is watched otherwise"),
        }
    }

    /// The watch of pods sees that one is gone.
    pub(in crate::reports) fn unwatch_pod(&mut self, name: &str) {
        self.watches.pods.apply_watcher_event(&Event::Delete(Kept::of(&pod(name))));
    }

    /// The watch sees what was applied last.
    pub(in crate::reports) fn watch_applied(&mut self, spec: &Value) {
        if let Some((_, status)) = self.api_server.applied().last() {
            self.watch_session(&stored(spec, &self.api_server.with_co_owned(status)));
        }
    }
}
