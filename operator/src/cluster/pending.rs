//! The sessions that wait to be reconciled: each once, however many events are about it, so that the queue is never
//! longer than there are sessions.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::cluster::keys::Key;

/// A queue that forgets order and repetition.
#[derive(Default)]
pub(crate) struct PendingSessions {
    sessions: Mutex<HashSet<Key>>,
    enqueued: Notify,
}

impl PendingSessions {
    /// Enqueues these sessions.
    pub(crate) fn enqueue(&self, sessions: impl IntoIterator<Item = Key>) {
        self.sessions().extend(sessions);
        self.enqueued.notify_one();
    }

    /// Waits for sessions to reconcile, and takes all of them. For one consumer.
    pub(crate) async fn take(&self) -> HashSet<Key> {
        loop {
            let taken = std::mem::take(&mut *self.sessions());
            if !taken.is_empty() {
                return taken;
            }
            self.enqueued.notified().await;
        }
    }

    fn sessions(&self) -> MutexGuard<'_, HashSet<Key>> {
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
        let key = |name: &str| Key::new(name).within("lighthouse");
        pending.enqueue([key("harbor"), key("pier")]);
        pending.enqueue([key("harbor")]);
        assert_eq!(pending.take().await, [key("harbor"), key("pier")].into());
        assert_eq!(pending.take().now_or_never(), None);
        pending.enqueue([key("harbor")]);
        assert_eq!(pending.take().await, [key("harbor")].into());
    }
}
