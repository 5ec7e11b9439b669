//! The way to an operator: over TLS as pods go it that know its authorities, or without as those of the version before.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpSocket;
use tokio_rustls::TlsConnector;

/// Where reports are taken.
#[derive(Clone)]
pub(crate) struct Endpoint {
    pub(crate) address: SocketAddr,
    /// What the operator proves to be there.
    pub(crate) name: String,
    /// What its certificate is checked by; `None` where there is no encryption.
    pub(crate) authorities: Option<Arc<str>>,
    /// From where they come: each source has bounds of its own.
    pub(crate) source: Ipv4Addr,
}

impl Endpoint {
    /// Sends all of a request and reads all of what is answered.
    ///
    /// # Errors
    /// Where there is no connection, or nobody who is trusted at its other end.
    pub(crate) async fn exchange(&self, request: &str) -> std::io::Result<String> {
        let socket = TcpSocket::new_v4()?;
        socket.bind((self.source, 0).into())?;
        let stream = socket.connect(self.address).await?;
        match &self.authorities {
            None => answered(stream, request).await,
            Some(authorities) => {
                let name = ServerName::try_from(self.name.clone()).unwrap();
                let stream = TlsConnector::from(config(authorities)).connect(name, stream).await?;
                answered(stream, request).await
            }
        }
    }
}

async fn answered(mut stream: impl AsyncRead + AsyncWrite + Unpin, request: &str) -> std::io::Result<String> {
    stream.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    Ok(answer)
}

fn config(authorities: &str) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(authorities.as_bytes()) {
        roots.add(certificate.unwrap()).unwrap();
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    Arc::new(config.with_root_certificates(roots).with_no_client_auth())
}
