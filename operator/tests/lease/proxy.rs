//! A way to the API server that one process alone uses, so that it shows who wrote what, and when.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use http::{Method, StatusCode, Uri};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use kube::client::Body;
use kube::{Client, Config};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

/// A request that was to change something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Write {
    /// When all of it had come.
    pub(crate) at: Instant,
    /// Method and path.
    pub(crate) what: String,
}

/// A request that was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answered {
    pub(crate) method: Method,
    pub(crate) uri: Uri,
    pub(crate) code: StatusCode,
}

/// The way of one process. It ends when this is dropped.
pub(crate) struct Proxy {
    pub(crate) address: SocketAddr,
    state: Arc<State>,
    _task: JoinSet<()>,
}

struct State {
    client: Client,
    is_cut: AtomicBool,
    writes: Mutex<Vec<Write>>,
    answered: Mutex<Vec<Answered>>,
}

impl Proxy {
    /// A way to the API server of `config`, as whoever that is.
    pub(crate) async fn open(mut config: Config) -> Self {
        config.default_retry = false;
        let client = Client::try_from(config).unwrap();
        let state = Arc::new(State {
            client,
            is_cut: AtomicBool::new(false),
            writes: Mutex::default(),
            answered: Mutex::default(),
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut task = JoinSet::new();
        task.spawn(serve(listener, Arc::clone(&state)));
        Self { address, state, _task: task }
    }

    /// From now on nobody answers.
    pub(crate) fn cut(&self) {
        self.state.is_cut.store(true, Ordering::Relaxed);
    }

    /// All writes so far, but those of the lease itself.
    pub(crate) fn writes(&self) -> Vec<Write> {
        let writes = self.state.writes.lock().unwrap();
        writes.iter().filter(|write| !write.what.contains("/leases")).cloned().collect()
    }

    /// All requests that were answered so far.
    pub(crate) fn answered(&self) -> Vec<Answered> {
        self.state.answered.lock().unwrap().clone()
    }
}

async fn serve(listener: TcpListener, state: Arc<State>) {
    let mut connections = JoinSet::new();
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        let state = Arc::clone(&state);
        let service = service_fn(move |request| forward(Arc::clone(&state), request));
        connections.spawn(async move {
            // A process that is killed leaves its connections behind.
            let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
        while connections.try_join_next().is_some() {}
    }
}

async fn forward(
    state: Arc<State>,
    request: http::Request<Incoming>,
) -> Result<http::Response<Body>, Box<dyn std::error::Error + Send + Sync>> {
    let (mut head, body) = request.into_parts();
    // Half a request does nothing.
    let body = body.collect().await?.to_bytes();
    let at = Instant::now();
    if state.is_cut.load(Ordering::Relaxed) {
        std::future::pending::<()>().await;
    }
    head.headers.remove(http::header::HOST);
    if head.method != Method::GET {
        let what = format!("{} {}", head.method, head.uri.path());
        state.writes.lock().unwrap().push(Write { at, what });
    }
    let (method, uri) = (head.method.clone(), head.uri.clone());
    let answer = state.client.send(http::Request::from_parts(head, Body::from(body))).await?;
    state.answered.lock().unwrap().push(Answered { method, uri, code: answer.status() });
    Ok(answer)
}
