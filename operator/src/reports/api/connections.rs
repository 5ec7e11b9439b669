//! Connections: bounded in number, each good for one request within a bounded time.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;
use tower::Service;

use crate::reports::api::handler::{Deadline, router};
use crate::reports::api::intake::Intake;

/// How long a sender may take for a whole request, from the connection to the last byte of the body.
const REQUEST_LIMIT: Duration = Duration::from_secs(10);
/// Then it is taken in, which has a limit of its own, and answered. After this nothing is waited for.
const CONNECTION_LIMIT: Duration = Duration::from_secs(25);
/// Connections at a time. Further ones wait to be accepted, and none takes longer than [`CONNECTION_LIMIT`].
const CONNECTIONS: usize = 1024;
/// The longest head of a request, in bytes: a token and little more.
const MAX_HEAD: usize = 16 * 1024;
/// How long to wait after the system refused a connection, as for a lack of descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// How long reports under way may take when the operator stops.
const DRAIN_LIMIT: Duration = Duration::from_secs(2);

/// Takes reports from `listener` until `stop`; those under way then are still taken, for a moment.
pub(in crate::reports) async fn serve(listener: TcpListener, intake: Arc<Intake>, stop: CancellationToken) {
    serve_within(REQUEST_LIMIT, listener, intake, stop).await;
}

/// The same, with a limit for the arrival of a request.
pub(super) async fn serve_within(
    limit: Duration,
    listener: TcpListener,
    intake: Arc<Intake>,
    stop: CancellationToken,
) {
    let router = router(intake);
    let permits = Arc::new(Semaphore::new(CONNECTIONS));
    let mut connections = JoinSet::new();
    while let Some((stream, permit)) = stop.run_until_cancelled(accept(&listener, &permits)).await {
        let (router, stop) = (router.clone(), stop.clone());
        connections.spawn(async move {
            connection(stream, router, limit, stop).await;
            drop(permit);
        });
        while connections.try_join_next().is_some() {}
    }
    drop(listener);
    // Those that are left are aborted with the set.
    let _ = timeout(DRAIN_LIMIT, async { while connections.join_next().await.is_some() {} }).await;
}

/// The next connection, once there is a permit for it.
async fn accept(
    listener: &TcpListener,
    permits: &Arc<Semaphore>,
) -> (TcpStream, Option<tokio::sync::OwnedSemaphorePermit>) {
    // The semaphore is never closed.
    let permit = Arc::clone(permits).acquire_owned().await.ok();
    loop {
        match listener.accept().await {
            Ok((stream, _)) => return (stream, permit),
            Err(error) => {
                tracing::debug!(%error, "accept failed");
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

async fn connection(stream: TcpStream, router: Router, limit: Duration, stop: CancellationToken) {
    let deadline = Deadline(Instant::now() + limit);
    let service = service_fn(move |request: hyper::Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(deadline);
        let answer = router.clone().call(request);
        async { answer.await.map_err(|never: Infallible| never) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limit)
        .max_buf_size(MAX_HEAD)
        // A sender reports every 10 s at most: a connection in between would only take up a permit.
        .keep_alive(false)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = std::pin::pin!(connection);
    let whole = async {
        tokio::select! {
            ended = connection.as_mut() => return ended,
            () = stop.cancelled() => connection.as_mut().graceful_shutdown(),
        }
        connection.as_mut().await
    };
    // Whatever a sender does wrong ends its connection, and concerns nobody else.
    let _ = timeout(CONNECTION_LIMIT, whole).await;
}
