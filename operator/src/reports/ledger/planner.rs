//! What was posted, and which writes follow from it. No I/O and no clock: it is changed, and then drained of what others
//! have to do.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use report::post::Answer;

use crate::report_source::{Expectation, View};
use crate::reports::aggregate::{Aggregate, PodFacts, PostEffect, StoredSession, Tracked, desired_status};
use crate::reports::ledger::pending_write::{PendingWrite, WriteResult};
use crate::reports::ledger::schedule::{Awaited, Schedule};
use crate::reports::moment::Moment;
use crate::reports::post::Post;
use crate::reports::status::{self, Change};
use crate::reports::stores::{PodKey, SessionKey, Stores};
use crate::run::End;

/// All sessions, and when their status is written.
pub(super) struct Planner {
    aggregate: Aggregate,
    schedule: Schedule,
    /// Since when reports can come.
    listening_since: Instant,
    /// When sessions have to be judged again although nothing is posted, by UID.
    judge_at: HashMap<String, Instant>,
    effects: Effects,
}

/// A report that was taken.
#[derive(Debug, Default)]
pub(in crate::reports) struct Accepted {
    /// What is answered, if there is something to say.
    pub(in crate::reports) answer: Option<Answer>,
    /// The write that it has to be in before it is answered, where no later report would have the same again.
    pub(in crate::reports) awaited: Option<Awaited>,
}

/// What follows from a change, for others to do.
#[derive(Default)]
pub(super) struct Effects {
    /// A write was planned.
    pub(super) is_due: bool,
    /// Writes that were planned, and turned out not to be needed.
    pub(super) suppressed: usize,
    /// Sessions that the controller should reconcile.
    pub(super) changed: Vec<SessionKey>,
}

impl Planner {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            aggregate: Aggregate::default(),
            schedule: Schedule::new(now),
            listening_since: now,
            judge_at: HashMap::new(),
            effects: Effects::default(),
        }
    }

    /// Takes note that reports can come from now on.
    pub(super) fn listen(&mut self, now: Instant) {
        self.listening_since = now;
    }

    /// Takes what has to be done since the last time.
    pub(super) fn drain(&mut self) -> Effects {
        std::mem::take(&mut self.effects)
    }

    /// Takes the report of a pod of the session.
    pub(super) fn accept(
        &mut self,
        key: &SessionKey,
        session: &StoredSession<'_>,
        pod: PodFacts,
        post: Post,
        at: Moment,
    ) -> Accepted {
        let tracked = self.aggregate.follow(key, session, at.now);
        let is_last = pod.is_ending;
        let (effect, answer) = match post {
            Post::Server(post) => {
                let is_of_run = pod.run.as_deref() == session.run();
                let answer = if is_of_run { tracked.answer(session, at.now) } else { None };
                (tracked.take_server(pod, *post, session, at.now), answer)
            }
            Post::Client(post) => (tracked.take_client(pod, post, session, at.now), None),
        };
        if effect == PostEffect::Ignored {
            return Accepted { answer, awaited: None };
        }
        match tracked.judge_at(at.now) {
            Some(judge_at) => drop(self.judge_at.insert(key.uid.clone(), judge_at)),
            None => drop(self.judge_at.remove(&key.uid)),
        }
        // The writer wakes for it.
        self.effects.is_due |= self.judge_at.contains_key(&key.uid);
        self.plan(key, session, at);
        if is_last {
            // No later post would have it again for an operator that does not know this one.
            self.schedule.hasten(&key.uid, at.now);
        }
        if effect == PostEffect::StateChanged {
            self.effects.changed.push(key.clone());
        }
        Accepted { answer, awaited: is_last.then(|| self.schedule.awaited(&key.uid)).flatten() }
    }

    /// Whether what a post waits for is stored.
    pub(super) fn is_stored(&self, awaited: &Awaited) -> bool {
        self.schedule.is_stored(awaited)
    }

    /// Takes note of what the controller expects of a session.
    pub(super) fn expect(
        &mut self,
        key: &SessionKey,
        session: &StoredSession<'_>,
        expectation: Expectation,
        at: Moment,
    ) {
        let tracked = self.aggregate.follow(key, session, at.now);
        tracked.expect(expectation, at.now);
        self.judge(key, session, at);
    }

    /// Judges a session anew, and has written what follows.
    fn judge(&mut self, key: &SessionKey, session: &StoredSession<'_>, at: Moment) {
        let is_changed = self.aggregate.follow(key, session, at.now).judge(session, at.now);
        self.plan(key, session, at);
        if is_changed {
            self.effects.changed.push(key.clone());
        }
    }

    /// Judges the sessions whose time has come.
    fn judge_due(&mut self, stores: &Stores, at: Moment) {
        let due: Vec<_> = self.judge_at.extract_if(|_, judge_at| *judge_at < at.now).collect();
        for (uid, _) in due {
            let Some(key) = self.aggregate.get(&uid).map(|tracked| tracked.key().clone()) else { continue };
            let Some(stored) = stores.session(&key) else { continue };
            if let Ok(stored) = &stored.0 {
                self.judge(&key, &StoredSession::of(stored), at);
            }
        }
    }

    /// Brings a session up to date with the pods that exist, and with the passing of time.
    pub(super) fn refresh(
        &mut self,
        key: &SessionKey,
        session: &StoredSession<'_>,
        pod_exists: impl Fn(&PodKey) -> bool,
        at: Moment,
    ) {
        let tracked = self.aggregate.follow(key, session, at.now);
        let lost_pods = tracked.forget_pods(pod_exists);
        let became_unresponsive = tracked.becomes_unresponsive(at.now);
        let is_verdict_changed = tracked.judge(session, at.now);
        self.plan(key, session, at);
        if lost_pods || became_unresponsive || is_verdict_changed {
            self.effects.changed.push(key.clone());
        }
    }

    /// Forgets the sessions that do not exist any more.
    pub(super) fn retain(&mut self, exists: impl Fn(&SessionKey) -> bool) {
        self.aggregate.retain(exists);
        let Self { aggregate, schedule, judge_at, .. } = self;
        schedule.retain(|uid| aggregate.get(uid).is_some());
        judge_at.retain(|uid, _| aggregate.get(uid).is_some());
    }

    /// Of how many sessions something is kept, where anything may be.
    #[cfg(test)]
    pub(super) fn kept(&self) -> [usize; 3] {
        [self.aggregate.len(), self.schedule.len(), self.judge_at.len()]
    }

    /// Of how many clients' pods something is kept.
    #[cfg(test)]
    pub(super) fn kept_pods(&self) -> usize {
        self.aggregate.pods()
    }

    /// Has the numbers of other runs taken out of status. Whether they are.
    pub(super) fn begin_run(&mut self, key: &SessionKey, session: &StoredSession<'_>, at: Moment) -> bool {
        self.aggregate.follow(key, session, at.now);
        self.plan(key, session, at);
        self.aggregate.get(&key.uid).is_some_and(Tracked::is_cleared)
    }

    /// Has the last numbers of a run that is over written. Whether they are.
    pub(super) fn finish_run(
        &mut self,
        key: &SessionKey,
        session: &StoredSession<'_>,
        end: End,
        at: Moment,
    ) -> bool {
        let listening_since = self.listening_since;
        let tracked = self.aggregate.follow(key, session, at.now);
        if session.is_finished() {
            return true;
        }
        if tracked.end(end, session, listening_since, at.now) {
            self.plan(key, session, at);
        }
        self.aggregate.get(&key.uid).is_some_and(Tracked::is_ended)
    }

    /// The run is not over, although it was to be finished.
    pub(super) fn continue_run(&mut self, key: &SessionKey, session: &StoredSession<'_>, at: Moment) {
        self.aggregate.follow(key, session, at.now).resume();
        self.plan(key, session, at);
    }

    /// The next status to be written now. What turns out to be stored already is left out.
    pub(super) fn next_write(&mut self, stores: &Stores, at: Moment) -> Option<PendingWrite> {
        self.judge_due(stores, at);
        while let Some(uid) = self.schedule.next(at.now) {
            match self.due_write(&uid, stores, at) {
                Some(write) if write.stored != write.desired => return Some(write),
                Some(write) => {
                    self.effects.suppressed += 1;
                    self.schedule.skipped(&uid);
                    self.mark_stored(&write);
                }
                None => self.schedule.skipped(&uid),
            }
        }
        None
    }

    /// When [`Planner::next_write`] has something to give.
    pub(super) fn next_wake(&self) -> Option<Instant> {
        // A moment later: then the time is over.
        let judge_at = self.judge_at.values().min().map(|judge_at| *judge_at + Duration::from_millis(1));
        self.schedule.wake().into_iter().chain(judge_at).min()
    }

    /// For how long a write has been due at most.
    pub(super) fn overdue(&self, now: Instant) -> Duration {
        self.schedule.overdue(now)
    }

    /// Takes note of what became of a write. `session`: as it is stored now, if it still exists.
    pub(super) fn write_done(
        &mut self,
        write: &PendingWrite,
        result: WriteResult,
        session: Option<&StoredSession<'_>>,
        at: Moment,
    ) {
        let key = &write.session;
        self.schedule.done(&key.uid, result, at.now);
        match result {
            WriteResult::Stored => self.mark_stored(write),
            WriteResult::Refused => {
                if let Some(tracked) = self.aggregate.get_mut(&key.uid) {
                    tracked.refused(write.run.as_deref(), write.is_final);
                }
            }
            WriteResult::Stale | WriteResult::Failed => {}
        }
        // For reports that came meanwhile, or another attempt.
        if let Some(session) = session {
            self.plan(key, session, at);
        }
    }

    /// What the controller may know of the session with this UID.
    pub(super) fn view(&self, uid: &str) -> View {
        self.aggregate.get(uid).map(Tracked::view).unwrap_or_default()
    }

    /// How long before `now` the server of the session with this UID reported last.
    pub(super) fn since_last_report(&self, uid: &str, now: Instant) -> Option<Duration> {
        let last = self.aggregate.get(uid).and_then(Tracked::last_report)?;
        Some(now.saturating_duration_since(last))
    }

    /// For how long before `now` the server of the session with this UID has not reported, as far as it could.
    pub(super) fn silence(&self, uid: &str, now: Instant) -> Duration {
        let last = self.aggregate.get(uid).and_then(Tracked::last_report);
        now.saturating_duration_since(last.unwrap_or(self.listening_since))
    }

    /// Plans the next write of a session's status, if one is needed.
    fn plan(&mut self, key: &SessionKey, session: &StoredSession<'_>, at: Moment) {
        let write = self.pending_write(key, session, at);
        let change = write.as_ref().map_or(Change::None, PendingWrite::change);
        if change != Change::None {
            self.schedule.plan(&key.uid, change, at.now);
            self.effects.is_due = true;
            return;
        }
        self.effects.suppressed += usize::from(self.schedule.cancel(&key.uid));
        if let Some(write) = write {
            self.mark_stored(&write);
        }
    }

    /// What `write` desires is stored.
    fn mark_stored(&mut self, write: &PendingWrite) {
        let tracked = self.aggregate.get_mut(&write.session.uid);
        let ends_a_wait =
            tracked.is_some_and(|tracked| tracked.written(write.run.as_deref(), write.is_final));
        let met = |status| status::condition(status).map(|condition| (&condition.status, &condition.reason));
        if ends_a_wait || met(&write.stored) != met(&write.desired) {
            self.effects.changed.push(write.session.clone());
        }
    }

    fn due_write(&self, uid: &str, stores: &Stores, at: Moment) -> Option<PendingWrite> {
        let key = self.aggregate.get(uid)?.key();
        let stored = stores.session(key)?;
        self.pending_write(key, &StoredSession::of(stored.0.as_ref().ok()?), at)
    }

    /// What a session's status should say now, unless it has to stay as it is.
    pub(super) fn pending_write(
        &self,
        key: &SessionKey,
        session: &StoredSession<'_>,
        at: Moment,
    ) -> Option<PendingWrite> {
        let tracked = self.aggregate.get(&key.uid)?;
        let desired = desired_status(tracked, session, at)?;
        Some(PendingWrite {
            session: key.clone(),
            run: tracked.run().map(str::to_owned),
            is_final: tracked.is_final(),
            is_awaited: tracked.is_final() || !tracked.is_cleared(),
            resource_version: session.resource_version()?.to_owned(),
            stored: session.owned(),
            desired,
        })
    }
}
