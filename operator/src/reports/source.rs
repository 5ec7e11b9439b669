//! What the controller asks of the reports.

use std::time::{Duration, Instant};

use crds::BallSession;
use kube::runtime::reflector::ObjectRef;
use tokio::sync::mpsc;

use crate::controller::report_source::{Progress, ReportSource, View};
use crate::controller::validate::Session;
use crate::reports::Reports;
use crate::reports::aggregate::{StoredSession, Tracked};
use crate::reports::service::{Moment, State};
use crate::reports::stores::SessionKey;

impl ReportSource for Reports {
    fn view(&self, session: &str) -> View {
        self.state().aggregate.get(session).map(Tracked::view).unwrap_or_default()
    }

    fn begin_run(&self, session: &Session) -> Progress {
        let begun = self.with_tracked(session, Moment::present(), |state, key, session, at| {
            // The numbers that have to go are taken out by the next write.
            self.plan(state, key, session, at);
            state.aggregate.get(&key.uid).is_some_and(Tracked::is_cleared)
        });
        if begun { Progress::Done } else { Progress::Pending }
    }

    fn finish_run(&self, session: &Session, since: Instant, now: Instant) -> Progress {
        let at = Moment { now, ..Moment::present() };
        let ended = self.with_tracked(session, at, |state, key, session, at| {
            if session.is_finished() {
                return true;
            }
            let Some(tracked) = state.aggregate.get_mut(&key.uid) else { return false };
            if tracked.end(since, session, at.now) {
                self.plan(state, key, session, at);
            }
            state.aggregate.get(&key.uid).is_some_and(Tracked::is_ended)
        });
        if ended { Progress::Done } else { Progress::Pending }
    }

    fn continue_run(&self, session: &Session) -> Progress {
        let continued = self.with_tracked(session, Moment::present(), |state, key, session, at| {
            if let Some(tracked) = state.aggregate.get_mut(&key.uid) {
                tracked.resume();
            }
            self.plan(state, key, session, at);
            true
        });
        if continued { Progress::Done } else { Progress::Pending }
    }

    fn changes(&self) -> Option<mpsc::Receiver<ObjectRef<BallSession>>> {
        self.notifier.take()
    }
}

impl Reports {
    /// How long ago the server of the session with this UID reported last, if it did since the operator began.
    pub fn last_report(&self, uid: &str) -> Option<Duration> {
        let last = self.state().aggregate.get(uid).and_then(Tracked::last_report)?;
        Some(last.elapsed())
    }

    /// Does something about a session; `false` while the watch does not know it as it is asked about.
    fn with_tracked(
        &self,
        session: &Session,
        at: Moment,
        then: impl FnOnce(&mut State, &SessionKey, &StoredSession<'_>, Moment) -> bool,
    ) -> bool {
        let key = SessionKey {
            namespace: session.namespace.clone(),
            name: session.name.clone(),
            uid: session.owner.uid.clone(),
        };
        let Some(stored) = self.stores.session(&key) else { return false };
        let Ok(stored) = &stored.0 else { return false };
        let stored_session = StoredSession::of(stored);
        if stored_session.run() != Some(&session.run_hash) {
            return false;
        }
        let mut state = self.state();
        state.aggregate.follow(&key, &stored_session, at.now);
        then(&mut state, &key, &stored_session, at)
    }
}
