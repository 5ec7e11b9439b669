//! The sessions there are, and how each learns that its peer connection is gone.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use media::fanout::{CloseReason, SessionId};
use tokio::sync::oneshot;

/// All sessions, from the first byte of signalling to the end.
#[derive(Debug, Default)]
pub(crate) struct Sessions {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    last: u64,
    open: HashMap<SessionId, oneshot::Sender<CloseReason>>,
}

impl Sessions {
    /// A new session, and the news of its end, should its peer connection fail.
    pub(crate) fn open(&self) -> (SessionId, oneshot::Receiver<CloseReason>) {
        let (tell, told) = oneshot::channel();
        let mut inner = self.lock();
        inner.last += 1;
        let id = SessionId(inner.last);
        inner.open.insert(id, tell);
        (id, told)
    }

    /// The peer connection of a session is gone.
    pub(crate) fn failed(&self, id: SessionId, reason: CloseReason) {
        if let Some(tell) = self.lock().open.get_mut(&id) {
            // The task may be past listening; then it is ending anyway.
            let _ = std::mem::replace(tell, oneshot::channel().0).send(reason);
        }
    }

    /// The session is over.
    pub(crate) fn close(&self, id: SessionId) {
        self.lock().open.remove(&id);
    }

    /// Whether nobody is connected.
    pub(crate) fn is_empty(&self) -> bool {
        self.lock().open.is_empty()
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // Every operation leaves the map whole, so a panic elsewhere takes nothing from it.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_hears_of_its_failure_once_and_closes() {
        let sessions = Sessions::default();
        let (first, mut told) = sessions.open();
        let (second, _keep) = sessions.open();
        assert_ne!(first, second);
        sessions.failed(first, CloseReason::PeerLost);
        sessions.failed(first, CloseReason::IceFailed);
        assert_eq!(told.try_recv().unwrap(), CloseReason::PeerLost);
        sessions.close(first);
        sessions.failed(first, CloseReason::PeerLost);
        assert!(!sessions.is_empty());
        sessions.close(second);
        assert!(sessions.is_empty());
    }
}
