//! What is seen of the sessions' statuses, and when.

use std::collections::HashMap;
use std::pin::pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Result;
use crds::BallSession;
use crds::contract::{COMPLETE, OBJECTIVES_MET, READY};
use futures_util::StreamExt;
use kube::ResourceExt;
use kube::api::Api;
use kube::runtime::{WatchStreamExt, watcher};

/// All sessions by name.
#[derive(Default)]
pub(super) struct Statuses(Mutex<HashMap<String, Seen>>);

/// When something was seen of a session for the first time.
#[derive(Default)]
struct Seen {
    conditions: Option<Instant>,
    ready: Option<Instant>,
    met: Option<Instant>,
    /// As it was seen last.
    is_ready: bool,
    /// The first post that was taken.
    posted: Option<Instant>,
    /// The post of a breach, and when that was seen.
    breach: Option<Instant>,
    breached: Option<Instant>,
}

/// When the last of all sessions had got so far; `None` where one has not yet.
pub(super) struct Progress {
    pub(super) conditions: Option<Instant>,
    pub(super) ready: Option<Instant>,
    pub(super) met: Option<Instant>,
}

impl Statuses {
    /// Follows all sessions until it is dropped.
    pub(super) async fn follow(&self, sessions: Api<BallSession>) -> Result<()> {
        let events = watcher(sessions, watcher::Config::default()).default_backoff().applied_objects();
        let mut events = pin!(events);
        while let Some(event) = events.next().await {
            // It is tried again.
            let Ok(session) = event else { continue };
            self.seen().entry(session.name_any()).or_default().take(&session, Instant::now());
        }
        Ok(())
    }

    /// A post of a session's server was taken.
    pub(super) fn posted(&self, session: &str, at: Instant) {
        self.seen().entry(session.to_owned()).or_default().posted.get_or_insert(at);
    }

    /// A breach is about to be posted of a session: before it is taken, it is known here.
    pub(super) fn breach(&self, session: &str, at: Instant) {
        self.seen().entry(session.to_owned()).or_default().breach.get_or_insert(at);
    }

    /// Whether a session is Ready.
    pub(super) fn is_ready(&self, session: &str) -> bool {
        self.seen().get(session).is_some_and(|seen| seen.is_ready)
    }

    /// How far `sessions` sessions are.
    pub(super) fn progress(&self, sessions: u32) -> Progress {
        let seen = self.seen();
        let last = |of: fn(&Seen) -> Option<Instant>| {
            let times: Vec<_> = seen.values().filter_map(of).collect();
            times.into_iter().max().filter(|_| seen.values().filter_map(of).count() == sessions as usize)
        };
        Progress {
            conditions: last(|seen| seen.conditions),
            ready: last(|seen| seen.ready),
            met: last(|seen| seen.met),
        }
    }

    /// How long it took from each session's first post until its objectives were seen to be met.
    pub(super) fn first_posts(&self) -> Vec<Duration> {
        self.seen().values().filter_map(|seen| between(seen.posted, seen.met)).collect()
    }

    /// How long it took from each breach until it was seen, and how many were not yet.
    pub(super) fn breaches(&self) -> (Vec<Duration>, usize) {
        let seen = self.seen();
        let known: Vec<_> = seen.values().filter_map(|seen| between(seen.breach, seen.breached)).collect();
        let waiting = seen.values().filter(|seen| seen.breach.is_some()).count() - known.len();
        (known, waiting)
    }

    fn seen(&self) -> MutexGuard<'_, HashMap<String, Seen>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seen {
    fn take(&mut self, session: &BallSession, now: Instant) {
        let conditions = session.status.iter().flat_map(|status| &status.conditions);
        let is = |kind: &str, status: &str| {
            conditions.clone().any(|condition| condition.type_ == kind && condition.status == status)
        };
        let has = |kind: &str| conditions.clone().any(|condition| condition.type_ == kind);
        let first = |at: &mut Option<Instant>, is_so: bool| {
            if is_so {
                at.get_or_insert(now);
            }
        };
        first(&mut self.conditions, has(READY) && has(COMPLETE) && has(OBJECTIVES_MET));
        self.is_ready = is(READY, "True");
        first(&mut self.ready, self.is_ready);
        first(&mut self.met, is(OBJECTIVES_MET, "True"));
        first(&mut self.breached, self.breach.is_some() && is(OBJECTIVES_MET, "False"));
    }
}

fn between(from: Option<Instant>, to: Option<Instant>) -> Option<Duration> {
    Some(to?.saturating_duration_since(from?))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_session_is_there_when_the_last_condition_is() {
        let session = |ready: &str, met: Option<&str>| -> BallSession {
            let condition = |kind: &str, status: &str| json!({"type": kind, "status": status, "reason": "R", "message": "", "lastTransitionTime": "2026-01-01T00:00:00Z"});
            let mut conditions = vec![condition(READY, ready), condition(COMPLETE, "False")];
            conditions.extend(met.map(|met| condition(OBJECTIVES_MET, met)));
            serde_json::from_value(json!({
                "apiVersion": "ballsession.dev/v1alpha1", "kind": "BallSession", "metadata": {"name": "load-0"}, "spec": {},
                "status": {"conditions": conditions}
            }))
            .unwrap()
        };
        let (statuses, start) = (Statuses::default(), Instant::now());
        let at = |second| start + Duration::from_secs(second);
        let take = |second, session: &BallSession| {
            statuses.seen().entry("load-0".into()).or_default().take(session, at(second));
        };
        take(1, &session("False", None));
        assert_eq!(statuses.progress(1).conditions, None);
        statuses.posted("load-0", at(2));
        take(3, &session("True", Some("Unknown")));
        take(5, &session("True", Some("True")));
        assert!(statuses.is_ready("load-0"));
        take(6, &session("False", Some("False")));
        assert!(!statuses.is_ready("load-0") && !statuses.is_ready("load-1"));
        let progress = statuses.progress(1);
        assert_eq!(
            [progress.conditions, progress.ready, progress.met],
            [3, 3, 5].map(|second| Some(at(second)))
        );
        assert_eq!(statuses.progress(2).conditions, None, "another one is not there");
        assert_eq!(statuses.first_posts(), [Duration::from_secs(3)]);

        assert_eq!(statuses.breaches(), (vec![], 0), "what was bad before is no answer");
        statuses.breach("load-0", at(7));
        statuses.breach("load-0", at(8));
        assert_eq!(statuses.breaches(), (vec![], 1));
        take(9, &session("True", Some("False")));
        assert_eq!(statuses.breaches(), (vec![Duration::from_secs(2)], 0));
    }
}
