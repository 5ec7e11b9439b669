//! Which sessions the controller should reconcile, as seen from the reports.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use crds::BallSession;
use kube::runtime::reflector::ObjectRef;
use tokio::sync::mpsc;

use crate::reports::stores::SessionKey;

/// Notifications that the controller has not taken yet. Beyond that sessions wait here, each of them once.
const CAPACITY: usize = 1024;

/// Notifies the controller.
pub(super) struct Notifier {
    sender: mpsc::Sender<ObjectRef<BallSession>>,
    receiver: Mutex<Option<mpsc::Receiver<ObjectRef<BallSession>>>>,
    /// Those for which the channel had no room. At most as many as there are sessions.
    waiting: Mutex<HashSet<ObjectRef<BallSession>>>,
}

impl Notifier {
    pub(super) fn new() -> Self {
        let (sender, receiver) = mpsc::channel(CAPACITY);
        Self { sender, receiver: Mutex::new(Some(receiver)), waiting: Mutex::default() }
    }

    /// The end that is notified; only once.
    pub(super) fn subscribe(&self) -> Option<mpsc::Receiver<ObjectRef<BallSession>>> {
        self.receiver.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Something about `session` changed.
    pub(super) fn notify(&self, session: &SessionKey) {
        self.send(ObjectRef::new(&session.name).within(&session.namespace));
    }

    /// Notifies of the sessions that had to wait.
    pub(super) fn notify_waiting(&self) {
        let waiting = std::mem::take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner));
        for session in waiting {
            self.send(session);
        }
    }

    fn send(&self, session: ObjectRef<BallSession>) {
        // A closed channel: the controller has ended, and nobody has to be notified.
        if let Err(mpsc::error::TrySendError::Full(session)) = self.sender.try_send(session) {
            self.waiting.lock().unwrap_or_else(PoisonError::into_inner).insert(session);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_notification_is_lost_beyond_the_capacity() {
        let notifier = Notifier::new();
        let mut receiver = notifier.subscribe().unwrap();
        assert!(notifier.subscribe().is_none());
        let key = |number: usize| SessionKey {
            namespace: "lighthouse".into(),
            name: format!("s{number}"),
            uid: String::new(),
        };
        for number in (0..2 * CAPACITY).chain(0..2 * CAPACITY) {
            notifier.notify(&key(number));
        }
        let mut notified = HashSet::new();
        for _ in 0..3 {
            while let Ok(session) = receiver.try_recv() {
                notified.insert(session.name);
            }
            notifier.notify_waiting();
        }
        assert_eq!(notified.len(), 2 * CAPACITY);
        assert!(notifier.waiting.lock().unwrap().is_empty());
    }
}
