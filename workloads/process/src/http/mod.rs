//! The HTTP endpoints that every program has, `/healthz`, `/readyz`, `/status` and `/metrics`, and room for a program's
//! own pages beside them.

mod accept;
mod arriving;
mod endpoints;
mod hosts;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::metrics_text::metrics_answer;
use accept::{LIMITS, accept};
pub use endpoints::Endpoints;
pub use hosts::HostName;

/// How long a client may take nothing of what it asked for: whoever sleeps, or is gone without a word, gives its place
/// back, and whoever produces a stream is notified of its end.
const STALL_LIMIT: Duration = Duration::from_secs(20);

/// Whether there is something to be had from the program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Readiness {
    /// There is.
    Ready,
    /// Not yet, or no more: why.
    Waiting(String),
}

/// What the endpoints show. Called for every request, so it must be quick.
pub trait StatusSource: Send + Sync + 'static {
    /// For `/readyz`.
    fn readiness(&self) -> Readiness;
    /// For `/status`: JSON.
    fn status(&self) -> serde_json::Result<String>;
    /// For `/metrics`: OpenMetrics, which becomes text of Prometheus for who does not ask for that.
    fn metrics(&self) -> Result<String, std::fmt::Error>;
}

/// An address that cannot be served.
#[derive(Debug, thiserror::Error)]
#[error("cannot serve HTTP on {address}: {source}")]
pub struct HttpError {
    address: SocketAddr,
    source: std::io::Error,
}

/// A running HTTP server; ends when dropped.
pub struct Http {
    address: SocketAddr,
    task: JoinHandle<()>,
}

impl Http {
    /// Serves the endpoints and `pages` on `address`; port 0 picks one. A page that goes on for ever keeps its connection,
    /// so there must be far fewer of them than connections from one source (48).
    ///
    /// They are shown to who asks for them by an address, by a name that nobody can own, or by one of `hosts`.
    ///
    /// # Errors
    /// Where the address cannot be bound.
    pub async fn serve(
        address: SocketAddr,
        source: Arc<dyn StatusSource>,
        pages: Router,
        hosts: Vec<HostName>,
    ) -> Result<Self, HttpError> {
        let shown = shown(Arc::clone(&source)).merge(pages).layer(from_fn_with_state(hosts, hosts::check));
        Self::serve_routes(address, health_routes(source).merge(shown)).await
    }

    /// Serves these routes and no others.
    ///
    /// # Errors
    /// Where the address cannot be bound.
    pub async fn serve_routes(address: SocketAddr, routes: Router) -> Result<Self, HttpError> {
        let failed = |source| HttpError { address, source };
        let listener = address::listen(address).and_then(TcpListener::from_std).map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let task = tokio::spawn(accept(listener, routes, LIMITS, STALL_LIMIT));
        Ok(Self { address, task })
    }

    /// The bound address.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Http {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// `/healthz` and `/readyz`, which a kubelet asks for: whoever serves other routes by rules of their own serves these to
/// everybody.
pub fn health_routes(source: Arc<dyn StatusSource>) -> Router {
    Router::new().route("/healthz", get(|| async { "ok\n" })).route("/readyz", get(readyz)).with_state(source)
}

fn shown(source: Arc<dyn StatusSource>) -> Router {
    Router::new().route("/status", get(status)).route("/metrics", get(metrics)).with_state(source)
}

async fn readyz(State(source): State<Arc<dyn StatusSource>>) -> Response {
    match source.readiness() {
        Readiness::Ready => "ready\n".into_response(),
        Readiness::Waiting(why) => (StatusCode::SERVICE_UNAVAILABLE, format!("{why}\n")).into_response(),
    }
}

async fn status(State(source): State<Arc<dyn StatusSource>>) -> Response {
    source
        .status()
        .map_or_else(failed, |body| ([(header::CONTENT_TYPE, "application/json")], body).into_response())
}

async fn metrics(State(source): State<Arc<dyn StatusSource>>, request: HeaderMap) -> Response {
    source.metrics().map_or_else(failed, |text| metrics_answer(&request, text))
}

fn failed(error: impl std::fmt::Display) -> Response {
    (StatusCode::INTERNAL_SERVER_ERROR, format!("{error}\n")).into_response()
}

#[cfg(test)]
mod tests {
    use axum::Extension;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    struct Sample;

    impl StatusSource for Sample {
        fn readiness(&self) -> Readiness {
            Readiness::Waiting("waiting for a first frame".into())
        }
        fn status(&self) -> serde_json::Result<String> {
            serde_json::to_string(&[1, 2])
        }
        fn metrics(&self) -> Result<String, std::fmt::Error> {
            Ok("# EOF\n".into())
        }
    }

    async fn get(address: SocketAddr, path: &str) -> String {
        get_from(address, "test", path).await
    }

    async fn get_from(address: SocketAddr, host: &str, path: &str) -> String {
        let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut response = String::new();
        stream.read_to_string(&mut response).await.unwrap();
        response
    }

    #[tokio::test]
    async fn the_four_endpoints_answer() {
        let pages = Router::new().route("/page", axum::routing::get(|| async { "hello" }));
        let http =
            Http::serve("127.0.0.1:0".parse().unwrap(), Arc::new(Sample), pages, vec![]).await.unwrap();
        let address = http.address();
        assert!(get(address, "/page").await.ends_with("hello"));
        assert!(get(address, "/healthz").await.starts_with("HTTP/1.1 200"));
        let waiting = get(address, "/readyz").await;
        assert!(waiting.starts_with("HTTP/1.1 503") && waiting.ends_with("waiting for a first frame\n"));
        let status = get(address, "/status").await;
        assert!(status.contains("application/json") && status.ends_with("[1,2]"));
        assert!(get(address, "/metrics").await.contains("text/plain; version=0.0.4"));
        assert!(get(address, "/nothing").await.starts_with("HTTP/1.1 404"));
    }

    /// S10: a page of another site whose name has this machine's address was shown everything.
    #[tokio::test]
    async fn only_health_is_shown_to_who_asks_for_somebody_else() {
        let pages = Router::new().route("/page", axum::routing::get(|| async { "hello" }));
        let hosts = vec!["media.example".parse().unwrap()];
        let http = Http::serve("127.0.0.1:0".parse().unwrap(), Arc::new(Sample), pages, hosts).await.unwrap();
        for path in ["/page", "/status", "/metrics"] {
            let refused = get_from(http.address(), "rebound.example", path).await;
            assert!(refused.starts_with("HTTP/1.1 421"), "{path}: {refused}");
            assert!(refused.contains("\"rebound.example\" is no name of this program"), "{path}: {refused}");
            let shown = get_from(http.address(), "media.example:8081", path).await;
            assert!(shown.starts_with("HTTP/1.1 200"), "{path}: {shown}");
        }
        assert!(get_from(http.address(), "rebound.example", "/healthz").await.starts_with("HTTP/1.1 200"));
    }

    #[tokio::test]
    async fn a_client_that_takes_nothing_any_more_is_left() {
        let watched = Arc::new(());
        let watcher = Arc::clone(&watched);
        let endless = move || {
            let watcher = Arc::clone(&watcher);
            let chunks = futures_util::stream::repeat_with(move || {
                let _held = &watcher;
                Ok::<_, std::convert::Infallible>(vec![0; 1 << 16])
            });
            async { axum::body::Body::from_stream(chunks) }
        };
        let pages = Router::new().route("/endless", axum::routing::get(endless));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let serving = tokio::spawn(accept(listener, pages, LIMITS, Duration::from_millis(500)));

        let idle = Arc::strong_count(&watched);
        let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
        stream.write_all(b"GET /endless HTTP/1.1\r\nHost: test\r\n\r\n").await.unwrap();
        let until = async |wanted: &dyn Fn(usize) -> bool| {
            let reached = async {
                while !wanted(Arc::strong_count(&watched)) {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
            };
            tokio::time::timeout(Duration::from_secs(20), reached).await.unwrap();
        };
        until(&|count| count > idle).await;
        until(&|count| count <= idle).await;
        serving.abort();
    }

    #[tokio::test]
    async fn a_page_knows_both_ends_of_its_connection() {
        let ends = |Extension(Endpoints { local, peer })| async move { format!("{local} {}", peer.ip()) };
        let pages = Router::new().route("/ends", axum::routing::get(ends));
        let http =
            Http::serve("127.0.0.1:0".parse().unwrap(), Arc::new(Sample), pages, vec![]).await.unwrap();
        let expected = format!("{} 127.0.0.1", http.address());
        assert!(get(http.address(), "/ends").await.ends_with(&expected));
    }

    /// P19: rows of viewers had ::ffff:127.0.0.1.
    #[tokio::test]
    async fn a_visitor_by_ipv4_has_an_ipv4_address_where_both_families_are_served() {
        let ends =
            |Extension(Endpoints { local, peer })| async move { format!("{} {}", local.ip(), peer.ip()) };
        let pages = Router::new().route("/ends", axum::routing::get(ends));
        let http = Http::serve("[::]:0".parse().unwrap(), Arc::new(Sample), pages, vec![]).await.unwrap();
        let address = SocketAddr::from(([127, 0, 0, 1], http.address().port()));
        let answer = get(address, "/ends").await;
        assert!(answer.ends_with("\n127.0.0.1 127.0.0.1"), "{answer}");
    }

    #[tokio::test]
    async fn a_taken_port_is_an_error_that_names_it() {
        let first = Http::serve("127.0.0.1:0".parse().unwrap(), Arc::new(Sample), Router::new(), vec![])
            .await
            .unwrap();
        let Err(error) = Http::serve(first.address(), Arc::new(Sample), Router::new(), vec![]).await else {
            panic!("bound twice")
        };
        let expected = format!("cannot serve HTTP on {}: ", first.address());
        assert!(error.to_string().starts_with(&expected), "{error}");
    }
}
