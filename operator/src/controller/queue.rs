//! The queue of sessions to reconcile: what the watches and the reports enqueue, each session at most once at a time.

use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use crds::BallSession;
use futures_util::StreamExt;
use futures_util::{Stream, stream};
use kube::runtime::reflector::ObjectRef;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use crate::cluster::{Key, PendingSessions};

/// The sessions of which the reports have something new.
type Changes = Option<mpsc::Receiver<ObjectRef<BallSession>>>;

/// The sessions to reconcile, each of them at most once in `pause`.
pub(super) fn queue(
    pending: Arc<PendingSessions>,
    changes: Changes,
    pause: Duration,
) -> impl Stream<Item = Key> {
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
    async fn watches_and_reports_enqueue_alike() {
        let pending = Arc::new(PendingSessions::default());
        pending.start();
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
    async fn a_session_that_never_rests_is_reconciled_all_the_same() {
        let pending = Arc::new(PendingSessions::default());
        pending.start();
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
        let mut reconciles = Vec::new();
        let reconcile = async {
            loop {
                assert_eq!(queue.next().await.unwrap().name, "harbor");
                reconciles.push(start.elapsed().as_millis());
            }
        };
        tokio::select! {
            () = storm => {}
            () = reconcile => {}
        }
        let expected: Vec<_> = (0..20).map(|reconcile| reconcile * 250).collect();
        assert_eq!(reconciles[..20], expected, "at once, and then in its turn");
    }
}
