//! The reports of all sessions, shared by the endpoint that takes them, the task that writes status and the controller.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use crds::{BallSession, BallSessionStatus};
use jiff::Timestamp;
use k8s_openapi::api::core::v1::Pod;
use kube::Client;
use kube::core::DeserializeGuard;
use kube::runtime::reflector::Store;
use tokio::sync::Notify;

use crate::controller::build::RUN;
use crate::reports::aggregate::{Aggregate, Heard, PodFacts, Subject};
use crate::reports::api::Post;
use crate::reports::auth::{Authenticator, Reporter};
use crate::reports::cluster::{CallError, Cluster};
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
    schedule: Schedule,
}

/// A status that is to be written.
pub(super) struct Write {
    session: SessionKey,
    run: Option<String>,
    is_final: bool,
    /// Somebody asks for it again and again.
    is_waited_for: bool,
    /// Of what is compared with.
    resource_version: String,
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
        let now = Instant::now();
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
    pub(super) async fn reporter(&self, token: &str, at: Moment) -> Result<Reporter, Refusal> {
        self.authenticator.reporter(token, &self.stores, at).await
    }

    /// Takes the report of an authenticated pod.
    pub(super) fn accept(&self, reporter: &Reporter, post: Post, at: Moment) -> Result<(), Refusal> {
        let unknown = || Refusal::Unavailable("the pod or its session is not known any more".into());
        let stored = self.stores.session(&reporter.session).ok_or_else(unknown)?;
        let pod = self.stores.pod(&reporter.pod).ok_or_else(unknown)?;
        let Ok(stored) = &stored.0 else { return Err(unknown()) };
        let (subject, pod) = (Subject::of(stored), facts(&reporter.pod, &pod));
        let mut state = self.state();
        let tracked = state.aggregate.follow(&reporter.session, &subject, at.now);
        let heard = match post {
            Post::Server(post) => tracked.server(pod, *post, &subject, at.now),
            Post::Client(post) => tracked.client(pod, post, &subject, at.now),
        };
        if heard == Heard::Ignored {
            return Ok(());
        }
        self.plan(&mut state, &reporter.session, &subject, at);
        drop(state);
        if heard == Heard::News {
            self.news.tell(&reporter.session);
        }
        Ok(())
    }

    /// Plans the next write of a session's status, if one is needed.
    pub(super) fn plan(&self, state: &mut State, session: &SessionKey, subject: &Subject<'_>, at: Moment) {
        let write = prepare(state, session, subject, at);
        let change =
            write.as_ref().map_or(Change::None, |write| Change::between(&write.stored, &write.wanted));
        match write {
            Some(write) if change != Change::None => {
                let change = if write.is_waited_for { Change::Urgent } else { change };
                state.schedule.want(&session.uid, change, at.now);
                self.due.notify_one();
            }
            write => {
                if state.schedule.cancel(&session.uid) {
                    self.metrics.wrote(WriteOutcome::Suppressed);
                }
                if let Some(write) = write {
                    self.settle(state, &write);
                }
            }
        }
    }

    /// The next status to be written now. What turns out to be stored already is left out.
    pub(super) fn next_write(&self, at: Moment) -> Option<Write> {
        let mut state = self.state();
        while let Some(uid) = state.schedule.next(at.now) {
            match self.prepared(&state, &uid, at) {
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

    fn prepared(&self, state: &State, uid: &str, at: Moment) -> Option<Write> {
        let session = state.aggregate.get(uid)?.key().clone();
        let stored = self.stores.session(&session)?;
        prepare(state, &session, &Subject::of(stored.0.as_ref().ok()?), at)
    }

    /// Makes a write, which has a time limit of its own.
    pub(super) async fn perform(&self, write: &Write) -> Result<(), CallError> {
        self.cluster.apply_status(&write.session, &write.resource_version, &write.wanted).await
    }

    /// Takes note of what became of a write.
    pub(super) fn performed(&self, write: &Write, result: Result<(), CallError>, at: Moment) {
        let mut state = self.state();
        // A conflict is no failure: the next attempt knows what the other one wrote.
        let is_stale = result.as_ref().is_err_and(CallError::is_stale);
        state.schedule.done(&write.session.uid, result.is_ok() || is_stale, at.now);
        match result {
            Ok(()) => {
                self.metrics.wrote(WriteOutcome::Written);
                self.settle(&mut state, write);
            }
            Err(_) if is_stale => self.metrics.wrote(WriteOutcome::Conflicting),
            Err(error) => {
                self.metrics.wrote(WriteOutcome::Failed);
                let (namespace, name) = (&write.session.namespace, &write.session.name);
                tracing::warn!(namespace, name, %error, "numbers not written to status");
            }
        }
        // For reports that came meanwhile, or another attempt.
        if let Some(Ok(stored)) = self.stores.session(&write.session).as_deref().map(|stored| &stored.0) {
            self.plan(&mut state, &write.session, &Subject::of(stored), at);
        }
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
        self.state().schedule.wake()
    }

    /// Waits for a write that was planned since.
    pub(super) async fn is_due(&self) {
        self.due.notified().await;
    }

    /// Looks at all sessions: some are gone, or their pods, or have fallen silent, or nobody reports of them.
    pub(super) async fn sweep(&self, at: Moment) {
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
            self.look_at(&session, &Subject::of(stored), at);
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
    fn look_at(&self, session: &SessionKey, subject: &Subject<'_>, at: Moment) {
        let mut state = self.state();
        let tracked = state.aggregate.follow(session, subject, at.now);
        let lost_pods = tracked.forget_pods(|pod| self.stores.pod(pod).is_some());
        let fell_silent = tracked.falls_silent(at.now);
        self.plan(&mut state, session, subject, at);
        drop(state);
        if lost_pods || fell_silent {
            self.news.tell(session);
        }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a session's status should say now, unless it has to stay as it is.
fn prepare(state: &State, session: &SessionKey, subject: &Subject<'_>, at: Moment) -> Option<Write> {
    let tracked = state.aggregate.get(&session.uid)?;
    let wanted = tracked.wanted(subject, at.now, at.wall)?;
    Some(Write {
        session: session.clone(),
        run: tracked.run().map(str::to_owned),
        is_final: tracked.is_final(),
        is_waited_for: tracked.is_final() || !tracked.is_cleared(),
        resource_version: subject.resource_version()?.to_owned(),
        stored: subject.owned(),
        wanted,
    })
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
