//! The offerer's side: a bounded number of connections, accepted whatever happens.

use std::{io, net::SocketAddr, num::NonZeroU16, sync::Arc, time::Duration};

use backoff::{Backoff, Jitter};
use tokio::{
    net::TcpListener,
    sync::Semaphore,
    time::{Instant, sleep_until},
};

use crate::connection::Connection;

/// The first and the longest pause after a failed accept.
const PAUSES: (Duration, Duration) = (Duration::from_millis(10), Duration::from_secs(1));

/// Listens for answerers.
///
/// A client of this protocol dials and waits in silence for the offer, so that every connection, a health check's too,
/// is worth a session until it ends: such a session sends its offer, reads the end of file and is over. At most `limit`
/// connections exist at a time; further ones wait in the kernel's queue, connected but unanswered.
#[derive(Debug)]
pub struct Listener {
    listener: TcpListener,
    local_addr: SocketAddr,
    room: Arc<Semaphore>,
    backoff: Backoff,
    /// Where the last accept failed: when to try again. Kept here so that a dropped future does not shorten the pause.
    paused_until: Option<Instant>,
}

/// Why there is no listener.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen for signalling on {address}: {cause}")]
pub struct BindError {
    /// The address asked for.
    pub address: SocketAddr,
    /// The operating system's error.
    pub cause: io::Error,
}

impl Listener {
    /// Listens on `address` (port 0: one that is free; `[::]`: both families) for at most `limit` connections at a time.
    ///
    /// # Errors
    /// Where the address is in use, not this machine's, or not allowed.
    pub async fn bind(address: SocketAddr, limit: NonZeroU16) -> Result<Self, BindError> {
        let refused = |cause| BindError { address, cause };
        let listener = address::listen(address).and_then(TcpListener::from_std).map_err(refused)?;
        let local_addr = listener.local_addr().map_err(refused)?;
        let backoff = Backoff::new(PAUSES.0, PAUSES.1, Jitter::Half)
            .expect("the first pause is above 0 and below the longest");
        let room = Arc::new(Semaphore::new(limit.get().into()));
        Ok(Self { listener, local_addr, room, backoff, paused_until: None })
    }

    /// The address bound, with the port that port 0 became.
    pub fn local_addr(&self) -> SocketAddr {
        self.local_addr
    }

    /// The next connection, once there is room for it. Its room is free again when it is dropped.
    ///
    /// This never fails: what concerns one connection is passed over, and what concerns the process, such as a lack of
    /// descriptors, is logged and tried again after a pause. Dropping the future loses no connection.
    pub async fn accept(&mut self) -> Connection {
        let room = Arc::clone(&self.room);
        let permit = room.acquire_owned().await.expect("this semaphore is never closed");
        loop {
            if let Some(moment) = self.paused_until {
                sleep_until(moment).await;
            }
            let accepted = self.listener.accept().await;
            match accepted.and_then(|(stream, peer)| Connection::new(stream, peer)) {
                Ok(connection) => {
                    self.paused_until = None;
                    self.backoff.reset();
                    return connection.holding(permit);
                }
                Err(error) if concerns_one_connection(error.kind()) => {
                    tracing::debug!(%error, "a connection ended before it was accepted");
                }
                Err(error) => self.pause(&error),
            }
        }
    }

    fn pause(&mut self, error: &io::Error) {
        let delay = self.backoff.next_delay(fastrand::f64());
        self.paused_until = Some(Instant::now() + delay);
        tracing::warn!(%error, ?delay, address = %self.local_addr, "cannot accept signalling connections");
    }
}

/// Whether an accept failed for the sake of the connection that it took off the queue: accept(2) hands such errors on.
fn concerns_one_connection(error: io::ErrorKind) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, NotConnected};
    matches!(error, ConnectionAborted | ConnectionRefused | ConnectionReset | NotConnected)
}
