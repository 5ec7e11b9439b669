//! The certificate that the listener proves itself with: another one takes its place between two connections.

use std::sync::{Arc, PoisonError, RwLock};

use rustls::ServerConfig;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;

use crate::certificates::authority::Issued;

/// What is served; nothing before there are keys.
#[derive(Debug, Default)]
pub(super) struct Serving(RwLock<Option<Arc<CertifiedKey>>>);

impl Serving {
    /// Serves this one from now on.
    ///
    /// # Errors
    /// Where it is no certificate, or not with this key.
    pub(super) fn set(&self, issued: &Issued) -> Result<(), String> {
        let certificate = CertificateDer::from_pem_slice(issued.certificate.as_bytes());
        let key = PrivateKeyDer::from_pem_slice(issued.key.0.as_bytes());
        let certificate = certificate.map_err(|error| format!("no certificate: {error}"))?;
        let key = key.map_err(|error| format!("no private key: {error}"))?;
        let certified = CertifiedKey::from_der(vec![certificate], key, &provider());
        let certified = certified.map_err(|error| error.to_string())?;
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(certified));
        Ok(())
    }

    /// Whether there is one.
    pub(super) fn is_any(&self) -> bool {
        self.0.read().unwrap_or_else(PoisonError::into_inner).is_some()
    }
}

impl ResolvesServerCert for Serving {
    // Whatever name is asked for: who checks it says why it is not ours.
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// What the listener offers, with whatever is served at the moment.
///
/// # Errors
/// Never, as this provider has what TLS 1.3 needs.
pub(super) fn config(serving: Arc<Serving>) -> Result<ServerConfig, rustls::Error> {
    let mut config = ServerConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .with_no_client_auth()
        .with_cert_resolver(serving);
    // Senders go on with no connection of before.
    config.send_tls13_tickets = 0;
    Ok(config)
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}
