//! Connections: bounded in number, in all and from each source, and each good for one request within a bounded time.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use process::connections::{Activity, Admission, Limits, Observed, Refused, accept};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tower::Service;

use crate::reports::api::handler::{Arrival, router};
use crate::reports::api::intake::Intake;
use crate::reports::metrics::{ConnectionEnd, Metrics};

/// How long a connection may take, from its beginning.
#[derive(Debug, Clone, Copy)]
pub(super) struct Times {
    /// To the end of its head, of the handshake of TLS as well: a sender gives up after 3 s.
    pub(super) head: Duration,
    /// To the last byte of the request.
    pub(super) request: Duration,
    /// In all: the request is taken in, which has a limit of its own, and answered. After this nothing is waited for.
    pub(super) connection: Duration,
}

impl Times {
    pub(super) const REPORTS: Self = Self {
        head: Duration::from_secs(3),
        request: Duration::from_secs(10),
        connection: Duration::from_secs(25),
    };
}

/// A node has about a hundred pods, and each posts about once in 5 s, which takes milliseconds.
pub(super) const LIMITS: Limits =
    Limits { connections: 1024, per_source: 64, burst: 200, every: Duration::from_millis(10) };

/// The longest head of a request, in bytes: a token and little more.
const MAX_HEAD: usize = 16 * 1024;
/// How long reports under way may take when the operator stops.
const DRAIN_LIMIT: Duration = Duration::from_secs(2);

/// Where reports are taken.
pub struct Endpoint {
    /// What takes connections.
    pub listener: TcpListener,
    /// How the operator proves itself; `None` where reports are taken unencrypted.
    pub tls: Option<TlsAcceptor>,
}

/// Takes reports at `endpoint` until `stop`; those under way then are still taken, for a moment.
pub(in crate::reports) async fn serve(
    endpoint: Endpoint,
    intake: Arc<Intake>,
    metrics: Metrics,
    stop: CancellationToken,
) {
    serve_within((Times::REPORTS, LIMITS), endpoint, intake, metrics, stop).await;
}

/// The same, with limits of a test's choice.
pub(super) async fn serve_within(
    (times, limits): (Times, Limits),
    Endpoint { listener, tls }: Endpoint,
    intake: Arc<Intake>,
    metrics: Metrics,
    stop: CancellationToken,
) {
    let connections = Connections { times, tls, router: router(intake), metrics, stop };
    let admission = Admission::new(limits);
    let mut tasks = JoinSet::new();
    while let Some((stream, source)) = connections.stop.run_until_cancelled(accept(&listener)).await {
        begin(&connections, stream, source, &admission, &mut tasks);
        while tasks.try_join_next().is_some() {}
    }
    drop(listener);
    // Those that are left are aborted with the set.
    let _ = timeout(DRAIN_LIMIT, async { while tasks.join_next().await.is_some() {} }).await;
}

/// Begins a connection, if there is a slot for it; nothing is waited for.
fn begin(
    connections: &Connections,
    stream: TcpStream,
    source: SocketAddr,
    admission: &Admission,
    tasks: &mut JoinSet<()>,
) {
    let admitted = match admission.admit(source.ip(), std::time::Instant::now()) {
        Ok(admitted) => admitted,
        Err(refused) => {
            connections.metrics.connection(match refused {
                Refused::TooFast => ConnectionEnd::TooFast,
                Refused::TooMany => ConnectionEnd::TooMany,
            });
            // Nothing of it stays behind in the kernel either.
            let _ = stream.set_zero_linger();
            return;
        }
    };
    if admitted.has_displaced {
        connections.metrics.connection(ConnectionEnd::Displaced);
    }
    let stream = Observed { stream, activity: admitted.activity.clone() };
    tasks.spawn(admitted.run(connections.clone().serve(stream)));
}

/// What all connections have in common.
#[derive(Clone)]
struct Connections {
    times: Times,
    tls: Option<TlsAcceptor>,
    router: Router,
    metrics: Metrics,
    stop: CancellationToken,
}

impl Connections {
    async fn serve(self, stream: Observed<TcpStream>) {
        let begun = Instant::now();
        let activity = stream.activity.clone();
        match self.tls.clone() {
            None => self.exchange(stream, activity, begun).await,
            Some(tls) => match timeout_at(begun + self.times.head, tls.accept(stream)).await {
                Ok(Ok(stream)) => self.exchange(stream, activity, begun).await,
                Ok(Err(error)) => {
                    tracing::debug!(%error, "no handshake with who wanted to report");
                    self.metrics.connection(ConnectionEnd::NoHandshake);
                }
                Err(_) => self.metrics.connection(ConnectionEnd::NoHandshake),
            },
        }
    }

    /// One request and its answer.
    async fn exchange(self, stream: impl AsyncRead + AsyncWrite + Unpin, activity: Activity, begun: Instant) {
        let Self { times, router, stop, .. } = self;
        let arrival = Arrival { deadline: begun + times.request, activity };
        let service = service_fn(move |request: hyper::Request<Incoming>| {
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(arrival.clone());
            let answer = router.clone().call(request);
            async { answer.await.map_err(|never: Infallible| never) }
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout((begun + times.head).saturating_duration_since(Instant::now()))
            .max_buf_size(MAX_HEAD)
            // A sender reports every few seconds at most: a connection in between would only take up a slot.
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
        let _ = timeout_at(begun + times.connection, whole).await;
    }
}
