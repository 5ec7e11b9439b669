//! What a connection has come to: since when nothing has arrived on it, and whether its request is complete.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Of one connection. Clones share it.
#[derive(Debug, Clone)]
pub struct Activity {
    since: Instant,
    /// When something arrived last, in nanoseconds since then; [`COMPLETE`] once all of the request has.
    last: Arc<AtomicU64>,
}

const COMPLETE: u64 = u64::MAX;

impl Activity {
    /// Of a connection that begins.
    pub fn begin(now: Instant) -> Self {
        Self { since: now, last: Arc::default() }
    }

    /// Something arrived.
    pub fn arrived(&self, now: Instant) {
        let at = self.nanoseconds(now);
        // What comes behind a request changes nothing.
        let update = |last| (last != COMPLETE).then_some(at);
        let _ = self.last.fetch_update(Ordering::Relaxed, Ordering::Relaxed, update);
    }

    /// All of the request has arrived.
    pub fn complete(&self) {
        self.last.store(COMPLETE, Ordering::Relaxed);
    }

    /// The request is answered, and another one may come.
    pub fn answered(&self, now: Instant) {
        self.last.store(self.nanoseconds(now), Ordering::Relaxed);
    }

    fn nanoseconds(&self, now: Instant) -> u64 {
        let passed = now.saturating_duration_since(self.since).as_nanos();
        u64::try_from(passed).map_or(COMPLETE - 1, |passed| passed.min(COMPLETE - 1))
    }

    /// Since when nothing has arrived of a request that is not complete.
    pub fn idle_since(&self) -> Option<Instant> {
        let last = self.last.load(Ordering::Relaxed);
        (last != COMPLETE).then(|| self.since + Duration::from_nanos(last))
    }
}

/// A connection that takes note of what arrives.
pub struct Observed<S> {
    /// The connection.
    pub stream: S,
    /// Where that is noted.
    pub activity: Activity,
}

impl<S: AsyncRead + Unpin> AsyncRead for Observed<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        if buffer.filled().len() > before {
            self.activity.arrived(Instant::now());
        }
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Observed<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_complete_is_not_idle() {
        let start = Instant::now();
        let at = |second| start + Duration::from_secs(second);
        let activity = Activity::begin(start);
        assert_eq!(activity.idle_since(), Some(start));
        activity.arrived(at(3));
        assert_eq!(activity.idle_since(), Some(at(3)));
        activity.complete();
        activity.arrived(at(4));
        assert_eq!(activity.idle_since(), None);
        activity.answered(at(5));
        assert_eq!(activity.idle_since(), Some(at(5)));
    }
}
