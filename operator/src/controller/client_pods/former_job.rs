//! What is to be kept of the Job by which an earlier version ran a session's clients.

use std::collections::BTreeSet;

use crds::contract::RUN_ANNOTATION;
use k8s_openapi::api::batch::v1::Job;
use report::post::parse_index_ranges;

use crate::controller::client_pods::stored::StoredRun;
use crate::session::Session;

/// The run with those of its clients that were done in the Job, where that is not stored: it has to be before the Job goes, which
/// alone knows it.
pub(in crate::controller) fn with_finished(
    run: StoredRun,
    job: &Job,
    session: &Session,
) -> Option<StoredRun> {
    let finished = finished_in_job(job, session);
    let is_known = finished.is_subset(&run.finished);
    (!is_known).then(|| StoredRun { finished: run.finished.union(&finished).copied().collect(), ..run })
}

/// The clients that were done in the Job, if it was for the run that a session asks for: they are not to measure again.
pub(super) fn finished_in_job(job: &Job, session: &Session) -> BTreeSet<u32> {
    if session.duration.is_none() || !is_of_run(job, session) {
        return BTreeSet::new();
    }
    let completed = job.status.as_ref().and_then(|status| status.completed_indexes.as_deref());
    completed.and_then(parse_index_ranges).unwrap_or_default().into_iter().collect()
}

/// Whether the Job is for the run that a session asks for: the pods of one without an end are for any.
pub(super) fn is_of_run(job: &Job, session: &Session) -> bool {
    let template = job.spec.as_ref().and_then(|spec| spec.template.metadata.as_ref());
    let run = template.and_then(|metadata| metadata.annotations.as_ref()?.get(RUN_ANNOTATION));
    run.map(String::as_str) == session.clients_run()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::controller::build::fixture;

    #[test]
    fn who_was_done_in_the_job_of_this_run_stays_done() {
        let bounded = fixture::session(&json!({"clients": 5, "duration": "5m"}));
        let finished = |session: &Session, run: &str, completed: &str| {
            let template = json!({"metadata": {"annotations": {"ballsession.dev/run": run}}});
            let job = json!({"spec": {"template": template}, "status": {"completedIndexes": completed}});
            finished_in_job(&serde_json::from_value(job).unwrap(), session)
        };
        assert_eq!(finished(&bounded, &bounded.run_hash, "0-2,4"), [0, 1, 2, 4].into());
        assert_eq!(finished(&bounded, &bounded.run_hash, ""), [].into());
        assert_eq!(finished(&bounded, "other", "0"), [].into());
        let unbounded = fixture::session(&json!({"clients": 5}));
        assert_eq!(finished(&unbounded, &unbounded.run_hash, "0"), [].into());
        assert_eq!(finished_in_job(&Job::default(), &bounded), [].into());
    }
}
