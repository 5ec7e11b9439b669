//! Why a Job creates no pods. Unlike a Deployment it says so in events alone, of the reason `FailedCreate`.

use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::{Event, Pod};
use kube::api::{Api, ListParams};
use kube::{Client, ResourceExt};

use crate::api_error::describe;

/// How long a Job may take to create its pods before its events are read; and then between two readings.
pub(super) const CREATE_LIMIT: Duration = Duration::from_secs(10);

/// How old an event may be to say something about now. A Job's controller tries again within 10 minutes.
const RECENT: Duration = Duration::from_secs(900);

/// Events of a Job to read at most: there is one for each message.
const MOST: u32 = 50;

/// What a Job's events said when they were read last.
#[derive(Debug, Clone)]
pub(super) struct FailedCreate {
    job: Option<String>,
    at: Instant,
    failure: Option<String>,
}

impl FailedCreate {
    pub(super) fn new(job: &Job, failure: Option<String>, now: Instant) -> Self {
        Self { job: job.uid(), at: now, failure }
    }

    /// The failure, if there was one, and how long its events are not read again; `None` once it is time.
    pub(super) fn holds(&self, job: &Job, now: Instant) -> Option<(Option<String>, Duration)> {
        let left = CREATE_LIMIT.checked_sub(now.saturating_duration_since(self.at))?;
        (self.job == job.uid() && !left.is_zero()).then(|| (self.failure.clone(), left))
    }
}

/// What is left of the time in which a Job may create its pods.
pub(super) fn create_time_left(job: &Job, time: Timestamp) -> Option<Duration> {
    let age = since(job).map(|since| Duration::try_from(time.duration_since(since)).unwrap_or_default());
    CREATE_LIMIT.checked_sub(age.unwrap_or_default()).filter(|left| !left.is_zero())
}

/// The message of the Job's last failed attempt to create a pod, if it has created none since. One that cannot be read is
/// none: it decides nothing but a message.
pub(super) async fn last_failure(
    client: &Client,
    job: &Job,
    pods: &[Arc<Pod>],
    time: Timestamp,
) -> Option<String> {
    let (namespace, uid) = (job.namespace()?, job.uid()?);
    let events: Api<Event> = Api::namespaced(client.clone(), &namespace);
    let selector = format!("involvedObject.uid={uid},reason=FailedCreate");
    match events.list(&ListParams::default().fields(&selector).limit(MOST)).await {
        Ok(events) => {
            let created = last_created(job, pods);
            latest(&events.items, since(job).max(created).max(time.checked_sub(RECENT).ok()))
        }
        Err(error) => {
            tracing::debug!(error = %describe(&error), "reading a Job's events failed");
            None
        }
    }
}

/// Since when the Job tries to create pods; one that was resumed began anew.
fn since(job: &Job) -> Option<Timestamp> {
    let started = job.status.as_ref().and_then(|status| status.start_time.as_ref());
    started.or(job.metadata.creation_timestamp.as_ref()).map(|time| time.0)
}

/// When the Job created the last of its pods that are there, on their way out or not.
fn last_created(job: &Job, pods: &[Arc<Pod>]) -> Option<Timestamp> {
    let is_its = |pod: &&Arc<Pod>| {
        pod.owner_references().iter().any(|owner| Some(&owner.uid) == job.metadata.uid.as_ref())
    };
    pods.iter()
        .filter(is_its)
        .filter_map(|pod| pod.metadata.creation_timestamp.as_ref())
        .map(|time| time.0)
        .max()
}

fn latest(events: &[Event], since: Option<Timestamp>) -> Option<String> {
    let seen = |event: &Event| {
        let last = event.last_timestamp.as_ref().map(|time| time.0);
        last.or(event.event_time.as_ref().map(|time| time.0))
    };
    let current = events.iter().filter(|event| seen(event) >= since);
    current.max_by_key(|event| seen(event))?.message.clone()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_job_that_was_resumed_has_its_time_again() {
        let mut job: Job =
            serde_json::from_value(json!({"metadata": {"creationTimestamp": "2026-01-01T00:00:00Z"}}))
                .unwrap();
        let left = |job: &Job| create_time_left(job, "2026-01-01T00:00:12Z".parse().unwrap());
        assert_eq!(left(&job), None);
        job.status = serde_json::from_value(json!({"startTime": "2026-01-01T00:00:09Z"})).unwrap();
        assert_eq!(left(&job), Some(Duration::from_secs(7)));
    }

    fn job(uid: &str) -> Job {
        serde_json::from_value(json!({"metadata": {"uid": uid}})).unwrap()
    }

    #[test]
    fn events_are_read_once_in_a_while() {
        let (job, now) = (job("a"), Instant::now());
        let answer = FailedCreate::new(&job, Some("exceeded quota".into()), now);
        let at = |seconds| answer.holds(&job, now + Duration::from_secs(seconds));
        assert_eq!(at(0), Some((Some("exceeded quota".into()), CREATE_LIMIT)));
        assert_eq!(at(7), Some((Some("exceeded quota".into()), Duration::from_secs(3))));
        assert_eq!(at(10), None);
        assert_eq!(answer.holds(&self::job("b"), now), None, "another Job");
    }

    #[test]
    fn what_failed_before_the_last_pod_of_a_job_is_over() {
        let pod = |owner: &str, created: &str| -> Arc<Pod> {
            let owners = json!([{"apiVersion": "batch/v1", "kind": "Job", "name": "j", "uid": owner}]);
            let metadata = json!({"creationTimestamp": created, "ownerReferences": owners});
            Arc::new(serde_json::from_value(json!({"metadata": metadata})).unwrap())
        };
        let pods = [
            pod("a", "2026-01-01T00:00:20Z"),
            pod("a", "2026-01-01T00:00:10Z"),
            pod("b", "2026-01-01T00:00:30Z"),
        ];
        assert_eq!(last_created(&job("a"), &pods).unwrap().to_string(), "2026-01-01T00:00:20Z");
        assert_eq!(last_created(&job("c"), &pods), None);
    }

    #[test]
    fn the_last_failure_since_the_start_counts() {
        let event = |at: &str, message: &str| -> Event {
            serde_json::from_value(json!({
                "metadata": {}, "involvedObject": {}, "lastTimestamp": at, "message": message
            }))
            .unwrap()
        };
        let events = [
            event("2026-01-01T00:00:05Z", "early"),
            event("2026-01-01T00:00:30Z", "last"),
            event("2026-01-01T00:00:20Z", "middle"),
        ];
        let at = |text: &str| Some(text.parse().unwrap());
        assert_eq!(latest(&events, at("2026-01-01T00:00:10Z")).as_deref(), Some("last"));
        assert_eq!(latest(&events, at("2026-01-01T00:01:00Z")), None);
        assert_eq!(latest(&[], None), None);
    }
}
