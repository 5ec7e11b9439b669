//! Whether a bounded run is over.

use crds::contract::COMPLETE;
use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;

use super::conditions::find;
use crate::controller::apply::{Ending, ending};
use crate::run::RunStage;
use crate::session::Session;

/// The reason of the condition Complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::controller) enum Complete {
    /// The run has no end.
    Unbounded,
    /// It has not come yet.
    Running,
    /// Each client measured for as long as it was to.
    Finished,
    /// Not all of them in time.
    DeadlineExceeded,
}

impl Complete {
    /// Its name in the condition.
    pub(in crate::controller) fn as_str(self) -> &'static str {
        match self {
            Self::Unbounded => "Unbounded",
            Self::Running => "Running",
            Self::Finished => "Finished",
            Self::DeadlineExceeded => "DeadlineExceeded",
        }
    }

    /// Whether the run is over.
    pub(in crate::controller) fn is_over(self) -> bool {
        matches!(self, Self::Finished | Self::DeadlineExceeded)
    }

    /// In words.
    pub(super) fn message(self, duration: Option<&str>) -> String {
        let duration = duration.unwrap_or("its time");
        match self {
            Self::Unbounded => "no duration is set: the session runs until it is deleted".to_owned(),
            Self::Running => format!("each client measures for {duration}"),
            Self::Finished => format!("each client measured for {duration}"),
            Self::DeadlineExceeded => {
                format!("not every client measured for {duration} within 2 more minutes")
            }
        }
    }
}

/// How a run stands by its Job, whatever reports are still to come.
pub(in crate::controller) fn by_job(session: &Session, job: Option<&Job>, stored: &[Condition]) -> Complete {
    match (session.stage, job.and_then(ending)) {
        (RunStage::Finished, _) => stored_reason(stored),
        _ if session.duration.is_none() => Complete::Unbounded,
        (_, Some(Ending::Complete)) => Complete::Finished,
        (_, Some(Ending::DeadlineExceeded)) => Complete::DeadlineExceeded,
        (_, Some(Ending::Failed) | None) => Complete::Running,
    }
}

/// Once it is over nothing but status tells how.
fn stored_reason(stored: &[Condition]) -> Complete {
    match find(stored, COMPLETE) {
        Some(complete) if complete.reason == Complete::DeadlineExceeded.as_str() => {
            Complete::DeadlineExceeded
        }
        _ => Complete::Finished,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::controller::build::fixture;

    fn job(kind: &str, reason: &str) -> Job {
        serde_json::from_value(json!({
            "metadata": {},
            "status": {"conditions": [{"type": kind, "status": "True", "reason": reason}]}
        }))
        .unwrap()
    }

    fn standing(spec: &Value, job: Option<&Job>) -> Complete {
        by_job(&fixture::session(spec), job, &[])
    }

    #[test]
    fn a_bounded_run_ends_with_its_job() {
        let bounded = json!({"duration": "5m"});
        let (complete, late) = (job("Complete", "CompletionsReached"), job("Failed", "DeadlineExceeded"));
        assert_eq!(standing(&bounded, None), Complete::Running);
        assert_eq!(standing(&bounded, Some(&complete)), Complete::Finished);
        assert_eq!(standing(&bounded, Some(&late)), Complete::DeadlineExceeded);
        assert_eq!(standing(&bounded, Some(&job("Failed", "PodFailurePolicy"))), Complete::Running);
        assert_eq!(standing(&bounded, Some(&job("FailureTarget", "DeadlineExceeded"))), Complete::Running);
        assert_eq!(standing(&json!({}), Some(&complete)), Complete::Unbounded);
    }

    #[test]
    fn a_finished_run_keeps_its_reason() {
        let mut session = fixture::session(&json!({"duration": "5m"}));
        session.stage = RunStage::Finished;
        for reason in [Complete::Finished, Complete::DeadlineExceeded] {
            let stored = super::super::conditions::condition(
                COMPLETE,
                true,
                reason.as_str(),
                "",
                None,
                &[],
                jiff::Timestamp::UNIX_EPOCH,
            );
            assert_eq!(by_job(&session, None, &[stored]), reason);
        }
    }
}
