//! What the writer's task does, step by step: finds out what is to be written, writes it, and takes note.

use std::time::Instant;

use crds::BallSessionStatus;

use crate::reports::Reports;
use crate::reports::aggregate::StoredSession;
use crate::reports::api_server::CallError;
use crate::reports::metrics::WriteOutcome;
use crate::reports::service::{Moment, State};
use crate::reports::status::{self, Change};
use crate::reports::stores::SessionKey;

/// Sessions that a resync looks at before it lets others run.
const RESYNC_CHUNK: usize = 128;

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
    desired: BallSessionStatus,
}

impl Reports {
    /// Plans the next write of a session's status, if one is needed.
    pub(in crate::reports) fn plan(
        &self,
        state: &mut State,
        key: &SessionKey,
        session: &StoredSession<'_>,
        at: Moment,
    ) {
        let write = prepare(state, key, session, at);
        let change =
            write.as_ref().map_or(Change::None, |write| Change::between(&write.stored, &write.desired));
        match write {
            Some(write) if change != Change::None => {
                let change = if write.is_waited_for { Change::Urgent } else { change };
                state.schedule.want(&key.uid, change, at.now);
                self.due.notify_one();
            }
            write => {
                if state.schedule.cancel(&key.uid) {
                    self.metrics.wrote(WriteOutcome::Suppressed);
                }
                if let Some(write) = write {
                    self.mark_stored(state, &write);
                }
            }
        }
    }

    /// The next status to be written now. What turns out to be stored already is left out.
    pub(super) fn next_write(&self, at: Moment) -> Option<Write> {
        let mut state = self.state();
        while let Some(uid) = state.schedule.next(at.now) {
            match self.prepared(&state, &uid, at) {
                Some(write) if write.stored != write.desired => return Some(write),
                Some(write) => {
                    self.metrics.wrote(WriteOutcome::Suppressed);
                    state.schedule.skipped(&uid);
                    self.mark_stored(&mut state, &write);
                }
                None => state.schedule.skipped(&uid),
            }
        }
        None
    }

    fn prepared(&self, state: &State, uid: &str, at: Moment) -> Option<Write> {
        let key = state.aggregate.get(uid)?.key().clone();
        let stored = self.stores.session(&key)?;
        prepare(state, &key, &StoredSession::of(stored.0.as_ref().ok()?), at)
    }

    /// Makes a write, which has a time limit of its own.
    pub(super) async fn apply(&self, write: &Write) -> Result<(), CallError> {
        self.api_server.apply_status(&write.session, &write.resource_version, &write.desired).await
    }

    /// Takes note of what became of a write.
    pub(super) fn write_done(&self, write: &Write, result: Result<(), CallError>, at: Moment) {
        let mut state = self.state();
        // A conflict is no failure: the next attempt knows what the other one wrote.
        let is_stale = result.as_ref().is_err_and(CallError::is_stale);
        state.schedule.done(&write.session.uid, result.is_ok() || is_stale, at.now);
        match result {
            Ok(()) => {
                self.metrics.wrote(WriteOutcome::Written);
                self.mark_stored(&mut state, write);
            }
            Err(_) if is_stale => self.metrics.wrote(WriteOutcome::Conflicting),
            Err(error) => {
                self.metrics.wrote(WriteOutcome::Failed);
                let (namespace, name) = (&write.session.namespace, &write.session.name);
                tracing::warn!(namespace, name, %error, "numbers not written to status");
                let tracked = state.aggregate.get_mut(&write.session.uid).filter(|_| error.is_refusal());
                if tracked.is_some_and(|tracked| tracked.refused(write.run.as_deref(), write.is_final)) {
                    self.notifier.notify(&write.session);
                }
            }
        }
        // For reports that came meanwhile, or another attempt.
        if let Some(Ok(stored)) = self.stores.session(&write.session).as_deref().map(|stored| &stored.0) {
            self.plan(&mut state, &write.session, &StoredSession::of(stored), at);
        }
    }

    /// What `write` desired is stored.
    fn mark_stored(&self, state: &mut State, write: &Write) {
        let tracked = state.aggregate.get_mut(&write.session.uid);
        let came_to_an_end =
            tracked.is_some_and(|tracked| tracked.written(write.run.as_deref(), write.is_final));
        let met = |status| status::condition(status).map(|condition| &condition.status);
        if came_to_an_end || met(&write.stored) != met(&write.desired) {
            self.notifier.notify(&write.session);
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
    pub(in crate::reports) async fn resync(&self, at: Moment) {
        {
            let mut state = self.state();
            state.aggregate.retain(|key| self.stores.session(key).is_some());
            let State { aggregate, schedule } = &mut *state;
            schedule.retain(|uid| aggregate.get(uid).is_some());
        }
        let mut met = [0; 3];
        for (number, stored) in self.stores.sessions.state().into_iter().enumerate() {
            if number % RESYNC_CHUNK == RESYNC_CHUNK - 1 {
                tokio::task::yield_now().await;
            }
            let Ok(stored) = &stored.0 else { continue };
            let Some(key) = SessionKey::of(stored) else { continue };
            self.refresh(&key, &StoredSession::of(stored), at);
            let condition = stored.status.as_ref().and_then(status::condition);
            met[match condition.map(|condition| condition.status.as_str()) {
                Some("True") => 0,
                Some("False") => 1,
                _ => 2,
            }] += 1;
        }
        self.metrics.sessions(met);
        self.notifier.notify_waiting();
    }

    /// Brings a session up to date.
    fn refresh(&self, key: &SessionKey, session: &StoredSession<'_>, at: Moment) {
        let mut state = self.state();
        let tracked = state.aggregate.follow(key, session, at.now);
        let lost_pods = tracked.forget_pods(|pod| self.stores.pod(pod).is_some());
        let became_unresponsive = tracked.becomes_unresponsive(at.now);
        self.plan(&mut state, key, session, at);
        drop(state);
        if lost_pods || became_unresponsive {
            self.notifier.notify(key);
        }
    }
}

/// What a session's status should say now, unless it has to stay as it is.
fn prepare(state: &State, key: &SessionKey, session: &StoredSession<'_>, at: Moment) -> Option<Write> {
    let tracked = state.aggregate.get(&key.uid)?;
    let desired = tracked.desired(session, at.now, at.wall)?;
    Some(Write {
        session: key.clone(),
        run: tracked.run().map(str::to_owned),
        is_final: tracked.is_final(),
        is_waited_for: tracked.is_final() || !tracked.is_cleared(),
        resource_version: session.resource_version()?.to_owned(),
        stored: session.owned(),
        desired,
    })
}
