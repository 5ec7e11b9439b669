//! The sessions that have to be looked at: each once, however many events speak of it, so that the queue is never
//! longer than there are sessions.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::controller::watches::Key;

/// A queue that forgets order and repetition.
#[derive(Default)]
pub(super) struct Triggers {
    pending: Mutex<HashSet<Key>>,
    arrived: Notify,
}

impl Triggers {
    /// Has these sessions looked at.
    pub(super) fn extend(&self, sessions: impl IntoIterator<Item = Key>) {
        self.pending().extend(sessions);
        self.arrived.notify_one();
    }

    /// Waits for sessions to look at, and takes all of them. For one consumer.
    pub(super) async fn take(&self) -> HashSet<Key> {
        loop {
            let taken = std::mem::take(&mut *self.pending());
            if !taken.is_empty() {
                return taken;
            }
            self.arrived.notified().await;
        }
    }

    fn pending(&self) -> MutexGuard<'_, HashSet<Key>> {
        // A set is whole whatever happened to whoever held the lock.
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[tokio::test]
    async fn a_session_waits_once_however_often_it_is_named() {
        let triggers = Triggers::default();
        let key = |name: &str| Key::new(name).within("lighthouse");
        triggers.extend([key("harbor"), key("pier")]);
        triggers.extend([key("harbor")]);
        assert_eq!(triggers.take().await, [key("harbor"), key("pier")].into());
        assert_eq!(triggers.take().now_or_never(), None);
        triggers.extend([key("harbor")]);
        assert_eq!(triggers.take().await, [key("harbor")].into());
    }
}
