//! What has to be done to the clients' Job, of which most cannot be changed once it exists.

use crds::contract::JOB_HASH_ANNOTATION;
use k8s_openapi::api::batch::v1::Job;
use kube::ResourceExt;

/// Why a Job's controller gave it up at its deadline.
const DEADLINE_EXCEEDED: &str = "DeadlineExceeded";

/// How a Job ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// Each of its clients did what it was to do.
    Complete,
    /// Not all of them in time.
    DeadlineExceeded,
    /// For any other reason, of which none belongs to a session.
    Failed,
}

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

/// How a Job ended, if it did and its pods are gone.
pub fn ending(job: &Job) -> Option<Ending> {
    let conditions = job.status.as_ref()?.conditions.as_deref().unwrap_or_default();
    conditions.iter().filter(|condition| condition.status == "True").find_map(|condition| {
        match (condition.type_.as_str(), condition.reason.as_deref()) {
            ("Complete", _) => Some(Ending::Complete),
            ("Failed", Some(DEADLINE_EXCEEDED)) => Some(Ending::DeadlineExceeded),
            ("Failed", _) => Some(Ending::Failed),
            _ => None,
        }
    })
}

/// What has to be done to make `live` into `desired`.
pub(super) fn plan(desired: &Job, live: &Job) -> Plan {
    if hash(desired) != hash(live) {
        return Plan::Replace;
    }
    let is_bounded = desired.spec.as_ref().is_some_and(|spec| spec.active_deadline_seconds.is_some());
    match ending(live) {
        None => Plan::Apply,
        Some(Ending::Complete | Ending::DeadlineExceeded) if is_bounded => Plan::Leave,
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
            (true, complete, Plan::Leave, Ending::Complete),
            (true, late, Plan::Leave, Ending::DeadlineExceeded),
            (true, failed, Plan::Replace, Ending::Failed),
            (false, complete, Plan::Replace, Ending::Complete),
            (false, failed, Plan::Replace, Ending::Failed),
        ] {
            let live = job("a", bounded, condition);
            assert_eq!((plan(&job("a", bounded, None), &live), ending(&live)), (expected, Some(how)));
        }
        assert_eq!(plan(&job("b", true, None), &job("a", true, complete)), Plan::Replace);
    }
}
