//! Who the operator proves to be in a test.

use std::sync::Arc;

use jiff::Timestamp;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::client::TlsStream;
use tokio_rustls::{TlsAcceptor, TlsConnector};

use crate::certificates::{Authority, Issue, Issuer};

const NAME: &str = "operator.tower.svc";

/// An authority, and what it has issued.
pub(in crate::reports) struct Identity(Authority);

impl Identity {
    pub(in crate::reports) fn new() -> Self {
        Self(Issuer.authority(&[NAME.to_owned()], Timestamp::now()).unwrap())
    }

    /// The listener's side.
    pub(in crate::reports) fn acceptor(&self) -> TlsAcceptor {
        let chain = vec![CertificateDer::from_pem_slice(self.0.issued.certificate.as_bytes()).unwrap()];
        let key = PrivateKeyDer::from_pem_slice(self.0.issued.key.0.as_bytes()).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap();
        Arc::new(config.with_no_client_auth().with_single_cert(chain, key).unwrap()).into()
    }

    /// A sender's side.
    pub(in crate::reports) async fn connect<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        stream: S,
    ) -> TlsStream<S> {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(self.0.certificate.as_bytes()).unwrap()).unwrap();
        let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap();
        let config = config.with_root_certificates(roots).with_no_client_auth();
        TlsConnector::from(Arc::new(config))
            .connect(ServerName::try_from(NAME).unwrap(), stream)
            .await
            .unwrap()
    }
}
