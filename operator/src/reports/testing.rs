//! For tests: the session `harbor` in `lighthouse` with a server and a client, an API server that exists in memory, and
//! watches that are fed by hand.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use crds::{BallSession, BallSessionStatus};
use futures_util::future::{BoxFuture, ready};
use jiff::Timestamp;
use k8s_openapi::api::authentication::v1::TokenReviewStatus;
use k8s_openapi::api::core::v1::Pod;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::core::{DeserializeGuard, Status};
use kube::runtime::{reflector, watcher};
use report::post::{ClientPost, ServerPost};
use report::{ClientRow, State};
use serde_json::{Value, json};

use crate::controller::build::RUN;
use crate::controller::labels::{self, Component};
use crate::controller::validate::validate;
use crate::reports::api_server::{ApiServer, CallError, Kind};
use crate::reports::auth::AUDIENCE;
use crate::reports::stores::{PodKey, SessionKey, Stores};
use crate::reports::{Metrics, Reports};

pub(super) const NAMESPACE: &str = "lighthouse";
/// When all tokens of tests expire.
const EXPIRES: i64 = 4_000_000_000;

/// An API server in memory. Every object has the UID `<name>-uid`.
#[derive(Default)]
pub(super) struct FakeApiServer {
    objects: Mutex<HashMap<(Kind, String, String), ObjectMeta>>,
    tokens: Mutex<HashMap<String, TokenReviewStatus>>,
    applied: Mutex<Vec<(SessionKey, BallSessionStatus)>>,
    pub(super) is_down: AtomicBool,
    /// It takes no status.
    pub(super) is_strict: AtomicBool,
    pub(super) reviews: AtomicUsize,
    pub(super) look_ups: AtomicUsize,
}

impl FakeApiServer {
    /// With the session, its children and pods.
    pub(super) fn with_session() -> Self {
        let api_server = Self::default();
        api_server.add(Kind::BallSession, "harbor", None);
        let session = Some(("ballsession.dev/v1alpha1", "BallSession", "harbor"));
        api_server.add(Kind::Deployment, "harbor-server", session);
        api_server.add(Kind::Job, "harbor-client", session);
        api_server.add(
            Kind::ReplicaSet,
            "harbor-server-5d",
            Some(("apps/v1", "Deployment", "harbor-server")),
        );
        api_server.add(Kind::Pod, "server", Some(("apps/v1", "ReplicaSet", "harbor-server-5d")));
        api_server.add(Kind::Pod, "client", Some(("batch/v1", "Job", "harbor-client")));
        api_server
    }

    /// An object, controlled by another one (its API version, kind and name).
    pub(super) fn add(&self, kind: Kind, name: &str, owner: Option<(&str, &str, &str)>) {
        let owners = owner.map(|(api_version, kind, name)| {
            json!([{"apiVersion": api_version, "kind": kind, "name": name, "uid": uid(name), "controller": true}])
        });
        let metadata = json!({"name": name, "uid": uid(name), "ownerReferences": owners});
        let metadata = serde_json::from_value(metadata).unwrap();
        self.objects.lock().unwrap().insert((kind, NAMESPACE.into(), name.into()), metadata);
    }

    pub(super) fn change(&self, kind: Kind, name: &str, change: impl FnOnce(&mut ObjectMeta)) {
        let key = (kind, NAMESPACE.to_owned(), name.to_owned());
        change(self.objects.lock().unwrap().get_mut(&key).unwrap());
    }

    pub(super) fn remove(&self, kind: Kind, name: &str) {
        self.objects.lock().unwrap().remove(&(kind, NAMESPACE.into(), name.into()));
    }

    /// A token of a pod that the API server vouches for.
    pub(super) fn issue(&self, pod: &str, account: &str, namespace: &str) -> String {
        let token = forged(pod, namespace, |_| ());
        let review = json!({
            "authenticated": true, "audiences": [AUDIENCE],
            "user": {"username": format!("system:serviceaccount:{namespace}:{account}"), "extra": {
                "authentication.kubernetes.io/pod-name": [pod], "authentication.kubernetes.io/pod-uid": [uid(pod)]
            }}
        });
        self.tokens.lock().unwrap().insert(token.clone(), serde_json::from_value(review).unwrap());
        token
    }

    /// All statuses that were applied, the last one last.
    pub(super) fn applied(&self) -> Vec<(SessionKey, BallSessionStatus)> {
        self.applied.lock().unwrap().clone()
    }

    fn answer<T>(&self, answer: T) -> Result<T, CallError> {
        if self.is_down.load(Ordering::Relaxed) { Err(CallError::Late) } else { Ok(answer) }
    }
}

impl ApiServer for FakeApiServer {
    fn review<'a>(&'a self, token: &'a str) -> BoxFuture<'a, Result<TokenReviewStatus, CallError>> {
        self.reviews.fetch_add(1, Ordering::Relaxed);
        let review = self.tokens.lock().unwrap().get(token).cloned().unwrap_or_default();
        Box::pin(ready(self.answer(review)))
    }

    fn metadata<'a>(
        &'a self,
        kind: Kind,
        namespace: &'a str,
        name: &'a str,
    ) -> BoxFuture<'a, Result<Option<ObjectMeta>, CallError>> {
        self.look_ups.fetch_add(1, Ordering::Relaxed);
        let key = (kind, namespace.to_owned(), name.to_owned());
        Box::pin(ready(self.answer(self.objects.lock().unwrap().get(&key).cloned())))
    }

    fn apply_status<'a>(
        &'a self,
        session: &'a SessionKey,
        _resource_version: &'a str,
        status: &'a BallSessionStatus,
    ) -> BoxFuture<'a, Result<(), CallError>> {
        let mut answer = self.answer(());
        if self.is_strict.load(Ordering::Relaxed) {
            let status = Status { code: 422, reason: "Invalid".into(), ..Status::default() };
            answer = Err(CallError::Failed(kube::Error::Api(Box::new(status))));
        }
        if answer.is_ok() {
            self.applied.lock().unwrap().push((session.clone(), status.clone()));
        }
        Box::pin(ready(answer))
    }
}

/// The reports, and everything around them.
pub(super) struct World {
    pub(super) api_server: Arc<FakeApiServer>,
    pub(super) reports: Arc<Reports>,
    pub(super) metrics: Metrics,
    sessions: reflector::store::Writer<DeserializeGuard<BallSession>>,
    pods: reflector::store::Writer<Pod>,
}

impl World {
    /// With the session and its pods, all of them watched.
    pub(super) fn new() -> Self {
        let (session_store, sessions) = reflector::store();
        let (pod_store, pods) = reflector::store();
        let api_server = Arc::new(FakeApiServer::with_session());
        let metrics = Metrics::default();
        let stores = Stores { sessions: session_store, pods: pod_store };
        let reports = Reports::with(api_server.clone(), stores, metrics.clone());
        let mut world = Self { api_server, reports, metrics, sessions, pods };
        world.watch_session(&stored(&json!({}), &json!({})));
        world.watch_pod("server");
        world.watch_pod("client");
        world
    }

    /// The watch of sessions sees this one.
    pub(super) fn watch_session(&mut self, session: &BallSession) {
        let seen = watcher::Event::Apply(DeserializeGuard(Ok(session.clone())));
        self.sessions.apply_watcher_event(&seen);
    }

    /// The watch of pods sees one of the session's run.
    pub(super) fn watch_pod(&mut self, name: &str) {
        self.watch(&pod(name));
    }

    /// The watch of pods sees this one.
    pub(super) fn watch(&mut self, pod: &Pod) {
        self.pods.apply_watcher_event(&watcher::Event::Apply(pod.clone()));
    }

    /// The watch of pods sees that one is gone.
    pub(super) fn unwatch_pod(&mut self, name: &str) {
        self.pods.apply_watcher_event(&watcher::Event::Delete(pod(name)));
    }

    /// The watch sees what was applied last.
    pub(super) fn watch_applied(&mut self, spec: &Value) {
        if let Some((_, status)) = self.api_server.applied().last() {
            self.watch_session(&stored(spec, &serde_json::to_value(status).unwrap()));
        }
    }
}

/// A token that nobody vouches for, with a changed payload.
pub(super) fn forged(pod: &str, namespace: &str, change: impl FnOnce(&mut Value)) -> String {
    let mut payload = json!({
        "aud": [AUDIENCE], "exp": EXPIRES,
        "kubernetes.io": {"namespace": namespace, "pod": {"name": pod, "uid": uid(pod)}}
    });
    change(&mut payload);
    format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(payload.to_string()))
}

pub(super) fn uid(name: &str) -> String {
    format!("{name}-uid")
}

pub(super) fn pod_key(name: &str) -> PodKey {
    PodKey { namespace: NAMESPACE.into(), name: name.into(), uid: uid(name) }
}

/// The session as it is stored.
pub(super) fn stored(spec: &Value, status: &Value) -> BallSession {
    serde_json::from_value(json!({
        "apiVersion": "ballsession.dev/v1alpha1", "kind": "BallSession",
        "metadata": {"name": "harbor", "namespace": NAMESPACE, "uid": "harbor-uid", "generation": 1, "resourceVersion": "1"},
        "spec": spec, "status": status
    }))
    .unwrap()
}

/// The hash of the run that `spec` asks for.
pub(super) fn run(spec: &Value) -> String {
    validate(&stored(spec, &json!({}))).unwrap().run_hash
}

fn pod(name: &str) -> Pod {
    let component = if name.starts_with("server") { Component::Server } else { Component::Client };
    serde_json::from_value(json!({
        "metadata": {"name": name, "namespace": NAMESPACE, "uid": uid(name), "labels": labels::of("harbor", component),
                     "creationTimestamp": "2026-01-01T00:00:00Z", "annotations": {RUN: run(&json!({}))}},
        "spec": {"nodeName": "worker-1", "containers": []}
    }))
    .unwrap()
}

/// What a good server posts: 18,000 frames to two clients, 1,800 of them in the last while.
pub(super) fn server_post(sequence: u64) -> ServerPost {
    let mut post: ServerPost = serde_json::from_value(json!({
        "schemaVersion": 1, "sequence": sequence, "startedAt": "2026-01-01T00:00:00Z", "connectedClients": 2,
        "clientsWithoutMedia": 0,
        "summary": {
            "schemaVersion": 1, "startedAt": "2026-01-01T00:00:00.25Z", "durationSeconds": 300.0,
            "video": {"width": 640, "height": 480, "framesPerSecond": 30, "skippedFrames": 0},
            "frames": {"sent": 18_000, "matched": 17_997, "lost": 3},
            "lossPercent": 0.016_67,
            "errorPixels": {"mean": 0.007, "p50": 0.006, "p95": 0.02, "max": 0.3},
            "latencyMilliseconds": {"p50": 3.1, "p95": 8.5, "max": 40.0},
            "setupMilliseconds": {"p50": 60.0, "p95": 80.0},
            "freezes": {"count": 1, "longestMilliseconds": 166.0},
            "recent": {
                "windowSeconds": 60.0,
                "frames": {"sent": 1800, "pending": 2, "matched": 1795, "lost": 3},
                "lossPercent": 0.166_85,
                "errorPixels": {"mean": 0.006, "p50": 0.005, "p95": 0.012, "max": 0.12},
                "latencyMilliseconds": {"p50": 3.1, "p95": 7.5, "max": 20.0},
                "freezes": {"count": 1, "longestMilliseconds": 166.0}
            }
        }
    }))
    .unwrap();
    post.summary.clients = vec![row("harbor-client-0"), row("harbor-client-1")];
    post
}

/// The row of a good client on another node.
pub(super) fn row(id: &str) -> ClientRow {
    serde_json::from_value(json!({
        "id": id, "node": "worker-2", "state": "Connected", "pairing": "rtp", "reconnects": 0,
        "setupMilliseconds": {"firstReport": 60.0}, "frames": {"sent": 9000, "matched": 9000}, "lossPercent": 0.0,
        "errorPixels": {"mean": 0.007, "p50": 0.006, "p95": 0.02, "max": 0.3},
        "latencyMilliseconds": {"p50": 3.1, "p95": 8.5, "max": 40.0},
        "freezes": {"count": 0, "longestMilliseconds": 0.0}
    }))
    .unwrap()
}

/// What a connected client posts.
pub(super) fn client_post(sequence: u64) -> ClientPost {
    ClientPost {
        schema_version: report::SCHEMA_VERSION,
        sequence,
        started_at: Timestamp::from_second(1_767_225_600).unwrap(),
        state: State::Connected,
        errors: Vec::new(),
    }
}
