//! What the pods of all sessions have posted, and what is to be written of it: shared by the endpoint that takes reports,
//! the writer of status and the controller. Knows neither HTTP nor who may report.

mod notifier;
mod pending_write;
mod planner;
mod schedule;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crds::BallSession;
use kube::runtime::reflector::ObjectRef;
use tokio::sync::{Notify, mpsc, watch};

pub(super) use pending_write::{PendingWrite, WriteResult};
pub(super) use planner::Accepted;
pub(super) use schedule::Awaited;

use crate::report_source::{Expectation, View};
use crate::reports::aggregate::{PodFacts, StoredSession};
use crate::reports::ledger::notifier::Notifier;
use crate::reports::ledger::planner::Planner;
use crate::reports::metrics::{Metrics, WriteOutcome};
use crate::reports::moment::Moment;
use crate::reports::post::Post;
use crate::reports::refusal::Refusal;
use crate::reports::status;
use crate::reports::stores::{PodKey, SessionKey, Stores};
use crate::run::End;
use crate::session::Session;

/// Sessions that a resync compares before it lets others run.
const RESYNC_CHUNK: usize = 128;

/// The posts of all sessions.
pub(super) struct Ledger {
    stores: Arc<Stores>,
    metrics: Metrics,
    notifier: Notifier,
    /// Held for moments only, never across a call.
    planner: Mutex<Planner>,
    due: Notify,
    /// Notifies of writes that are over.
    written: watch::Sender<()>,
}

impl Ledger {
    pub(super) fn new(stores: Arc<Stores>, metrics: Metrics, now: Instant) -> Self {
        let (notifier, planner) = (Notifier::new(), Mutex::new(Planner::new(now)));
        Self { stores, metrics, notifier, planner, due: Notify::new(), written: watch::Sender::new(()) }
    }

    /// Takes note that reports can come from now on.
    pub(super) fn listen(&self, now: Instant) {
        self.with(|planner| planner.listen(now));
    }

    /// Takes the report of a pod of a session.
    ///
    /// # Errors
    /// Where the watches do not know one of them any more.
    pub(super) fn accept(
        &self,
        session: &SessionKey,
        pod: &PodKey,
        post: Post,
        at: Moment,
    ) -> Result<Accepted, Refusal> {
        let unknown = || Refusal::Unavailable("the pod or its session is not known any more".into());
        let stored = self.stores.session(session).ok_or_else(unknown)?;
        let facts = PodFacts::of(pod, &self.stores.pod(pod).ok_or_else(unknown)?);
        let Ok(stored) = &stored.0 else { return Err(unknown()) };
        let stored = StoredSession::of(stored);
        Ok(self.with(|planner| planner.accept(session, &stored, facts, post, at)))
    }

    /// Waits until what a post waits for is stored.
    pub(super) async fn stored(&self, awaited: &Awaited) {
        let mut written = self.written.subscribe();
        while !self.with(|planner| planner.is_stored(awaited)) {
            // Cannot fail: the sender is this ledger's own.
            let _ = written.changed().await;
        }
    }

    /// Takes note of what the controller expects of a session.
    pub(super) fn expect(&self, session: &Session, expectation: Expectation, at: Moment) {
        self.with_run(session, |planner, key, stored| {
            planner.expect(key, stored, expectation, at);
            true
        });
    }

    /// Has the numbers of other runs taken out of status. Whether they are.
    pub(super) fn begin_run(&self, session: &Session, at: Moment) -> bool {
        self.with_run(session, |planner, key, stored| planner.begin_run(key, stored, at))
    }

    /// Has the last numbers of a run that is over written. Whether they are.
    pub(super) fn finish_run(&self, session: &Session, end: End, at: Moment) -> bool {
        self.with_run(session, |planner, key, stored| planner.finish_run(key, stored, end, at))
    }

    /// The run is not over, although it was to be finished. Whether that is known now.
    pub(super) fn continue_run(&self, session: &Session, at: Moment) -> bool {
        self.with_run(session, |planner, key, stored| {
            planner.continue_run(key, stored, at);
            true
        })
    }

    /// What the controller may know of the session with this UID.
    pub(super) fn view(&self, uid: &str) -> View {
        self.with(|planner| planner.view(uid))
    }

    /// How long before `now` the server of the session with this UID reported last.
    pub(super) fn since_last_report(&self, uid: &str, now: Instant) -> Option<Duration> {
        self.with(|planner| planner.since_last_report(uid, now))
    }

    /// For how long before `now` the server of the session with this UID has not reported, as far as it could.
    pub(super) fn silence(&self, uid: &str, now: Instant) -> Duration {
        self.with(|planner| planner.silence(uid, now))
    }

    /// The sessions that the controller should reconcile; only once.
    pub(super) fn changes(&self) -> Option<mpsc::Receiver<ObjectRef<BallSession>>> {
        self.notifier.subscribe()
    }

    /// The next status to be written now.
    pub(super) fn next_write(&self, at: Moment) -> Option<PendingWrite> {
        let write = self.with(|planner| planner.next_write(&self.stores, at));
        if write.is_none() {
            // Some may have turned out not to be needed.
            self.written.send_replace(());
        }
        write
    }

    /// When [`Ledger::next_write`] has something to give.
    pub(super) fn next_wake(&self) -> Option<Instant> {
        self.with(|planner| planner.next_wake())
    }

    /// Waits for a write that was planned since.
    pub(super) async fn write_planned(&self) {
        self.due.notified().await;
    }

    /// Takes note of what became of a write.
    pub(super) fn write_done(&self, write: &PendingWrite, result: WriteResult, at: Moment) {
        let stored = self.stores.session(&write.session);
        let stored = stored.as_deref().and_then(|stored| stored.0.as_ref().ok()).map(StoredSession::of);
        self.with(|planner| planner.write_done(write, result, stored.as_ref(), at));
        self.written.send_replace(());
    }

    /// Compares all sessions: some are gone, or their pods, or have become unresponsive, or nobody reports of them.
    pub(super) async fn resync(&self, at: Moment) {
        self.with(|planner| planner.retain(|key| self.stores.session(key).is_some()));
        let mut met = [0; 3];
        for (number, stored) in self.stores.watched.sessions.state().into_iter().enumerate() {
            if number % RESYNC_CHUNK == RESYNC_CHUNK - 1 {
                tokio::task::yield_now().await;
            }
            let Ok(stored) = &stored.0 else { continue };
            let Some(key) = SessionKey::of(stored) else { continue };
            let pod_exists = |pod: &PodKey| self.stores.has_pod(pod);
            let session = StoredSession::of(stored);
            self.with(|planner| planner.refresh(&key, &session, pod_exists, at));
            let condition = stored.status.as_ref().and_then(status::condition);
            met[match condition.map(|condition| condition.status.as_str()) {
                Some("True") => 0,
                Some("False") => 1,
                _ => 2,
            }] += 1;
        }
        self.metrics.sessions(met);
        self.metrics.overdue(self.with(|planner| planner.overdue(at.now)));
        self.notifier.notify_waiting();
    }

    /// Does something about the run that a session asks for; `false` while the watch does not know it as it is asked
    /// about.
    fn with_run(
        &self,
        session: &Session,
        then: impl FnOnce(&mut Planner, &SessionKey, &StoredSession<'_>) -> bool,
    ) -> bool {
        let (namespace, name) = (session.namespace.clone(), session.name.clone());
        let key = SessionKey { namespace, name, uid: session.owner.uid.clone() };
        let Some(stored) = self.stores.session(&key) else { return false };
        let Ok(stored) = &stored.0 else { return false };
        let stored = StoredSession::of(stored);
        stored.run() == Some(&session.run_hash) && self.with(|planner| then(planner, &key, &stored))
    }

    /// Every access leads through here, so that what follows from it is done.
    fn with<T>(&self, then: impl FnOnce(&mut Planner) -> T) -> T {
        let (result, effects) = {
            let mut planner = self.planner.lock().unwrap_or_else(PoisonError::into_inner);
            (then(&mut planner), planner.drain())
        };
        if effects.is_due {
            self.due.notify_one();
        }
        for _ in 0..effects.suppressed {
            self.metrics.status_write(WriteOutcome::Suppressed);
        }
        for session in &effects.changed {
            self.notifier.notify(session);
        }
        result
    }
}

#[cfg(test)]
mod day;
#[cfg(test)]
mod pacing;
#[cfg(test)]
mod restart_load;
#[cfg(test)]
mod run_end_kills;
