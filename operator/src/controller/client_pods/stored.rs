//! What the status has of a run, as far as client pods are concerned.

use std::collections::BTreeSet;

use crds::{BallSessionStatus, Run};
use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use report::post::{index_ranges, parse_index_ranges};

use crate::clients::Attempts;
use crate::run::{RunStage, is_stored_run};
use crate::session::Session;

/// What the status has of the run that a session asks for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::controller) struct StoredRun {
    /// When the first of a bounded run's clients was asked for.
    pub(in crate::controller) started: Option<Timestamp>,
    /// The last attempt of each client: of whatever run it was, none comes twice.
    pub(in crate::controller) attempts: Attempts,
    /// The clients that are done.
    pub(in crate::controller) finished: BTreeSet<u32>,
}

impl StoredRun {
    /// Reads it.
    pub(in crate::controller) fn of(session: &Session, status: &BallSessionStatus) -> Self {
        let Some(run) = &status.run else { return Self::default() };
        let attempts = Attempts::parse(run.attempts.as_deref().unwrap_or_default());
        if session.duration.is_none() || !is_stored_run(status, &session.run_hash) {
            return Self { attempts, ..Self::default() };
        }
        // A run that is suspended has its time anew when it goes on.
        let started = run.started_at.as_ref().filter(|_| session.stage != RunStage::Suspended);
        let finished = run.finished.as_deref().and_then(parse_index_ranges).unwrap_or_default();
        Self { started: started.map(|time| time.0), attempts, finished: finished.into_iter().collect() }
    }

    /// As it is stored.
    pub(in crate::controller) fn run(&self, session: &Session) -> Run {
        let finished: Vec<_> = self.finished.iter().copied().collect();
        let text = |text: String| Some(text).filter(|text| !text.is_empty());
        Run {
            hash: session.run_hash.clone(),
            started_at: self.started.map(Time),
            attempts: text(self.attempts.text()),
            finished: text(index_ranges(&finished)),
        }
    }

    /// Whether all clients that a session asks for are done.
    pub(in crate::controller) fn are_all_finished(&self, session: &Session) -> bool {
        let clients = session.spec.clients.unsigned_abs();
        clients > 0 && (0..clients).all(|index| self.finished.contains(&index))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::controller::build::fixture;

    #[test]
    fn what_is_stored_is_of_this_run_but_for_the_attempts() {
        let session = fixture::session(&json!({"clients": 2, "duration": "5m"}));
        let status = |hash: &str| -> BallSessionStatus {
            let run = json!({"hash": hash, "startedAt": "2026-01-01T00:00:00Z", "attempts": "0-1:3", "finished": "0-1"});
            serde_json::from_value(json!({"run": run})).unwrap()
        };
        let stored = StoredRun::of(&session, &status(&session.run_hash));
        assert_eq!((stored.attempts.of(1), stored.finished.clone()), (3, [0, 1].into()));
        assert_eq!(Some(stored.run(&session)), status(&session.run_hash).run);
        assert!(stored.are_all_finished(&session));
        assert!(!stored.are_all_finished(&fixture::session(&json!({"clients": 3, "duration": "5m"}))));

        let other = StoredRun::of(&session, &status("other"));
        assert_eq!(other, StoredRun { attempts: stored.attempts.clone(), ..StoredRun::default() });
        let suspended = fixture::session(&json!({"clients": 2, "duration": "5m", "suspend": true}));
        assert_eq!(StoredRun::of(&suspended, &status(&session.run_hash)).started, None);
        let none = StoredRun::of(&session, &BallSessionStatus::default());
        assert_eq!((none.run(&session).attempts, none.are_all_finished(&session)), (None, false));
    }
}
