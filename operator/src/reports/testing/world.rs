//! The reports, and everything around them.

use std::sync::Arc;

use crds::BallSession;
use k8s_openapi::api::core::v1::Pod;
use kube::core::DeserializeGuard;
use kube::runtime::{reflector, watcher};
use serde_json::{Value, json};

use crate::lease::Fence;
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
    sessions: reflector::store::Writer<DeserializeGuard<BallSession>>,
    pods: reflector::store::Writer<Pod>,
}

impl World {
    /// With the session and its pods, all of them watched.
    pub(in crate::reports) fn new() -> Self {
        let (session_store, sessions) = reflector::store();
        let (pod_store, pods) = reflector::store();
        let api_server = Arc::new(FakeApiServer::with_session());
        let metrics = Metrics::default();
        let stores = Stores { sessions: session_store, pods: pod_store };
        let fence = Fence::open();
        let reports = Reports::with(api_server.clone(), stores, metrics.clone(), fence.clone());
        let mut world = Self { api_server, reports, metrics, fence, sessions, pods };
        world.watch_session(&stored(&json!({}), &json!({})));
        world.watch_pod("server");
        world.watch_pod("client");
        world
    }

    /// The watch of sessions sees this one.
    pub(in crate::reports) fn watch_session(&mut self, session: &BallSession) {
        let seen = watcher::Event::Apply(DeserializeGuard(Ok(session.clone())));
        self.sessions.apply_watcher_event(&seen);
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

    /// The watch of pods sees this one.
    pub(in crate::reports) fn watch(&mut self, pod: &Pod) {
        self.pods.apply_watcher_event(&watcher::Event::Apply(pod.clone()));
    }

    /// The watch of pods sees that one is gone.
    pub(in crate::reports) fn unwatch_pod(&mut self, name: &str) {
        self.pods.apply_watcher_event(&watcher::Event::Delete(pod(name)));
    }

    /// The watch sees what was applied last.
    pub(in crate::reports) fn watch_applied(&mut self, spec: &Value) {
        if let Some((_, status)) = self.api_server.applied().last() {
            self.watch_session(&stored(spec, &self.api_server.with_co_owned(status)));
        }
    }
}
