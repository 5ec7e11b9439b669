//! The reports of all sessions, shared by the endpoint that takes them, the task that writes status and the controller.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use crds::BallSession;
use jiff::Timestamp;
use k8s_openapi::api::core::v1::Pod;
use kube::Client;
use kube::core::DeserializeGuard;
use kube::runtime::reflector::Store;
use tokio::sync::Notify;

use crate::controller::build::RUN;
use crate::reports::aggregate::{Aggregate, PodFacts, PostEffect, StoredSession};
use crate::reports::api::Post;
use crate::reports::api_server::ApiServer;
use crate::reports::auth::{self, Authenticator, Reporter};
use crate::reports::metrics::Metrics;
use crate::reports::notifier::Notifier;
use crate::reports::refusal::Refusal;
use crate::reports::stores::{PodKey, Stores};
use crate::reports::writer::Schedule;

/// The reports of all sessions.
pub struct Reports {
    pub(super) api_server: Arc<dyn ApiServer>,
    pub(super) stores: Stores,
    pub(super) authenticator: Authenticator,
    pub(super) metrics: Metrics,
    pub(super) notifier: Notifier,
    state: Mutex<State>,
    pub(super) due: Notify,
}

/// A point in time, by both clocks: the steady one for how long something takes, the calendar's for what is told to
/// others.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment {
    pub(super) now: Instant,
    pub(super) wall: Timestamp,
}

impl Moment {
    /// The present.
    pub(super) fn present() -> Self {
        Self { now: Instant::now(), wall: Timestamp::now() }
    }
}

/// Held for moments only, never across a call.
pub(super) struct State {
    pub(super) aggregate: Aggregate,
    pub(super) schedule: Schedule,
}

impl Reports {
    /// Reports of the watched sessions and their pods. The watches are the controller's.
    pub fn new(
        client: Client,
        sessions: Store<DeserializeGuard<BallSession>>,
        pods: Store<Pod>,
        metrics: Metrics,
    ) -> Arc<Self> {
        Self::with(Arc::new(client), Stores { sessions, pods }, metrics)
    }

    pub(super) fn with(api_server: Arc<dyn ApiServer>, stores: Stores, metrics: Metrics) -> Arc<Self> {
        let now = Instant::now();
        Arc::new(Self {
            authenticator: Authenticator::new(Arc::clone(&api_server), metrics.clone(), now),
            api_server,
            stores,
            metrics,
            notifier: Notifier::new(),
            state: Mutex::new(State { aggregate: Aggregate::default(), schedule: Schedule::new(now) }),
            due: Notify::new(),
        })
    }

    /// Who sends `token`.
    pub(super) async fn reporter(&self, token: &str, at: Moment) -> Result<Reporter, Refusal> {
        self.authenticator.reporter(token, &self.stores, at).await
    }

    /// Takes the report of an authenticated pod.
    pub(super) fn accept(&self, reporter: &Reporter, post: Post, at: Moment) -> Result<(), Refusal> {
        let unknown = || Refusal::Unavailable("the pod or its session is not known any more".into());
        let stored = self.stores.session(&reporter.session).ok_or_else(unknown)?;
        let pod = self.stores.pod(&reporter.pod).ok_or_else(unknown)?;
        let Ok(stored) = &stored.0 else { return Err(unknown()) };
        let (session, pod) = (StoredSession::of(stored), facts(&reporter.pod, &pod));
        let mut state = self.state();
        let tracked = state.aggregate.follow(&reporter.session, &session, at.now);
        let received = match post {
            Post::Server(post) => tracked.server(pod, *post, &session, at.now),
            Post::Client(post) => tracked.client(pod, post, &session, at.now),
        };
        if received == PostEffect::Ignored {
            return Ok(());
        }
        self.plan(&mut state, &reporter.session, &session, at);
        drop(state);
        if received == PostEffect::StateChanged {
            self.notifier.notify(&reporter.session);
        }
        Ok(())
    }

    /// Takes note that a report was not taken, for a reason that is not its sender's. What its token claims is enough:
    /// all that comes of it is some patience with a server.
    pub(super) fn extend_grace(&self, token: &str, at: Moment) {
        let Some(session) = auth::claimed_server(token, &self.stores, at.wall) else { return };
        if let Some(tracked) = self.state().aggregate.get_mut(&session.uid) {
            tracked.extend_grace(at.now);
        }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn facts(key: &PodKey, pod: &Pod) -> PodFacts {
    let annotations = pod.metadata.annotations.as_ref();
    PodFacts {
        key: key.clone(),
        created: pod.metadata.creation_timestamp.as_ref().map(|time| time.0),
        node: pod.spec.as_ref().and_then(|spec| spec.node_name.clone()),
        run: annotations.and_then(|annotations| annotations.get(RUN).cloned()),
    }
}
