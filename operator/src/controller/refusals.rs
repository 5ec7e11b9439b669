//! Why a Job makes no pods. Unlike a Deployment it says so in events alone.

use std::time::Duration;

use jiff::Timestamp;
use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::Event;
use kube::api::{Api, ListParams};
use kube::{Client, ResourceExt};

use crate::controller::api_error::describe;

/// How long a Job may take to make its pods before anybody asks why it does not.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);

/// How old an event may be to say something about now. A Job's controller tries again within 10 minutes.
const RECENT: Duration = Duration::from_secs(900);

/// Events of a Job to read at most: there is one for each message.
const MOST: u32 = 50;

/// What is left of the time in which a Job may make its pods.
pub(super) fn patience_left(job: &Job, time: Timestamp) -> Option<Duration> {
    let age = since(job).map(|since| Duration::try_from(time.duration_since(since)).unwrap_or_default());
    PATIENCE.checked_sub(age.unwrap_or_default()).filter(|left| !left.is_zero())
}

/// What the Job's last failed attempt to make a pod was told. An answer that cannot be had is none: it decides
/// nothing but a message.
pub(super) async fn last_refusal(client: &Client, job: &Job, time: Timestamp) -> Option<String> {
    let (namespace, uid) = (job.namespace()?, job.uid()?);
    let events: Api<Event> = Api::namespaced(client.clone(), &namespace);
    let selector = format!("involvedObject.uid={uid},reason=FailedCreate");
    match events.list(&ListParams::default().fields(&selector).limit(MOST)).await {
        Ok(events) => latest(&events.items, since(job).max(time.checked_sub(RECENT).ok())),
        Err(error) => {
            tracing::debug!(error = %describe(&error), "cannot read a Job's events");
            None
        }
    }
}

/// Since when the Job tries to make pods; one that was resumed began anew.
fn since(job: &Job) -> Option<Timestamp> {
    let started = job.status.as_ref().and_then(|status| status.start_time.as_ref());
    started.or(job.metadata.creation_timestamp.as_ref()).map(|time| time.0)
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
        let left = |job: &Job| patience_left(job, "2026-01-01T00:00:12Z".parse().unwrap());
        assert_eq!(left(&job), None);
        job.status = serde_json::from_value(json!({"startTime": "2026-01-01T00:00:09Z"})).unwrap();
        assert_eq!(left(&job), Some(Duration::from_secs(7)));
    }

    #[test]
    fn the_last_refusal_since_the_start_counts() {
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
