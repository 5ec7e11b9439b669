//! What the status has of a run, as far as client pods are concerned.

use std::collections::BTreeSet;

use crds::{BallSessionStatus, Run};
use report::post::{index_ranges, parse_index_ranges};

use crate::clients::{Attempts, Measured};
use crate::run::is_stored_run;
use crate::session::Session;

/// What the status has of the run that a session asks for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::controller) struct StoredRun {
    /// All else that is stored of it.
    pub(in crate::controller) record: Run,
    /// The last attempt of each client: of whatever run it was, none comes twice.
    pub(in crate::controller) attempts: Attempts,
    /// The clients that are done.
    pub(in crate::controller) finished: BTreeSet<u32>,
    /// For how long the clients have measured that are not.
    pub(in crate::controller) measured: Measured,
}

impl StoredRun {
    /// Reads it; `record` is all else of it.
    pub(in crate::controller) fn of(session: &Session, status: &BallSessionStatus, record: Run) -> Self {
        let Some(run) = &status.run else { return Self { record, ..Self::default() } };
        let attempts = Attempts::parse(run.attempts.as_deref().unwrap_or_default());
        let is_bounded = session.duration.is_some() && is_stored_run(status, &session.run_hash);
        let finished = run.finished.as_deref().filter(|_| is_bounded).and_then(parse_index_ranges);
        let measured = run.measured.as_deref().filter(|_| is_bounded).map(Measured::parse);
        let finished = finished.unwrap_or_default().into_iter().collect();
        Self { record, attempts, finished, measured: measured.unwrap_or_default() }
    }

    /// As it is stored.
    pub(in crate::controller) fn run(&self) -> Run {
        let finished: Vec<_> = self.finished.iter().copied().collect();
        let text = |text: String| Some(text).filter(|text| !text.is_empty());
        Run {
            attempts: text(self.attempts.text()),
            finished: text(index_ranges(&finished)),
            measured: text(self.measured.text()),
            ..self.record.clone()
        }
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
            let run = json!({"hash": hash, "startedAt": "2026-01-01T00:00:00Z", "attempts": "0-2:3", "finished": "0-1", "measured": "2:7@9"});
            serde_json::from_value(json!({"run": run})).unwrap()
        };
        let run = status(&session.run_hash).run.unwrap();
        let stored = StoredRun::of(&session, &status(&session.run_hash), run.clone());
        assert_eq!((stored.attempts.of(1), stored.finished.clone()), (3, [0, 1].into()));
        assert_eq!(stored.run(), run);

        let record = Run { hash: session.run_hash.clone(), ..Run::default() };
        let other = StoredRun::of(&session, &status("other"), record.clone());
        assert_eq!((&other.attempts, &other.finished), (&stored.attempts, &BTreeSet::new()));
        assert_eq!(other.run(), Run { attempts: Some("0-2:3".into()), ..record.clone() });
        let unbounded = fixture::session(&json!({"clients": 2}));
        let unbounded = StoredRun::of(&unbounded, &status(&unbounded.run_hash), run);
        assert_eq!((unbounded.finished, unbounded.measured), (BTreeSet::new(), Measured::default()));
        assert_eq!(StoredRun::of(&session, &BallSessionStatus::default(), record.clone()).run(), record);
    }
}
