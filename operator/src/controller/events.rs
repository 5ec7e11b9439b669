//! Events of Kubernetes about a session: once for each transition, and beside the reconcile, which does not depend on
//! them.

use std::time::Duration;

use crds::contract::CONTROLLER_FIELD_MANAGER;
use k8s_openapi::api::core::v1::ObjectReference;
use kube::Client;
use kube::runtime::events::{Event, EventType, Recorder, Reporter};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::api_error::{describe, is_namespace_ending};
use crate::controller::metrics::Metrics;
use crate::controller::observe::{Owned, Reason};
use crate::failing::Failing;

/// Events that may wait: a transition of each of so many sessions at once. Further ones are dropped; the status has
/// it all.
const QUEUE: usize = 1024;

/// How long one event may take.
const LIMIT: Duration = Duration::from_secs(10);

/// How long what is left may take at the end.
const LAST: Duration = Duration::from_secs(3);

/// Events that a recorder publishes, which then makes place for another one. It keeps each for six minutes and longer, in 3 kB, to
/// count on where the same happens again: of thousands of sessions that come and go that would be tens of megabytes.
const REMEMBERED: usize = 128;

/// Something that happened to a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SessionEvent {
    pub(super) is_warning: bool,
    pub(super) action: &'static str,
    pub(super) reason: String,
    pub(super) note: String,
}

/// Takes what is to be published.
pub(super) struct Events {
    queue: mpsc::Sender<(SessionEvent, ObjectReference)>,
    metrics: Metrics,
}

/// Publishes what is in the queue.
pub(super) struct Publisher(JoinHandle<()>);

/// Starts publishing; ends when the [`Events`] are dropped and their queue is empty.
pub(super) fn start(client: Client, metrics: Metrics) -> (Events, Publisher) {
    let (queue, mut waiting) = mpsc::channel::<(SessionEvent, ObjectReference)>(QUEUE);
    let events = Events { queue, metrics: metrics.clone() };
    let recorder = move || Recorder::new(client.clone(), Reporter::from(CONTROLLER_FIELD_MANAGER));
    let failing = Failing::default();
    let task = tokio::spawn(async move {
        let (mut remembering, mut published) = (recorder(), 0);
        while let Some((event, session)) = waiting.recv().await {
            let event = as_stored(event);
            if published == REMEMBERED {
                (remembering, published) = (recorder(), 0);
            }
            published += 1;
            let failure = match timeout(LIMIT, remembering.publish(&event, &session)).await {
                Ok(Ok(())) => None,
                // Everything goes with it, and nobody looks for what happened to it.
                Ok(Err(error)) if is_namespace_ending(&error) => {
                    metrics.event("dropped");
                    continue;
                }
                Ok(Err(error)) => Some(describe(&error)),
                Err(_) => Some("it took too long".to_owned()),
            };
            metrics.event(if failure.is_none() { "published" } else { "failed" });
            match failure {
                None => {
                    failing.worked();
                }
                Some(error) if failing.failed() => {
                    tracing::warn!(session = ?session.name, reason = %event.reason, %error, "event publish failed");
                }
                Some(error) => {
                    tracing::debug!(session = ?session.name, reason = %event.reason, %error, "event publish failed again");
                }
            }
        }
    });
    (events, Publisher(task))
}

impl Events {
    /// Enqueues it to be published.
    pub(super) fn publish(&self, session: &ObjectReference, event: SessionEvent) {
        if self.queue.try_send((event, session.clone())).is_err() {
            self.metrics.event("dropped");
        }
    }
}

impl Publisher {
    /// Waits a little for what is left.
    pub(super) async fn finish(self) {
        let Self(mut task) = self;
        if timeout(LAST, &mut task).await.is_err() {
            task.abort();
        }
    }
}

fn as_stored(event: SessionEvent) -> Event {
    Event {
        type_: if event.is_warning { EventType::Warning } else { EventType::Normal },
        reason: event.reason,
        note: Some(event.note),
        action: event.action.to_owned(),
        secondary: None,
    }
}

/// The events about what is new in a status.
pub(super) fn transitions(stored: &Owned, new: &Owned) -> Vec<SessionEvent> {
    let ready = new.ready().filter(|ready| {
        let known = stored.ready().map(|known| (&known.status, &known.reason));
        // That is in the condition Complete.
        let is_in_complete =
            [Reason::Completed, Reason::Failed].iter().any(|end| end.as_str() == ready.reason);
        known != Some((&ready.status, &ready.reason)) && !is_in_complete
    });
    let complete = new.complete().filter(|complete| {
        complete.status == "True" && stored.complete().is_none_or(|known| known.status != "True")
    });
    let ready = ready.map(|ready| SessionEvent {
        is_warning: Reason::is_problem_named(&ready.reason),
        action: "Watch",
        reason: ready.reason.clone(),
        note: ready.message.clone(),
    });
    let complete = complete.map(|complete| SessionEvent {
        is_warning: complete.reason != "Finished",
        action: "Complete",
        reason: complete.reason.clone(),
        note: complete.message.clone(),
    });
    ready.into_iter().chain(complete).collect()
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::sync::{Arc, Mutex};

    use http::{Method, Request, Response};
    use kube::client::Body;
    use prometheus_client::registry::Registry;
    use serde_json::json;
    use tower::service_fn;

    use super::*;

    fn owned(ready: (&str, &str), complete: (&str, &str)) -> Owned {
        let condition = |kind: &str, (status, reason): (&str, &str)| json!({"type": kind, "status": status, "reason": reason, "message": "m", "lastTransitionTime": "2026-01-01T00:00:00Z"});
        let status = json!({"conditions": [condition("Ready", ready), condition("Complete", complete)]});
        Owned::stored(&serde_json::from_value(status).unwrap())
    }

    #[test]
    fn only_transitions_are_published() {
        let nothing = Owned::stored(&crds::BallSessionStatus::default());
        let starting = owned(("False", "ServerNotReady"), ("False", "Running"));
        let blocked = owned(("False", "MediaBlocked"), ("False", "Running"));
        let ready = owned(("True", "Ready"), ("False", "Running"));
        let finished = owned(("True", "Completed"), ("True", "Finished"));
        let late = owned(("False", "Failed"), ("True", "StartDeadlineExceeded"));
        let published = |from: &Owned, to: &Owned| -> Vec<(String, bool)> {
            transitions(from, to).into_iter().map(|event| (event.reason, event.is_warning)).collect()
        };
        assert_eq!(published(&nothing, &starting), [("ServerNotReady".to_owned(), false)]);
        assert_eq!(published(&starting, &blocked), [("MediaBlocked".to_owned(), true)]);
        assert_eq!(published(&blocked, &ready), [("Ready".to_owned(), false)]);
        assert_eq!(published(&ready, &ready), []);
        assert_eq!(published(&ready, &finished), [("Finished".to_owned(), false)]);
        assert_eq!(published(&ready, &late), [("StartDeadlineExceeded".to_owned(), true)]);
        assert_eq!(published(&finished, &finished), []);
    }

    /// A recorder's memory grew by an event of each session that came and went.
    #[tokio::test]
    async fn only_so_many_events_are_remembered_to_be_counted_on() {
        let methods = Arc::new(Mutex::new(Vec::new()));
        let of_service = Arc::clone(&methods);
        let client = Client::new(
            service_fn(move |request: Request<Body>| {
                of_service.lock().unwrap().push(request.method().clone());
                let stored = Response::new(Body::from(br#"{"metadata":{"name":"a"}}"#.to_vec()));
                async move { Ok::<_, Infallible>(stored) }
            }),
            "lighthouse",
        );
        let (events, publisher) = start(client, Metrics::register(&mut Registry::default()));
        let happens = |session: usize| {
            let reason = "Ready".to_owned();
            let event =
                SessionEvent { is_warning: false, action: "Watch", reason, note: "all is well".to_owned() };
            let session = ObjectReference { name: Some(format!("s{session}")), ..Default::default() };
            events.publish(&session, event);
        };
        // The same of one session twice, then something of so many others, and then the same again.
        [0, 0].into_iter().chain(1..REMEMBERED - 1).chain([0, 0]).for_each(happens);
        drop(events);
        publisher.finish().await;
        let methods = methods.lock().unwrap();
        assert_eq!(methods[..2], [Method::POST, Method::PATCH]);
        assert_eq!(methods[REMEMBERED..], [Method::POST, Method::PATCH], "it was forgotten meanwhile");
        assert_eq!(methods.iter().filter(|method| **method == Method::PATCH).count(), 2);
    }
}
