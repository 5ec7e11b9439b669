//! Connections of whoever asks: a probe is answered whatever others keep the port busy with (S1).

use std::convert::Infallible;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use address::canonical;
use axum::body::{Body, HttpBody};
use axum::extract::Request;
use axum::{Extension, Router};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tower::Service;

use super::arriving::Arriving;
use super::endpoints::Endpoints;
use crate::connections::{self, Admission, Limits, Observed};

/// How long a client may take to say what it wants, for the first and for each further request of a connection. Who
/// takes longer than a moment makes way for others before that.
const REQUEST_LIMIT: Duration = Duration::from_secs(10);

/// Probes and scrapes come from a few places, and a browser has six connections at most.
pub(super) const LIMITS: Limits =
    Limits { connections: 256, per_source: 48, burst: 200, every: Duration::from_millis(10) };

/// Serves `router` to whoever connects, within `limits`. Who takes nothing for `stall_limit` is left.
pub(super) async fn accept(listener: TcpListener, router: Router, limits: Limits, stall_limit: Duration) {
    let admission = Admission::new(limits);
    let mut tasks = JoinSet::new();
    loop {
        let (stream, peer) = connections::accept(&listener).await;
        // Who is gone by now has no ends to speak of.
        let Ok(local) = stream.local_addr() else { continue };
        // The kernel knows best what was taken. Elsewhere, and where it does not have this option, such clients are kept.
        #[cfg(target_os = "linux")]
        let _ = socket2::SockRef::from(&stream).set_tcp_user_timeout(Some(stall_limit));
        let router =
            router.clone().layer(Extension(Endpoints { local: canonical(local), peer: canonical(peer) }));
        begin(stream, peer, router, &admission, &mut tasks);
        while tasks.try_join_next().is_some() {}
    }
}

/// Begins a connection, if there is a slot for it; nothing is waited for.
fn begin(
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
    admission: &Admission,
    tasks: &mut JoinSet<()>,
) {
    let Ok(admitted) = admission.admit(peer.ip(), Instant::now()) else {
        // Nothing of it stays behind in the kernel either.
        let _ = stream.set_zero_linger();
        return;
    };
    let connection = serve(Observed { stream, activity: admitted.activity.clone() }, router);
    tasks.spawn(admitted.run(connection));
}

/// Request after request. From the last byte of one until it is answered the connection is not idle, and as long as an answer
/// goes on that has no length.
async fn serve(stream: Observed<TcpStream>, router: Router) {
    let activity = stream.activity.clone();
    let service = service_fn(move |request: Request<Incoming>| {
        let request = request.map(|body| Body::new(Arriving::new(body, activity.clone())));
        let (answer, activity) = (router.clone().call(request), activity.clone());
        async move {
            let answer = answer.await?;
            if answer.body().size_hint().exact().is_some() {
                activity.answered(Instant::now());
            }
            Ok::<_, Infallible>(answer)
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(REQUEST_LIMIT)
        .serve_connection(TokioIo::new(stream), service);
    // Whatever a client does wrong ends its connection, and concerns nobody else.
    let _ = connection.await;
}

#[cfg(test)]
mod tests {
    use axum::routing::{get, post};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpSocket;

    use super::*;

    const FEW: Limits = Limits { connections: 8, per_source: 4, burst: 1000, ..LIMITS };

    async fn served() -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let forever =
            || async { Body::from_stream(futures_util::stream::pending::<Result<Vec<u8>, Infallible>>()) };
        let router = Router::new()
            .route("/healthz", get(|| async { "ok" }))
            .route("/forever", get(forever))
            .route("/offers", post(|body: String| async { body }));
        tokio::spawn(accept(listener, router, FEW, Duration::from_secs(20)));
        address
    }

    async fn connect(source: u8, to: SocketAddr) -> TcpStream {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(SocketAddr::from(([127, 0, 1, source], 0))).unwrap();
        socket.connect(to).await.unwrap()
    }

    async fn ask(stream: &mut TcpStream, path: &str) -> Option<String> {
        let request = format!("GET {path} HTTP/1.1\r\nHost: test\r\n\r\n");
        stream.write_all(request.as_bytes()).await.ok()?;
        let (mut answer, mut buffer) = (String::new(), [0; 256]);
        while !answer.contains("\r\n\r\n") {
            let read = tokio::time::timeout(Duration::from_secs(20), stream.read(&mut buffer)).await.unwrap();
            answer += std::str::from_utf8(&buffer[..read.ok().filter(|read| *read > 0)?]).unwrap();
        }
        Some(answer)
    }

    async fn is_ended(stream: &mut TcpStream) -> bool {
        let mut buffer = [0; 1];
        let read = tokio::time::timeout(Duration::from_secs(20), stream.read(&mut buffer)).await;
        matches!(read.expect("it ends"), Ok(0) | Err(_))
    }

    /// S1: idle connections from one address, and requests that never end from many, are no obstacle for a probe.
    #[tokio::test]
    async fn a_probe_is_answered_whatever_others_hold_open() {
        let address = served().await;
        let mut held = Vec::new();
        for _ in 0..6 {
            held.push(connect(1, address).await);
        }
        assert!(is_ended(&mut held[0]).await, "the longest idle makes way");
        for source in 2..12 {
            let mut half_sent = connect(source, address).await;
            let request = b"POST /offers HTTP/1.1\r\nHost: test\r\nContent-Length: 9\r\n\r\nv=0";
            half_sent.write_all(request).await.unwrap();
            held.push(half_sent);
        }
        let mut probe = connect(200, address).await;
        assert!(ask(&mut probe, "/healthz").await.unwrap().starts_with("HTTP/1.1 200"));
    }

    #[tokio::test]
    async fn a_page_that_goes_on_is_not_ended_for_others() {
        let address = served().await;
        let mut page = connect(1, address).await;
        assert!(ask(&mut page, "/forever").await.unwrap().starts_with("HTTP/1.1 200"));
        let mut probe = connect(1, address).await;
        assert!(ask(&mut probe, "/healthz").await.is_some());
        let mut held = Vec::new();
        for _ in 0..4 {
            held.push(connect(1, address).await);
        }
        assert!(is_ended(&mut probe).await, "answered, and idle since");
        let mut buffer = [0; 1];
        let waits = tokio::time::timeout(Duration::from_millis(50), page.read(&mut buffer)).await;
        assert!(waits.is_err(), "{waits:?}");
        let mut further = connect(1, address).await;
        assert!(ask(&mut further, "/healthz").await.is_some());
    }
}
