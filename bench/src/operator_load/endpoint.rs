//! The way of a post to the operator: over TLS, and a connection of its own for each, as pods have it.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpSocket;
use tokio_rustls::TlsConnector;

/// Pods give a post up after so long.
const LIMIT: Duration = Duration::from_secs(3);

/// Where reports are taken.
#[derive(Clone)]
pub(super) struct Endpoint {
    address: SocketAddr,
    name: ServerName<'static>,
    connector: TlsConnector,
}

impl Endpoint {
    /// The operator at `address`, which has to prove by these authorities that it has this name.
    pub(super) fn new(address: SocketAddr, name: String, authorities: &str) -> Result<Self> {
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(authorities.as_bytes()) {
            roots.add(certificate?)?;
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&rustls::version::TLS13])?
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.resumption = rustls::client::Resumption::disabled();
        Ok(Self {
            address,
            name: ServerName::try_from(name)?,
            connector: TlsConnector::from(Arc::new(config)),
        })
    }

    /// Posts `body` from an address of a node. The code of the answer.
    pub(super) async fn post(&self, source: Ipv4Addr, token: &str, body: &[u8]) -> Result<u16> {
        tokio::time::timeout(LIMIT, self.exchange(source, token, body)).await?
    }

    async fn exchange(&self, source: Ipv4Addr, token: &str, body: &[u8]) -> Result<u16> {
        let socket = TcpSocket::new_v4()?;
        socket.bind((source, 0).into())?;
        let stream = socket.connect(self.address).await?;
        let mut stream = self.connector.connect(self.name.clone(), stream).await?;
        let head = format!(
            "POST /v1/reports HTTP/1.1\r\nHost: operator\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all(head.as_bytes()).await?;
        stream.write_all(body).await?;
        stream.flush().await?;
        let mut answer = Vec::with_capacity(1024);
        // Some end the connection without a word; what was said before counts.
        let read = stream.read_to_end(&mut answer).await;
        let code = answer.get(9..12).and_then(|code| std::str::from_utf8(code).ok()?.parse().ok());
        code.ok_or_else(|| anyhow::anyhow!("no answer: {:?}", read.err())).context("a post")
    }
}
