//! What the writer's task does, step by step: finds out what is to be written, writes it, and takes note.

use std::time::Instant;

use crds::BallSessionStatus;

use crate::reports::Reports;
use crate::reports::aggregate::Subject;
use crate::reports::cluster::CallError;
use crate::reports::metrics::WriteOutcome;
use crate::reports::service::{Moment, State};
use crate::reports::status::{self, Change};
use crate::reports::stores::SessionKey;

/// Sessions that a sweep looks at before it lets others run.
const SWEEP_CHUNK: usize = 128;

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
    /// Plans the next write of a session's status, if one is needed.
    pub(in crate::reports) fn plan(
        &self,
        state: &mut State,
        session: &SessionKey,
        subject: &Subject<'_>,
        at: Moment,
    ) {
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
                let tracked = state.aggregate.get_mut(&write.session.uid).filter(|_| error.is_refusal());
                if tracked.is_some_and(|tracked| tracked.refused(write.run.as_deref(), write.is_final)) {
                    self.news.tell(&write.session);
                }
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
    pub(in crate::reports) async fn sweep(&self, at: Moment) {
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
