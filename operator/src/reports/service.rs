//! The reports of all sessions, shared by the endpoint that takes them, the task that writes status and the controller.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crds::{BallSession, BallSessionStatus};
use jiff::Timestamp;
use k8s_openapi::api::core::v1::Pod;
use kube::Client;
use kube::core::DeserializeGuard;
use kube::runtime::reflector::Store;
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::controller::build::RUN;
use crate::reports::aggregate::{Aggregate, Heard, PodFacts, Subject};
use crate::reports::api::Post;
use crate::reports::auth::{Authenticator, Reporter};
use crate::reports::cluster::Cluster;
use crate::reports::metrics::{Metrics, WriteOutcome};
use crate::reports::news::News;
use crate::reports::refusal::Refusal;
use crate::reports::status::{self, Change};
use crate::reports::stores::{PodKey, SessionKey, Stores};
use crate::reports::writer::Schedule;

/// Sessions that a sweep looks at before it lets others run.
const SWEEP_CHUNK: usize = 128;

/// The reports of all sessions.
pub struct Reports {
    cluster: Arc<dyn Cluster>,
    stores: Stores,
    authenticator: Authenticator,
    metrics: Metrics,
    pub(super) news: News,
    state: Mutex<State>,
    due: Notify,
}

/// Held for moments only, never across a call.
pub(super) struct State {
    pub(super) aggregate: Aggregate,
    schedule: Schedule,
}

/// A status that is to be written.
pub(super) struct Write {
    session: SessionKey,
    run: Option<String>,
    is_final: bool,
    /// Somebody asks for it again and again.
    is_waited_for: bool,
    stored: BallSessionStatus,
    wanted: BallSessionStatus,
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

    pub(super) fn with(cluster: Arc<dyn Cluster>, stores: Stores, metrics: Metrics) -> Arc<Self> {
        let now = now();
        Arc::new(Self {
            authenticator: Authenticator::new(Arc::clone(&cluster), metrics.clone(), now),
            cluster,
            stores,
            metrics,
            news: News::new(),
            state: Mutex::new(State { aggregate: Aggregate::default(), schedule: Schedule::new(now) }),
            due: Notify::new(),
        })
    }

    #[cfg(test)]
    pub(super) fn authenticator(&self) -> &Authenticator {
        &self.authenticator
    }

    pub(super) fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    pub(super) fn stores(&self) -> &Stores {
        &self.stores
    }

    /// Who sends `token`.
    pub(super) async fn reporter(&self, token: &str, wall: Timestamp) -> Result<Reporter, Refusal> {
        self.authenticator.reporter(token, &self.stores, now(), wall).await
    }

    /// Takes the report of an authenticated pod.
    pub(super) fn accept(&self, reporter: &Reporter, post: Post) -> Result<(), Refusal> {
        let unknown = || Refusal::Unavailable("the pod or its session is not known any more".into());
        let stored = self.stores.session(&reporter.session).ok_or_else(unknown)?;
        let pod = self.stores.pod(&reporter.pod).ok_or_else(unknown)?;
        let Ok(stored) = &stored.0 else { return Err(unknown()) };
        let (subject, pod) = (Subject::of(stored), facts(&reporter.pod, &pod));
        let mut state = self.state();
        let tracked = state.aggregate.follow(&reporter.session, &subject, now());
        let heard = match post {
            Post::Server(post) => tracked.server(pod, *post, &subject, now()),
            Post::Client(post) => tracked.client(pod, post, &subject, now()),
        };
        if heard == Heard::Ignored {
            return Ok(());
        }
        self.plan(&mut state, &reporter.session, &subject);
        drop(state);
        if heard == Heard::News {
            self.news.tell(&reporter.session);
        }
        Ok(())
    }

    /// Plans the next write of a session's status, if one is needed.
    pub(super) fn plan(&self, state: &mut State, session: &SessionKey, subject: &Subject<'_>) {
        let Some(write) = prepare(state, session, subject) else {
            state.schedule.want(&session.uid, Change::None, now());
            return;
        };
        let change = match Change::between(&write.stored, &write.wanted) {
            Change::None => {
                self.settle(state, &write);
                Change::None
            }
            _ if write.is_waited_for => Change::Urgent,
            change => change,
        };
        state.schedule.want(&session.uid, change, now());
        if change != Change::None {
            self.due.notify_one();
        }
    }

    /// The next status to be written now. What turns out to be stored already is left out.
    pub(super) fn next_write(&self) -> Option<Write> {
        let mut state = self.state();
        while let Some(uid) = state.schedule.next(now()) {
            match self.prepared(&state, &uid) {
                Some(write) if write.stored != write.wanted => return Some(write),
                Some(write) => {
                    self.metrics.wrote(WriteOutcome::Suppressed);
                    state.schedule.skipped(&uid);
                    self.settle(&mut state, &write);
                }
                None => state.schedule.skipped(&uid),
            }
        }
        None
    }

    fn prepared(&self, state: &State, uid: &str) -> Option<Write> {
        let session = state.aggregate.get(uid)?.key().clone();
        let stored = self.stores.session(&session)?;
        prepare(state, &session, &Subject::of(stored.0.as_ref().ok()?))
    }

    /// Writes a status.
    pub(super) async fn perform(&self, write: Write) {
        let result = self.cluster.apply_status(&write.session, &write.wanted).await;
        let mut state = self.state();
        state.schedule.done(&write.session.uid, result.is_ok(), now());
        match result {
            Ok(()) => {
                self.metrics.wrote(WriteOutcome::Written);
                self.settle(&mut state, &write);
            }
            Err(error) => {
                self.metrics.wrote(WriteOutcome::Failed);
                let (namespace, name) = (&write.session.namespace, &write.session.name);
                // A session that is gone needs no status.
                if !error.is_gone() {
                    tracing::warn!(namespace, name, %error, "numbers not written to status");
                }
            }
        }
        // Reports that came meanwhile, or the failure.
        self.replan(&mut state, &write.session);
    }

    /// What `write` wanted is stored.
    fn settle(&self, state: &mut State, write: &Write) {
        let tracked = state.aggregate.get_mut(&write.session.uid);
        let came_to_an_end =
            tracked.is_some_and(|tracked| tracked.written(write.run.as_deref(), write.is_final));
        let met = |status| status::condition(status).map(|condition| &condition.status);
        if came_to_an_end || met(&write.stored) != met(&write.wanted) {
            self.news.tell(&write.session);
        }
    }

    /// When [`Reports::next_write`] has something to give.
    pub(super) fn next_wake(&self) -> Option<Instant> {
        self.state().schedule.wake().map(Instant::from_std)
    }

    /// Waits for a write that was planned since.
    pub(super) async fn is_due(&self) {
        self.due.notified().await;
    }

    /// Looks at all sessions: some are gone, or their pods, or have fallen silent, or nobody reports of them.
    pub(super) async fn sweep(&self) {
        {
            let mut state = self.state();
            state.aggregate.retain(|key| self.stores.session(key).is_some());
            let State { aggregate, schedule } = &mut *state;
            schedule.retain(|uid| aggregate.get(uid).is_some());
        }
        let mut met = [0; 3];
        for (number, stored) in self.stores.sessions.state().into_iter().enumerate() {
            if number % SWEEP_CHUNK == SWEEP_CHUNK - 1 {
                tokio::task::yield_now().await;
            }
            let Ok(stored) = &stored.0 else { continue };
            let Some(session) = SessionKey::of(stored) else { continue };
            self.look_at(&session, &Subject::of(stored));
            let condition = stored.status.as_ref().and_then(status::condition);
            met[match condition.map(|condition| condition.status.as_str()) {
                Some("True") => 0,
                Some("False") => 1,
                _ => 2,
            }] += 1;
        }
        self.metrics.sessions(met);
        self.news.tell_again();
    }

    /// Brings a session up to date.
    pub(super) fn look_at(&self, session: &SessionKey, subject: &Subject<'_>) {
        let mut state = self.state();
        let tracked = state.aggregate.follow(session, subject, now());
        let lost_pods = tracked.forget_pods(|pod| self.stores.pod(pod).is_some());
        let fell_silent = tracked.falls_silent(now());
        self.plan(&mut state, session, subject);
        drop(state);
        if lost_pods || fell_silent {
            self.news.tell(session);
        }
    }

    fn replan(&self, state: &mut State, session: &SessionKey) {
        if let Some(Ok(stored)) = self.stores.session(session).as_deref().map(|stored| &stored.0) {
            self.plan(state, session, &Subject::of(stored));
        }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a session's status should say now, unless it has to stay as it is.
fn prepare(state: &State, session: &SessionKey, subject: &Subject<'_>) -> Option<Write> {
    let tracked = state.aggregate.get(&session.uid)?;
    let wanted = tracked.wanted(subject, now(), Timestamp::now())?;
    Some(Write {
        session: session.clone(),
        run: tracked.run().map(str::to_owned),
        is_final: tracked.is_final(),
        is_waited_for: tracked.is_final() || !tracked.is_cleared(),
        stored: subject.owned(),
        wanted,
    })
}

/// By the runtime's clock, which tests can stop.
pub(super) fn now() -> std::time::Instant {
    Instant::now().into_std()
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
