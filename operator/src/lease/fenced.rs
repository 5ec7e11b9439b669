//! A client whose requests leave the process only while the lease is held. That is checked where bytes go to the network,
//! below everything in which a request may have waited: retries, queues, a process that was stopped.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::future::BoxFuture;
use http::Uri;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::client::legacy::Client as HttpClient;
use hyper_util::client::legacy::connect::{Connected, Connection, HttpConnector};
use hyper_util::rt::{TokioExecutor, TokioIo};
use kube::client::{Body, ConfigExt, retry::RetryPolicy};
use kube::{Client, Config};
use tokio::net::TcpStream;
use tower::retry::RetryLayer;
use tower::{BoxError, Service, ServiceBuilder};

use crate::lease::fence::Fence;
use crate::lease::measured::Measured;
use crate::lease::metrics::Metrics;

/// A client of the API server that `config` names, which sends nothing while `fence` is closed. What becomes of each attempt
/// of a request is measured.
///
/// # Errors
/// Where `config` makes no sense.
pub fn client(config: &Config, fence: Fence, metrics: &Metrics) -> kube::Result<Client> {
    let mut connector = HttpConnector::new();
    // The addresses are https's.
    connector.enforce_http(false);
    let connector = config.rustls_https_connector_with_connector(Connector { connector, fence })?;
    let http: HttpClient<_, Body> = HttpClient::builder(TokioExecutor::new()).build(connector);
    let metrics = metrics.clone();
    // The layers of kube's own client. What is repeated failed before, even if nobody waits for the last attempt.
    let service = ServiceBuilder::new()
        .layer(config.base_uri_layer())
        .layer(RetryLayer::new(RetryPolicy::server_retry()))
        .layer_fn(move |service| Measured::new(service, metrics.clone()))
        .option_layer(config.auth_layer()?)
        .layer(config.extra_headers_layer()?)
        .map_err(BoxError::from)
        .service(http);
    Ok(Client::new(service, config.default_namespace.clone()))
}

/// Connects as the plain connector does.
#[derive(Clone)]
struct Connector {
    connector: HttpConnector,
    fence: Fence,
}

impl Service<Uri> for Connector {
    type Response = Fenced;
    type Error = <HttpConnector as Service<Uri>>::Error;
    type Future = BoxFuture<'static, Result<Fenced, Self::Error>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.connector.poll_ready(context)
    }

    fn call(&mut self, address: Uri) -> Self::Future {
        let (connected, fence) = (self.connector.call(address), self.fence.clone());
        Box::pin(async move { Ok(Fenced { stream: connected.await?, fence }) })
    }
}

/// A connection that takes no bytes while the fence is closed.
struct Fenced {
    stream: TokioIo<TcpStream>,
    fence: Fence,
}

impl Fenced {
    fn check(&self) -> io::Result<()> {
        if self.fence.is_open() {
            return Ok(());
        }
        Err(io::Error::new(io::ErrorKind::PermissionDenied, "the lease is not held: nothing is sent"))
    }
}

impl Connection for Fenced {
    fn connected(&self) -> Connected {
        self.stream.connected()
    }
}

impl Read for Fenced {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl Write for Fenced {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.check()?;
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.check()?;
        Pin::new(&mut self.stream).poll_write_vectored(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests;
