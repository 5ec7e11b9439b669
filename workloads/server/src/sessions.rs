//! The sessions there are: whether any is ready for video, and how each is notified that it is to end.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use media::fanout::CloseReason;
use report::SessionId;
use tokio::sync::oneshot;

use crate::huge_pages::HugePages;

/// All sessions, from the first byte of signalling to the end.
#[derive(Debug, Default)]
pub(crate) struct Sessions {
    huge_pages: HugePages,
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    last: u64,
    open: HashMap<SessionId, Session>,
}

/// Why a session ends that neither side wanted to end.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Interruption {
    /// Its peer connection is gone.
    Closed(CloseReason),
    /// Its client's row is another session's now.
    Superseded,
}

#[derive(Debug)]
struct Session {
    peer: SocketAddr,
    /// Taken when it is used.
    interrupt: Option<oneshot::Sender<Interruption>>,
    /// From when on it can be sent video.
    ready_from: Option<Instant>,
}

impl Sessions {
    /// None yet; huge pages are enabled by how many there are.
    pub(crate) fn new(huge_pages: HugePages) -> Self {
        Self { huge_pages, inner: Mutex::default() }
    }

    /// A new session of `peer`, and what resolves should it be interrupted.
    pub(crate) fn open(&self, peer: SocketAddr) -> (SessionId, oneshot::Receiver<Interruption>) {
        let (interrupt, interruption) = oneshot::channel();
        let mut inner = self.lock();
        inner.last += 1;
        let id = SessionId(inner.last);
        inner.open.insert(id, Session { peer, interrupt: Some(interrupt), ready_from: None });
        self.huge_pages.enable_for(inner.open.len());
        (id, interruption)
    }

    /// Whose a session is, while it is open.
    pub(crate) fn peer(&self, id: SessionId) -> Option<SocketAddr> {
        Some(self.lock().open.get(&id)?.peer)
    }

    /// The peer connection of a session is gone.
    pub(crate) fn failed(&self, id: SessionId, reason: CloseReason) {
        let mut inner = self.lock();
        let session = inner.open.get_mut(&id);
        // Here, as the session's task may just be ending for another reason.
        if let CloseReason::Panicked(panicked) = &reason {
            let peer = session.as_ref().map(|session| tracing::field::display(session.peer));
            tracing::error!(session = id.0, peer, "the WebRTC stack panicked, the session ends: {panicked}");
        }
        interrupt(session, Interruption::Closed(reason));
    }

    /// Another session took the row of a session's client over.
    pub(crate) fn superseded(&self, id: SessionId) {
        interrupt(self.lock().open.get_mut(&id), Interruption::Superseded);
    }

    /// The session is over.
    pub(crate) fn close(&self, id: SessionId) {
        self.lock().open.remove(&id);
    }

    /// The session can be sent video from `from` on, if not before.
    pub(crate) fn ready_for_video(&self, id: SessionId, from: Instant) {
        if let Some(session) = self.lock().open.get_mut(&id) {
            session.ready_from = Some(session.ready_from.map_or(from, |before| before.min(from)));
        }
    }

    /// Whether there is anybody to capture a frame for.
    pub(crate) fn any_ready_for_video(&self, now: Instant) -> bool {
        self.lock().open.values().any(|session| session.ready_from.is_some_and(|from| from <= now))
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // Every operation leaves the map whole, so a panic elsewhere takes nothing from it.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn interrupt(session: Option<&mut Session>, interruption: Interruption) {
    if let Some(interrupt) = session.and_then(|session| session.interrupt.take()) {
        // The task may have dropped its end; then it is ending anyway.
        let _ = interrupt.send(interruption);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    const PEER: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 9);

    #[test]
    fn a_session_is_notified_of_its_failure_once_and_closes() {
        let sessions = Sessions::default();
        let (first, mut failed) = sessions.open(PEER);
        let (second, mut superseded) = sessions.open(PEER);
        assert_ne!(first, second);
        sessions.failed(first, CloseReason::PeerLost);
        sessions.failed(first, CloseReason::IceFailed { has_heard_check: false });
        assert_eq!(failed.try_recv().unwrap(), Interruption::Closed(CloseReason::PeerLost));
        sessions.superseded(second);
        assert_eq!(superseded.try_recv().unwrap(), Interruption::Superseded);
        sessions.close(first);
        sessions.failed(first, CloseReason::PeerLost);
    }

    #[test]
    fn a_session_is_ready_from_the_earliest_moment_that_was_named_to_the_end() {
        let (sessions, now) = (Sessions::default(), Instant::now());
        let (id, _keep) = sessions.open(PEER);
        assert!(!sessions.any_ready_for_video(now));
        sessions.ready_for_video(id, now + Duration::from_millis(300));
        assert!(!sessions.any_ready_for_video(now));
        sessions.ready_for_video(id, now);
        assert!(sessions.any_ready_for_video(now));
        sessions.close(id);
        assert!(!sessions.any_ready_for_video(now));
    }
}
