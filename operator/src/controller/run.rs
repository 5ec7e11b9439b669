//! The controller's loop: what the watches and the reports trigger is looked at, a few sessions at a time.

use std::convert::Infallible;
use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use crds::BallSession;
use futures_util::{Stream, StreamExt, stream};
use kube::Client;
use kube::runtime::reflector::ObjectRef;
use kube::runtime::{Config, applier, controller};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use crate::cluster::PendingSessions;
use crate::cluster::{Guard, Key, Watches};
use crate::controller::backoff::Backoff;
use crate::controller::events;
use crate::controller::memory::Memories;
use crate::controller::metrics::Metrics;
use crate::controller::reconcile::{Controller, reconcile};
use crate::report_source::ReportSource;
use crate::settings::Settings;

/// What the controller needs from outside.
pub struct Context {
    /// The way to the API server.
    pub client: Client,
    /// What pods are made of.
    pub settings: Settings,
    /// The reports of all sessions.
    pub reports: Arc<dyn ReportSource>,
    /// What it counts.
    pub metrics: Metrics,
    /// How eager it is.
    pub pace: Pace,
}

/// How eager the controller is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// Sessions looked at at a time.
    pub concurrency: u16,
    /// Between two looks at a session, unless it asks for one sooner: changes come in crowds, of which the first is not
    /// kept waiting, and the rest are one.
    pub pause: Duration,
    /// How long to wait after failures.
    pub retry: Backoff,
}

impl Default for Pace {
    fn default() -> Self {
        Self { concurrency: 16, pause: Duration::from_millis(250), retry: Backoff::default() }
    }
}

/// Looks after all sessions that are watched, until told to stop; what is under way then is done first.
pub async fn run(context: Context, watches: Watches, stop: CancellationToken) {
    // Before that, a child that exists would look like one that has to be made.
    let mut first_sync = watches.first_sync();
    tokio::select! {
        () = first_sync.done() => {}
        () = stop.cancelled() => return,
    }
    let Context { client, settings, reports, metrics, pace } = context;
    let (events, publisher) = events::start(client.clone(), metrics.clone());
    let sessions = watches.stores.sessions.clone();
    let queue = queue(Arc::clone(&watches.pending), reports.changes(), pace.pause);
    let controller = Arc::new(Controller {
        client,
        settings,
        reports,
        metrics,
        retry: pace.retry,
        watches,
        memories: Memories::default(),
        events,
        started: std::time::Instant::now(),
    });
    // Without its debounce, which would put off a session for as long as changes keep coming.
    let config = Config::default().concurrency(pace.concurrency);
    let results = applier(
        |stored, controller| Box::pin(reconcile(stored, controller)),
        |stored: Arc<Guard>, _, controller: Arc<Controller>| controller.retry(&stored),
        Arc::clone(&controller),
        sessions,
        queue.take_until(stop.cancelled_owned()).map(Ok::<_, Infallible>),
        config,
    );
    results
        .for_each(|result| {
            match result {
                // Told where it happened.
                Ok(_) | Err(controller::Error::ReconcilerFailed(..)) => {}
                Err(controller::Error::ObjectNotFound(gone)) => {
                    controller.memories.forget(&gone.into_kind_unchecked(()));
                }
                Err(error) => tracing::error!(%error, "the controller's queue failed"),
            }
            std::future::ready(())
        })
        .await;
    // With it ends the events' queue.
    drop(controller);
    publisher.finish().await;
}

type Changes = Option<mpsc::Receiver<ObjectRef<BallSession>>>;

/// The sessions to look at, each of them at most once in `pause`.
fn queue(pending: Arc<PendingSessions>, changes: Changes, pause: Duration) -> impl Stream<Item = Key> {
    let start = (pending, changes, Instant::now());
    let batches = stream::unfold(start, move |(pending, mut changes, not_before)| async move {
        sleep_until(not_before).await;
        let mut batch = tokio::select! {
            batch = pending.take() => batch,
            Some(changed) = changed(&mut changes) => [changed.into_kind_unchecked(())].into(),
        };
        batch.extend(waiting(&mut changes));
        Some((stream::iter(batch), (pending, changes, Instant::now() + pause)))
    });
    batches.flatten()
}

async fn changed(changes: &mut Changes) -> Option<ObjectRef<BallSession>> {
    match changes {
        Some(changes) => changes.recv().await,
        None => pending().await,
    }
}

/// What has changed already: no more than the channel holds, however fast others are.
fn waiting(changes: &mut Changes) -> impl Iterator<Item = Key> {
    let most = changes.as_ref().map_or(0, mpsc::Receiver::len);
    let next = || changes.as_mut()?.try_recv().ok().map(|changed| changed.into_kind_unchecked(()));
    std::iter::from_fn(next).take(most)
}

#[cfg(test)]
mod tests {
    use std::pin::pin;

    use tokio::time::sleep;

    use super::*;

    #[tokio::test]
    async fn watches_and_reports_trigger_alike() {
        let pending = Arc::new(PendingSessions::default());
        let (changed, changes) = mpsc::channel(4);
        let mut queue = pin!(queue(Arc::clone(&pending), Some(changes), Duration::ZERO));
        changed.send(ObjectRef::new("harbor").within("lighthouse")).await.unwrap();
        assert_eq!(queue.next().await.unwrap().name, "harbor");
        pending.enqueue([Key::new("pier").within("lighthouse")]);
        assert_eq!(queue.next().await.unwrap().name, "pier");
        // Without reports the watches go on.
        drop(changed);
        pending.enqueue([Key::new("pier").within("lighthouse")]);
        assert_eq!(queue.next().await.unwrap().name, "pier");
    }

    #[tokio::test(start_paused = true)]
    async fn a_session_that_never_rests_is_looked_at_all_the_same() {
        let pending = Arc::new(PendingSessions::default());
        let (changed, changes) = mpsc::channel(16);
        let mut queue = pin!(queue(Arc::clone(&pending), Some(changes), Duration::from_millis(250)));
        let storm = async {
            for _ in 0..100 {
                pending.enqueue([Key::new("harbor").within("lighthouse")]);
                changed.send(ObjectRef::new("harbor").within("lighthouse")).await.unwrap();
                sleep(Duration::from_millis(50)).await;
            }
        };
        let start = Instant::now();
        let mut looks = Vec::new();
        let look = async {
            loop {
                assert_eq!(queue.next().await.unwrap().name, "harbor");
                looks.push(start.elapsed().as_millis());
            }
        };
        tokio::select! {
            () = storm => {}
            () = look => {}
        }
        let expected: Vec<_> = (0..20).map(|look| look * 250).collect();
        assert_eq!(looks[..20], expected, "at once, and then in its turn");
    }
}
