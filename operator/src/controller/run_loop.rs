//! The controller's loop: what the watches and the reports enqueue is reconciled, a few sessions at a time.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use futures_util::StreamExt;
use jiff::Timestamp;
use kube::runtime::reflector::ObjectRef;
use kube::runtime::{Config, applier, controller};
use process::Bucket;
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::cluster::{Guard, Watches};
use crate::controller::context::{Context, Controller};
use crate::controller::memory::Memories;
use crate::controller::queue::queue;
use crate::controller::reconcile::{reconcile, retry};
use crate::controller::strays::delete_strays;
use crate::controller::{events, moves};

/// Pods of clients that are made at once, and then one each time that this has passed, whatever the sessions ask for together: a
/// thousand sessions of two clients are made within half a minute, and a loop that goes wrong fills no cluster.
const POD_BURST: u32 = 200;
const POD_EVERY: Duration = Duration::from_millis(10);

/// How long the first reconcile waits for the authorities by which pods know the operator.
const CA_PATIENCE: Duration = Duration::from_secs(10);

/// Reconciles all sessions that are watched, until `stop`; what is under way then is done first.
pub async fn run(context: Context, watches: Watches, stop: CancellationToken) {
    // Before that, a child that exists would seem to be one that has to be created.
    let mut first_sync = watches.first_sync();
    tokio::select! {
        () = first_sync.done() => {}
        () = stop.cancelled() => return,
    }
    let Context { client, settings, reports, mut report_ca, metrics, pace } = context;
    // Pods without them would report nothing until the kubelet looks for them again.
    let there_are = report_ca.wait_for(Option::is_some);
    if stop.run_until_cancelled(timeout(CA_PATIENCE, there_are)).await.is_none() {
        return;
    }
    let (events, publisher) = events::start(client.clone(), metrics.clone());
    let sessions = watches.stores.sessions.clone();
    // All of them, because what happened before was not kept.
    watches.pending.start();
    watches.pending.enqueue(sessions.state().iter().map(|session| ObjectRef::from_obj(&**session)));
    let queue = queue(Arc::clone(&watches.pending), reports.changes(), pace.pause);
    let controller = Arc::new(Controller {
        client,
        settings,
        reports,
        report_ca: report_ca.clone(),
        metrics,
        retry: pace.retry,
        watches,
        memories: Memories::default(),
        events,
        started: Instant::now(),
        rollout: Mutex::new(moves::resumed(&sessions, Instant::now(), Timestamp::now())),
        budget: Mutex::new(Bucket::new(POD_EVERY, POD_BURST, Instant::now())),
    });
    // Without its debounce, which would put off a session for as long as changes keep coming.
    let config = Config::default().concurrency(pace.concurrency);
    let results = applier(
        |stored, controller| Box::pin(reconcile(stored, controller)),
        |stored: Arc<Guard>, _, controller: Arc<Controller>| retry(&controller, &stored),
        Arc::clone(&controller),
        sessions,
        queue.take_until(stop.clone().cancelled_owned()).map(Ok::<_, Infallible>),
        config,
    );
    let reconciling = results.for_each(|result| {
        match result {
            // Recorded where it happened.
            Ok(_) | Err(controller::Error::ReconcilerFailed(..)) => {}
            Err(controller::Error::ObjectNotFound(gone)) => {
                moves::forget(&controller, gone.namespace.as_deref(), &gone.name);
                controller.memories.forget(&gone.into_kind_unchecked(()));
            }
            Err(error) => tracing::error!(%error, "queue failed"),
        }
        std::future::ready(())
    });
    let publishing = stop.clone().run_until_cancelled_owned(publish(report_ca, Arc::clone(&controller)));
    tokio::join!(reconciling, publishing, delete_strays(&controller, stop));
    // With it ends the events' queue.
    drop(controller);
    publisher.finish().await;
}

/// Has all sessions given the authorities by which their pods know the operator, each time that these are others.
async fn publish(mut report_ca: watch::Receiver<Option<Arc<str>>>, controller: Arc<Controller>) {
    while report_ca.changed().await.is_ok() {
        let watches = &controller.watches;
        let sessions = watches.stores.sessions.state();
        watches.pending.enqueue(sessions.iter().map(|session| ObjectRef::from_obj(&**session)));
    }
}
