//! The sessions that wait to be reconciled: each once, however many events are about it, so that the queue is never
//! longer than there are sessions. While nobody reconciles, as in an operator that stands by, none are kept.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::cluster::keys::Key;

/// A queue that forgets order and repetition.
#[derive(Debug, Default)]
pub(crate) struct PendingSessions {
    /// `None` while nobody takes any.
    sessions: Mutex<Option<HashSet<Key>>>,
    enqueued: Notify,
}

impl PendingSessions {
    /// Has sessions kept from now on: somebody takes them. Those of before have to be enqueued anew.
    pub(crate) fn start(&self) {
        self.sessions().get_or_insert_default();
    }

    /// Enqueues these sessions.
    pub(crate) fn enqueue(&self, sessions: impl IntoIterator<Item = Key>) {
        if let Some(pending) = &mut *self.sessions() {
            pending.extend(sessions);
            self.enqueued.notify_one();
        }
    }

    /// How many wait.
    pub(super) fn len(&self) -> usize {
        self.sessions().as_ref().map_or(0, HashSet::len)
    }

    /// Waits for sessions to reconcile, and takes all of them. For one consumer.
    pub(crate) async fn take(&self) -> HashSet<Key> {
        loop {
            let taken = self.sessions().as_mut().map(std::mem::take);
            if let Some(taken) = taken.filter(|taken| !taken.is_empty()) {
                return taken;
            }
            self.enqueued.notified().await;
        }
    }

    fn sessions(&self) -> MutexGuard<'_, Option<HashSet<Key>>> {
        // A set is whole whatever happened to whoever held the lock.
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[tokio::test]
    async fn a_session_waits_once_however_often_it_is_named() {
        let pending = PendingSessions::default();
        pending.start();
        let key = |name: &str| Key::new(name).within("lighthouse");
        pending.enqueue([key("harbor"), key("pier")]);
        pending.enqueue([key("harbor")]);
        assert_eq!(pending.take().await, [key("harbor"), key("pier")].into());
        assert_eq!(pending.take().now_or_never(), None);
        pending.enqueue([key("harbor")]);
        assert_eq!(pending.take().await, [key("harbor")].into());
    }

    /// Else an operator that stands by for weeks would keep every session that there ever was.
    #[tokio::test]
    async fn nothing_is_kept_while_nobody_takes_it() {
        let pending = PendingSessions::default();
        let key = |name: &str| Key::new(name).within("lighthouse");
        pending.enqueue([key("harbor")]);
        pending.start();
        assert_eq!(pending.take().now_or_never(), None);
        pending.enqueue([key("pier")]);
        pending.start();
        assert_eq!(pending.take().await, [key("pier")].into());
    }
}
