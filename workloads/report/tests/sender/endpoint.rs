//! An operator that behaves as scripted.

use std::collections::VecDeque;
use std::future::pending;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use ballsession_report::State;
use ballsession_report::post::ClientPost;
use http::header::{AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER};
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio_rustls::TlsAcceptor;

use crate::process::patiently;

/// What an endpoint does with a post.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Behaviour {
    /// Answers with this status.
    Answer(u16),
    /// As well, with a Retry-After header.
    Busy(u16, &'static str),
    /// Accepts a post with this token, and answers 401 to others.
    Demand(&'static str),
    /// Accepts it, with a body of so many bytes.
    Accept(usize),
    /// Never answers.
    Silence,
    /// Closes the connection instead.
    HangUp,
}

/// A post as it came.
#[derive(Debug)]
pub(crate) struct Received {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) authorization: String,
    pub(crate) content_type: String,
    pub(crate) sequence: u64,
    pub(crate) state: State,
    pub(crate) errors: usize,
}

/// What is done with one post after the other, and with all later ones.
type Script = Arc<Mutex<(VecDeque<Behaviour>, Behaviour)>>;

/// A running endpoint.
pub(crate) struct Endpoint {
    address: SocketAddr,
    scheme: &'static str,
    received: mpsc::UnboundedReceiver<Received>,
}

impl Endpoint {
    /// Does what the script says with one post after the other, and accepts all later ones.
    pub(crate) async fn start<const N: usize>(script: [Behaviour; N]) -> Self {
        Self::run(None, script.into(), Behaviour::Answer(202)).await
    }

    /// Accepts all posts, over TLS.
    pub(crate) async fn start_tls(acceptor: TlsAcceptor) -> Self {
        Self::run(Some(acceptor), VecDeque::new(), Behaviour::Answer(202)).await
    }

    /// Accepts posts with this token.
    pub(crate) async fn for_token(token: &'static str) -> Self {
        Self::run(None, VecDeque::new(), Behaviour::Demand(token)).await
    }

    async fn run(tls: Option<TlsAcceptor>, script: VecDeque<Behaviour>, finally: Behaviour) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (report, received) = mpsc::unbounded_channel();
        let script: Script = Arc::new(Mutex::new((script, finally)));
        let scheme = if tls.is_some() { "https" } else { "http" };
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (report, script) = (report.clone(), Arc::clone(&script));
                let service = service_fn(move |request| serve(request, report.clone(), Arc::clone(&script)));
                tokio::spawn(connection(tls.clone(), stream, service));
            }
        });
        Self { address, scheme, received }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}://{}{path}", self.scheme, self.address)
    }

    /// Waits for the next post.
    pub(crate) async fn next(&mut self) -> Received {
        patiently("a post", self.received.recv()).await.unwrap()
    }

    /// Asserts that every post there was has been looked at.
    pub(crate) fn assert_silent(&mut self) {
        assert!(self.received.try_recv().is_err());
    }
}

/// One connection. Whatever becomes of it shows in what is received.
async fn connection(
    tls: Option<TlsAcceptor>,
    stream: TcpStream,
    service: impl Service<Request<Incoming>, Response = Response<Full<Bytes>>, Error = Closed>,
) {
    let http = http1::Builder::new();
    match tls {
        None => drop(http.serve_connection(TokioIo::new(stream), service).await),
        Some(tls) => {
            let Ok(stream) = tls.accept(stream).await else { return };
            drop(http.serve_connection(TokioIo::new(stream), service).await);
        }
    }
}

/// Closes a connection.
#[derive(Debug, thiserror::Error)]
#[error("closed")]
struct Closed;

async fn serve(
    request: Request<Incoming>,
    report: mpsc::UnboundedSender<Received>,
    script: Script,
) -> Result<Response<Full<Bytes>>, Closed> {
    let (head, body) = request.into_parts();
    let header = |name| head.headers.get(name).map_or("", |value| value.to_str().unwrap()).to_owned();
    let body = body.collect().await.unwrap().to_bytes();
    let post: ClientPost = serde_json::from_slice(&body).unwrap();
    let behaviour = {
        let (script, finally) = &mut *script.lock().unwrap();
        script.pop_front().unwrap_or(*finally)
    };
    let received = Received {
        method: head.method.to_string(),
        path: head.uri.path().to_owned(),
        authorization: header(AUTHORIZATION),
        content_type: header(CONTENT_TYPE),
        sequence: post.sequence,
        state: post.state,
        errors: post.errors.len(),
    };
    let status = match behaviour {
        Behaviour::Answer(status) | Behaviour::Busy(status, _) => status,
        Behaviour::Demand(token) if received.authorization == token => 202,
        Behaviour::Demand(_) => 401,
        Behaviour::Accept(_) => 202,
        Behaviour::Silence | Behaviour::HangUp => 0,
    };
    // A test may have ended before its last post.
    let _ = report.send(received);
    let mut response = Response::builder().status(status);
    match behaviour {
        Behaviour::Answer(_) | Behaviour::Demand(_) => {}
        Behaviour::Accept(bytes) => return Ok(response.body(Full::from("a".repeat(bytes))).unwrap()),
        Behaviour::Busy(_, retry_after) => response = response.header(RETRY_AFTER, retry_after),
        Behaviour::Silence => pending().await,
        Behaviour::HangUp => return Err(Closed),
    }
    Ok(response.body(Full::from("said so")).unwrap())
}
