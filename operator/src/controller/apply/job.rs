//! What has to be done to the clients' Job, of which most cannot be changed once it exists.

use crds::contract::JOB_HASH_ANNOTATION;
use k8s_openapi::api::batch::v1::Job;
use kube::ResourceExt;

use crate::run::{JobEnd, job_end};

/// What has to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Plan {
    /// Apply it: it can follow.
    Apply,
    /// Nothing: it ended as it shall.
    Leave,
    /// Delete it with its pods, and apply it anew when it is gone.
    Replace,
}

/// What has to be done to make `live` into `desired`.
pub(super) fn plan(desired: &Job, live: &Job) -> Plan {
    if hash(desired) != hash(live) {
        return Plan::Replace;
    }
    let is_bounded = desired.spec.as_ref().is_some_and(|spec| spec.active_deadline_seconds.is_some());
    match job_end(live) {
        None => Plan::Apply,
        Some(JobEnd::Complete | JobEnd::DeadlineExceeded) if is_bounded => Plan::Leave,
        // Clients of a session without an end do not end either, unless somebody made them.
        Some(_) => Plan::Replace,
    }
}

fn hash(job: &Job) -> Option<&String> {
    job.annotations().get(JOB_HASH_ANNOTATION)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn job(hash: &str, bounded: bool, condition: Option<(&str, &str)>) -> Job {
        let conditions: Vec<Value> = condition
            .iter()
            .map(|(kind, reason)| json!({"type": kind, "status": "True", "reason": reason}))
            .collect();
        let mut job = json!({
            "metadata": {"annotations": {"ballsession.dev/job-hash": hash}},
            "spec": {"template": {}}, "status": {"conditions": conditions}
        });
        if bounded {
            job["spec"]["activeDeadlineSeconds"] = json!(420);
        }
        serde_json::from_value(job).unwrap()
    }

    #[test]
    fn a_job_follows_while_its_hash_is_the_same() {
        assert_eq!(plan(&job("a", true, None), &job("a", true, None)), Plan::Apply);
        assert_eq!(plan(&job("b", true, None), &job("a", true, None)), Plan::Replace);
        let unhashed = Job::default();
        assert_eq!(plan(&job("b", true, None), &unhashed), Plan::Replace);
        let target = Some(("FailureTarget", "DeadlineExceeded"));
        assert_eq!(plan(&job("a", true, None), &job("a", true, target)), Plan::Apply);
    }

    #[test]
    fn an_ended_job_stays_where_its_run_has_an_end() {
        let complete = Some(("Complete", "CompletionsReached"));
        let late = Some(("Failed", "DeadlineExceeded"));
        let failed = Some(("Failed", "PodFailurePolicy"));
        for (bounded, condition, expected, how) in [
            (true, complete, Plan::Leave, JobEnd::Complete),
            (true, late, Plan::Leave, JobEnd::DeadlineExceeded),
            (true, failed, Plan::Replace, JobEnd::Failed),
            (false, complete, Plan::Replace, JobEnd::Complete),
            (false, failed, Plan::Replace, JobEnd::Failed),
        ] {
            let live = job("a", bounded, condition);
            assert_eq!((plan(&job("a", bounded, None), &live), job_end(&live)), (expected, Some(how)));
        }
        assert_eq!(plan(&job("b", true, None), &job("a", true, complete)), Plan::Replace);
    }
}
