//! One post over HTTP, and what came of it.

use std::error::Error;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONNECTION, CONTENT_TYPE, HOST, RETRY_AFTER};
use http::{HeaderValue, Request, Response};
use http_body_util::{BodyExt, Collected, Full, Limited};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};

use super::connect::connect;
use super::file;
use super::resolver::Resolver;
use super::result::PostResult;
use super::target::Target;
use super::tls::{self, NotConnected};
use crate::text::escape;

/// A whole request may take this long, from the token to the answer, once the operator's address is known. Another replica of the operator answers the next
/// one, and a verdict must not wait for one that hangs.
const REQUEST_LIMIT: Duration = Duration::from_secs(3);
/// The longest token that is read, in bytes; longer than any that fits a header.
const MAX_TOKEN: u64 = 64 * 1024;
/// How much is read of the reason of a refusal, in bytes.
const MAX_REASON: usize = 512;
/// The longest answer to a post that was taken which is read, in bytes.
pub const MAX_ANSWER_BYTES: usize = 4096;

/// What became of a post, and why.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) result: PostResult,
    /// For people: why it was not taken.
    pub(super) reason: String,
    /// The body that came where it was taken.
    pub(super) answer: Bytes,
}

impl Reply {
    fn failed(result: PostResult, reason: String) -> Self {
        Self { result, reason, answer: Bytes::new() }
    }
}

/// Posts to one target.
pub(super) struct Poster {
    resolver: Resolver,
    target: Target,
}

impl Poster {
    pub(super) fn new(target: Target) -> Self {
        let (host, port) = target.url.host_and_port();
        Self { resolver: Resolver::new(host, port), target }
    }

    /// Posts `body`, within [`REQUEST_LIMIT`] once the operator's address is known.
    pub(super) async fn post(&mut self, body: Vec<u8>) -> Reply {
        let url = &self.target.url;
        let addresses = match self.resolver.addresses().await {
            Ok(addresses) => addresses,
            Err(error) => {
                let reason = format!("{url}: cannot resolve {}: {error}", url.host_and_port().0);
                return Reply::failed(PostResult::Unreachable, reason);
            }
        };
        let exchanged = tokio::time::timeout(REQUEST_LIMIT, exchange(&self.target, &addresses, body)).await;
        exchanged.unwrap_or_else(|_| {
            let reason = format!("{url}: no answer within {} s", REQUEST_LIMIT.as_secs());
            Reply::failed(PostResult::Unreachable, reason)
        })
    }
}

async fn exchange(target: &Target, addresses: &[SocketAddr], body: Vec<u8>) -> Reply {
    let Target { url, token_file, ca_file } = target;
    let authorization = match authorization(token_file.clone()).await {
        Ok(authorization) => authorization,
        Err(error) => {
            let reason = format!("cannot read the token in {}: {error}", token_file.display());
            return Reply::failed(PostResult::NoToken, reason);
        }
    };
    let request = Request::post(url.path())
        .header(HOST, url.authority())
        .header(AUTHORIZATION, authorization)
        .header(CONTENT_TYPE, "application/json")
        .header(CONNECTION, "close")
        .body(Full::new(Bytes::from(body)));
    let request = match request {
        Ok(request) => request,
        Err(error) => return Reply::failed(PostResult::Refused, format!("{url}: {error}")),
    };
    let unreachable = |cause| Reply::failed(PostResult::Unreachable, format!("{url}: {cause}"));
    let stream = match connect(addresses).await {
        Ok(stream) => stream,
        Err(error) => return unreachable(error.to_string()),
    };
    let sent = match ca_file.as_deref().filter(|_| url.is_tls()) {
        None => send(stream, request).await,
        Some(ca_file) => match tls::connect(stream, &url.host_and_port().0, ca_file).await {
            Ok(stream) => send(stream, request).await,
            Err(NotConnected { result, reason }) => {
                // Whoever answers chooses the names in a certificate.
                return Reply::failed(result, format!("{url}: {}", escape(&reason, MAX_REASON)));
            }
        },
    };
    sent.unwrap_or_else(|error| unreachable(with_causes(&error)))
}

/// Sends `request` over a connection of its own: kept open between posts, it would take a place from others, and go stale.
async fn send(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    request: Request<Full<Bytes>>,
) -> hyper::Result<Reply> {
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    let exchange = async { Ok(reply(sender.send_request(request).await?).await) };
    tokio::pin!(exchange);
    tokio::select! {
        reply = &mut exchange => reply,
        // It ends with the answer, or with what is in the way of one; either is what the exchange has next.
        _ = connection => exchange.await,
    }
}

async fn reply(response: Response<Incoming>) -> Reply {
    let status = response.status();
    let result = PostResult::of(status, response.headers().get(RETRY_AFTER));
    let most = if result == PostResult::Accepted { MAX_ANSWER_BYTES } else { MAX_REASON };
    // Whatever cannot be read, or is too long, is not worth waiting for.
    let body = Limited::new(response.into_body(), most).collect().await;
    let body = body.map(Collected::to_bytes).unwrap_or_default();
    if result == PostResult::Accepted {
        return Reply { result, reason: String::new(), answer: body };
    }
    let text = escape(String::from_utf8_lossy(&body).trim(), MAX_REASON);
    Reply::failed(result, if text.is_empty() { status.to_string() } else { format!("{status}: {text}") })
}

/// The header that identifies this pod.
async fn authorization(token_file: PathBuf) -> io::Result<HeaderValue> {
    let token = file::read(token_file, MAX_TOKEN).await?;
    let mut header = HeaderValue::try_from(format!("Bearer {token}"))
        .map_err(|_| io::Error::new(ErrorKind::InvalidData, "it is no token"))?;
    header.set_sensitive(true);
    Ok(header)
}

/// The error and what it came from: hyper's own message says only what it was about.
fn with_causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_token_is_what_is_in_the_file_without_blanks_around_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        let of = |content: &str| {
            std::fs::write(&path, content).unwrap();
            authorization(path.clone())
        };
        let header = of(" abc.def\n").await.unwrap();
        assert_eq!((header.as_bytes(), header.is_sensitive()), (&b"Bearer abc.def"[..], true));
        assert_eq!(of("two\nlines").await.unwrap_err().to_string(), "it is no token");
    }
}
