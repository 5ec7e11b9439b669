//! How the Job of a run's clients ended.

use k8s_openapi::api::batch::v1::Job;

/// Why a Job's controller gave it up at its deadline.
const DEADLINE_EXCEEDED: &str = "DeadlineExceeded";

/// How a Job ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobEnd {
    /// Each of its clients did what it was to do.
    Complete,
    /// Not all of them in time.
    DeadlineExceeded,
    /// For any other reason, of which none belongs to a session.
    Failed,
}

/// How a Job ended, if it did and its pods are gone.
pub fn job_end(job: &Job) -> Option<JobEnd> {
    let conditions = job.status.as_ref()?.conditions.as_deref().unwrap_or_default();
    conditions.iter().filter(|condition| condition.status == "True").find_map(|condition| {
        match (condition.type_.as_str(), condition.reason.as_deref()) {
            ("Complete", _) => Some(JobEnd::Complete),
            ("Failed", Some(DEADLINE_EXCEEDED)) => Some(JobEnd::DeadlineExceeded),
            ("Failed", _) => Some(JobEnd::Failed),
            _ => None,
        }
    })
}
