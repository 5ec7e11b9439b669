//! A way to the API server on which things go wrong: what befalls each request is decided by a rule that a test may change at
//! any time.

mod body;
mod fault;

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use http::{Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo};
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

use body::{Body, BoxError};
pub(crate) use fault::{Fault, Kind, drawn};

/// Decides what befalls a request by its number.
pub(crate) type Rule = dyn Fn(u64, &Request<Bytes>) -> Fault + Send + Sync;

/// A request, and what befell it.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) at: Instant,
    /// Method, path and query.
    pub(crate) what: String,
    pub(crate) fault: Fault,
}

/// The way. It ends when this is dropped.
pub(crate) struct Way {
    pub(crate) address: SocketAddr,
    state: Arc<State>,
    _task: JoinSet<()>,
}

struct State {
    upstream: SocketAddr,
    http: Client<HttpConnector, Full<Bytes>>,
    rule: Mutex<Arc<Rule>>,
    number: AtomicU64,
    asked: Mutex<Vec<Asked>>,
    /// Nobody is there: connections end, and new ones at once.
    is_away: watch::Sender<bool>,
    /// Changes when everything that is held back ends.
    healed: watch::Sender<()>,
}

impl Way {
    /// One without faults to who listens at `upstream`.
    pub(crate) async fn open(upstream: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(State {
            upstream,
            http: Client::builder(TokioExecutor::new()).build_http(),
            rule: Mutex::new(Arc::new(|_, _| Fault::None)),
            number: AtomicU64::new(0),
            asked: Mutex::default(),
            is_away: watch::Sender::new(false),
            healed: watch::Sender::new(()),
        });
        let mut task = JoinSet::new();
        task.spawn(serve(listener, Arc::clone(&state)));
        Self { address, state, _task: task }
    }

    /// What befalls requests from now on.
    pub(crate) fn set_rule(&self, rule: impl Fn(u64, &Request<Bytes>) -> Fault + Send + Sync + 'static) {
        *self.state.rule.lock().unwrap() = Arc::new(rule);
    }

    /// Nothing goes wrong any more, and what was held back ends.
    pub(crate) fn heal(&self) {
        self.set_rule(|_, _| Fault::None);
        self.set_away(false);
        self.state.healed.send_replace(());
    }

    /// Whether nobody is there.
    pub(crate) fn set_away(&self, is_away: bool) {
        self.state.is_away.send_replace(is_away);
    }

    /// All requests so far.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.state.asked.lock().unwrap().clone()
    }
}

async fn serve(listener: TcpListener, state: Arc<State>) {
    let (mut connections, mut is_away) = (JoinSet::new(), state.is_away.subscribe());
    loop {
        let stream = tokio::select! {
            accepted = listener.accept() => accepted.unwrap().0,
            _ = is_away.changed() => {
                connections.abort_all();
                continue;
            }
        };
        if *is_away.borrow() {
            continue;
        }
        let state = Arc::clone(&state);
        let service = service_fn(move |request| take(Arc::clone(&state), request));
        connections.spawn(async move {
            // That they end without an answer is what this is for.
            let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
        while connections.try_join_next().is_some() {}
    }
}

async fn take(state: Arc<State>, request: Request<Incoming>) -> Result<Response<Body>, BoxError> {
    let (head, body) = request.into_parts();
    // Half a request does nothing.
    let request = Request::from_parts(head, body.collect().await?.to_bytes());
    let number = state.number.fetch_add(1, Ordering::Relaxed);
    let rule = Arc::clone(&state.rule.lock().unwrap());
    let fault = rule(number, &request);
    let what = format!("{} {}", request.method(), request.uri());
    state.asked.lock().unwrap().push(Asked { at: Instant::now(), what, fault });
    let mut healed = state.healed.subscribe();
    match fault {
        Fault::None => forward(&state, request).await.map(|answer| answer.map(body::whole)),
        Fault::Refused(code) => refusal(code, None),
        Fault::Busy(code, seconds) => refusal(code, Some(seconds)),
        Fault::GoneEvent => {
            let event = json!({"type": "ERROR", "object": status(StatusCode::GONE)});
            answer(StatusCode::OK, format!("{event}\n"))
        }
        Fault::Slow(time) => {
            tokio::time::sleep(time).await;
            forward(&state, request).await.map(|answer| answer.map(body::whole))
        }
        Fault::HalfOpen => {
            let _ = healed.changed().await;
            Err("half-open".into())
        }
        Fault::Cut => forward(&state, request).await.map(|answer| answer.map(body::cut)),
        Fault::Deaf => {
            let silence = body::silent(async move { drop(healed.changed().await) });
            forward(&state, request).await.map(|answer| answer.map(|_| silence))
        }
        Fault::AnswerLost => {
            let answer = forward(&state, request).await?;
            answer.into_body().collect().await?;
            Err("the answer is lost".into())
        }
    }
}

async fn forward(state: &State, request: Request<Bytes>) -> Result<Response<Incoming>, BoxError> {
    let (mut head, body) = request.into_parts();
    head.uri = format!("http://{}{}", state.upstream, head.uri).parse()?;
    Ok(state.http.request(Request::from_parts(head, Full::new(body))).await?)
}

fn refusal(code: StatusCode, retry_after: Option<u64>) -> Result<Response<Body>, BoxError> {
    let mut answer = answer(code, status(code).to_string())?;
    if let Some(seconds) = retry_after {
        answer.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    }
    Ok(answer)
}

fn answer(code: StatusCode, text: String) -> Result<Response<Body>, BoxError> {
    let builder = Response::builder().status(code).header(header::CONTENT_TYPE, "application/json");
    Ok(builder.body(body::whole(Full::new(Bytes::from(text))))?)
}

/// The API server's words for it.
fn status(code: StatusCode) -> serde_json::Value {
    let reason = match code {
        StatusCode::CONFLICT => "Conflict",
        StatusCode::GONE => "Expired",
        StatusCode::TOO_MANY_REQUESTS => "TooManyRequests",
        StatusCode::SERVICE_UNAVAILABLE => "ServiceUnavailable",
        _ => "InternalError",
    };
    json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "code": code.as_u16(),
           "reason": reason, "message": "a fault of the test"})
}
