//! The answerer's side: from an endpoint to a connection.

use std::{fmt, io, net::SocketAddr, time::Duration};

use backoff::Backoff;
use tokio::{
    net::{TcpStream, lookup_host},
    time::{Instant, sleep, timeout_at},
};

use crate::{
    connection::Connection,
    endpoint::Endpoint,
    family::{Family, order},
    resolver::{Unresolved, resolve},
};

/// How long each address may take to connect: two lost SYNs are repeated within it (after 1 s and 3 s).
pub const CONNECT_LIMIT: Duration = Duration::from_secs(4);

/// Addresses of one name that are tried. A server has one or two; a name with hundreds must not hold a client for long.
const MAX_ADDRESSES: usize = 8;

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub enum DialError {
    /// The host's name gave no address.
    #[error("cannot resolve {} to connect to {endpoint}: {cause}", .endpoint.host())]
    ResolveFailed {
        /// What was dialled.
        endpoint: Endpoint,
        /// The resolver's error.
        cause: io::Error,
    },
    /// The resolver did not answer: it was given up, or is still waited for.
    #[error(
        "cannot resolve {} to connect to {endpoint}: the resolver has not answered for {:.0} s",
        .endpoint.host(), .waited.as_secs_f64()
    )]
    ResolverSilent {
        /// What was dialled.
        endpoint: Endpoint,
        /// For how long.
        waited: Duration,
    },
    /// None of the host's addresses took the connection.
    #[error("cannot connect to {endpoint}: {}", list(.attempts))]
    ConnectFailed {
        /// What was dialled.
        endpoint: Endpoint,
        /// Each address that was tried, in that order.
        attempts: Vec<ConnectAttempt>,
    },
}

/// One address that did not take the connection.
#[derive(Debug)]
pub struct ConnectAttempt {
    /// The address.
    pub address: SocketAddr,
    /// The operating system's error.
    pub cause: io::Error,
}

impl fmt::Display for ConnectAttempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.address, self.cause)
    }
}

fn list(attempts: &[ConnectAttempt]) -> String {
    attempts.iter().map(ConnectAttempt::to_string).collect::<Vec<_>>().join("; ")
}

/// Connects once: resolves the host within [`RESOLVE_LIMIT`](crate::RESOLVE_LIMIT) and tries its addresses one after the
/// other, each within [`CONNECT_LIMIT`].
///
/// # Errors
/// Where the host has no address, or none of them takes the connection.
pub async fn dial(endpoint: &Endpoint) -> Result<Connection, DialError> {
    Dialler { endpoint, lookup: system }.dial(None, None, |_| {}).await
}

/// Connects, and tries again after each failure, as a server that is about to start or to come back needs it. Without
/// a `deadline` it goes on until the future is dropped, which may be at any time. `on_failure` is called with each failure that
/// another attempt follows, and the delay before that; and without a delay when the resolver has been silent for
/// [`RESOLVER_SLOW`](crate::RESOLVER_SLOW), while its answer is still waited for.
///
/// `backoff` is left as it is after a success: a server that accepts and at once hangs up deserves no quicker retries.
/// Reset it when the session has proved to work.
///
/// # Errors
/// That of the last attempt, once no further one could start before the `deadline`.
pub async fn dial_until(
    endpoint: &Endpoint,
    first: Option<Family>,
    backoff: &mut Backoff,
    deadline: Option<std::time::Instant>,
    on_failure: impl FnMut(&DialError, Duration),
) -> Result<Connection, DialError> {
    let deadline = deadline.map(Instant::from_std);
    Dialler { endpoint, lookup: system }.dial_until(first, backoff, deadline, on_failure).await
}

/// Asks the system's resolver, on a thread of its own: one that hangs holds up nothing else, the end of the process neither.
async fn system(endpoint: &Endpoint) -> io::Result<Vec<SocketAddr>> {
    Ok(lookup_host((endpoint.host(), endpoint.port())).await?.collect())
}

/// Dials `endpoint`, whose addresses `lookup` knows.
struct Dialler<'a, Lookup> {
    endpoint: &'a Endpoint,
    lookup: Lookup,
}

impl<Lookup: AsyncFn(&Endpoint) -> io::Result<Vec<SocketAddr>>> Dialler<'_, Lookup> {
    async fn dial_until(
        &self,
        first: Option<Family>,
        backoff: &mut Backoff,
        deadline: Option<Instant>,
        mut on_failure: impl FnMut(&DialError, Duration),
    ) -> Result<Connection, DialError> {
        loop {
            let outcome = self.dial(first, deadline, |slow| on_failure(slow, Duration::ZERO)).await;
            let error = match outcome {
                Ok(connection) => return Ok(connection),
                Err(error) => error,
            };
            let delay = backoff.next_delay(fastrand::f64());
            if deadline.is_some_and(|deadline| deadline.duration_since(Instant::now()) <= delay) {
                return Err(error);
            }
            on_failure(&error, delay);
            sleep(delay).await;
        }
    }

    async fn dial(
        &self,
        first: Option<Family>,
        deadline: Option<Instant>,
        mut on_silence: impl FnMut(&DialError),
    ) -> Result<Connection, DialError> {
        let endpoint = self.endpoint;
        let silent = |waited| DialError::ResolverSilent { endpoint: endpoint.clone(), waited };
        let failed = |cause| DialError::ResolveFailed { endpoint: endpoint.clone(), cause };
        let resolved = resolve((self.lookup)(endpoint), deadline, |waited| on_silence(&silent(waited))).await;
        let mut addresses = match resolved {
            Ok(addresses) => order(addresses, first),
            Err(Unresolved::Silent(waited)) => return Err(silent(waited)),
            Err(Unresolved::Failed(cause)) => return Err(failed(cause)),
        };
        addresses.truncate(MAX_ADDRESSES);
        if addresses.is_empty() {
            return Err(failed(io::Error::new(io::ErrorKind::NotFound, "the name has no address")));
        }
        connect_any(&addresses, deadline)
            .await
            .map_err(|attempts| DialError::ConnectFailed { endpoint: endpoint.clone(), attempts })
    }
}

async fn connect_any(
    addresses: &[SocketAddr],
    deadline: Option<Instant>,
) -> Result<Connection, Vec<ConnectAttempt>> {
    let mut attempts = Vec::new();
    for &address in addresses {
        let connect = async { Connection::dialled(TcpStream::connect(address).await?, address).await };
        match within(CONNECT_LIMIT, deadline, connect).await {
            Ok(connection) => return Ok(connection),
            Err(cause) => attempts.push(ConnectAttempt { address, cause }),
        }
    }
    Err(attempts)
}

/// What `step` gives within `limit`, and before `deadline`.
async fn within<T>(
    limit: Duration,
    deadline: Option<Instant>,
    step: impl Future<Output = io::Result<T>>,
) -> io::Result<T> {
    let end = Instant::now() + limit;
    match timeout_at(deadline.map_or(end, |deadline| deadline.min(end)), step).await {
        Ok(outcome) => outcome,
        Err(_) => Err(io::Error::new(io::ErrorKind::TimedOut, "no answer in time")),
    }
}

#[cfg(test)]
mod tests {
    use tokio::net::{TcpListener, TcpSocket};

    use super::*;

    const LOOPBACK: &str = "127.0.0.1:0";

    /// A port that refuses connections for as long as the socket lives, as it is bound and does not listen.
    fn dead_port() -> (TcpSocket, SocketAddr) {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(LOOPBACK.parse().unwrap()).unwrap();
        let address = socket.local_addr().unwrap();
        (socket, address)
    }

    #[tokio::test]
    async fn the_second_address_is_tried_when_the_first_one_refuses() {
        let (_socket, dead) = dead_port();
        let listener = TcpListener::bind(LOOPBACK).await.unwrap();
        let alive = listener.local_addr().unwrap();
        let connection = connect_any(&[dead, alive], None).await.unwrap();
        assert_eq!(connection.peer_addr(), alive);
    }

    #[tokio::test]
    async fn every_address_that_failed_is_named() {
        let (_first, first) = dead_port();
        let (_second, second) = dead_port();
        let attempts = connect_any(&[first, second], None).await.unwrap_err();
        let endpoint = "server:8080".parse().unwrap();
        let refused = "Connection refused (os error 111)";
        assert_eq!(
            DialError::ConnectFailed { endpoint, attempts }.to_string(),
            format!("cannot connect to server:8080: {first}: {refused}; {second}: {refused}")
        );
    }

    /// P17: such a client never connected, however long it went on.
    #[tokio::test(start_paused = true)]
    async fn a_resolver_that_takes_longer_than_a_name_server_is_given_is_dialled_by() {
        let listener = TcpListener::bind(LOOPBACK).await.unwrap();
        let alive = listener.local_addr().unwrap();
        let lookup = async |_: &Endpoint| {
            sleep(Duration::from_secs(15)).await;
            Ok(vec![alive])
        };
        let endpoint = "server:8080".parse().unwrap();
        let mut noticed = Vec::new();
        let mut backoff = Backoff::new(CONNECT_LIMIT, CONNECT_LIMIT, backoff::Jitter::Half).unwrap();
        let connection = Dialler { endpoint: &endpoint, lookup }
            .dial_until(None, &mut backoff, None, |error, delay| noticed.push((error.to_string(), delay)))
            .await
            .unwrap();
        assert_eq!(connection.peer_addr(), alive);
        let slow = "cannot resolve server to connect to server:8080: the resolver has not answered for 2 s";
        assert_eq!(noticed, [(slow.to_owned(), Duration::ZERO)]);
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_gives_up_on_a_silent_resolver_does_so_at_once_and_knows_why() {
        let lookup = async |_: &Endpoint| std::future::pending::<io::Result<_>>().await;
        let endpoint = "server:8080".parse().unwrap();
        let dialler = Dialler { endpoint: &endpoint, lookup };
        let mut backoff = Backoff::new(CONNECT_LIMIT, CONNECT_LIMIT, backoff::Jitter::Half).unwrap();
        let begun = Instant::now();
        let mut noticed = 0;
        tokio::select! {
            _ = dialler.dial_until(None, &mut backoff, None, |_, _| noticed += 1) => panic!("there is no end"),
            () = sleep(Duration::from_secs(7)) => {}
        }
        assert_eq!((begun.elapsed().as_secs(), noticed), (7, 1));

        let deadline = Some(Instant::now() + Duration::from_secs(12));
        let error = dialler.dial_until(None, &mut backoff, deadline, |_, _| {}).await.unwrap_err();
        assert_eq!(begun.elapsed().as_secs(), 19);
        assert!(error.to_string().ends_with("the resolver has not answered for 12 s"), "{error}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_step_that_hangs_ends_at_its_limit_or_at_the_deadline() {
        let start = Instant::now();
        for (deadline, waited) in [(None, 4), (Some(9), 4), (Some(1), 1)] {
            let begun = Instant::now();
            let deadline = deadline.map(|seconds| begun + Duration::from_secs(seconds));
            let hung = within(CONNECT_LIMIT, deadline, std::future::pending::<io::Result<()>>()).await;
            assert_eq!(hung.unwrap_err().kind(), io::ErrorKind::TimedOut);
            // The timer's resolution is a millisecond.
            assert_eq!(begun.elapsed().as_secs(), waited);
        }
        assert_eq!(start.elapsed().as_secs(), 9);
    }
}
