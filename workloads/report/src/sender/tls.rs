//! A connection over TLS to whoever proves to be the operator, and what is said where nobody does.

use std::io;
use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use rustls::client::Resumption;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, InvalidDnsNameError, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, Error, InvalidMessage, RootCertStore};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::file;
use super::result::PostResult;

/// The longest file of authorities that is read, in bytes: they are two or three at a time.
const MAX_CAS: u64 = 64 * 1024;

/// Why there is no connection.
#[derive(Debug)]
pub(super) struct NotConnected {
    pub(super) result: PostResult,
    pub(super) reason: String,
}

impl NotConnected {
    fn untrusted(reason: String) -> Self {
        Self { result: PostResult::Untrusted, reason }
    }
}

/// Asks whoever answers over `stream` for a certificate for `host`, issued by one of the authorities in `ca_file`.
///
/// # Errors
/// Where there is none, or nothing to check it by.
pub(super) async fn connect(
    stream: TcpStream,
    host: &str,
    ca_file: &Path,
) -> Result<TlsStream<TcpStream>, NotConnected> {
    let cas = Cas::read(ca_file).await.map_err(|error| {
        NotConnected::untrusted(format!("cannot read the authorities in {}: {error}", ca_file.display()))
    })?;
    let name = ServerName::try_from(host.to_owned()).map_err(|InvalidDnsNameError| {
        NotConnected::untrusted(format!("{host} is no name that a certificate could have"))
    })?;
    let issuers = format!("the {} authorities in {}", cas.roots.len(), ca_file.display());
    let config = cas.client_config().map_err(|error| NotConnected::untrusted(error.to_string()))?;
    let connected = TlsConnector::from(Arc::new(config)).connect(name, stream).await;
    connected.map_err(|error| {
        let cause = error.get_ref().and_then(|cause| cause.downcast_ref::<Error>());
        match cause {
            Some(Error::InvalidCertificate(refusal)) => NotConnected::untrusted(describe(refusal, &issuers)),
            Some(Error::InvalidMessage(InvalidMessage::InvalidContentType)) => NotConnected {
                result: PostResult::Unreachable,
                reason: "who answers does not speak TLS: check the port".to_owned(),
            },
            Some(Error::AlertReceived(alert)) => NotConnected {
                result: PostResult::Unreachable,
                reason: format!("the operator refuses TLS ({alert:?}): it may have no certificate yet, which its /readyz says"),
            },
            _ => NotConnected { result: PostResult::Unreachable, reason: format!("TLS: {error}") },
        }
    })
}

/// Authorities that issue the operator's certificate.
struct Cas {
    roots: RootCertStore,
}

impl Cas {
    async fn read(path: &Path) -> io::Result<Self> {
        let text = file::read(path.to_owned(), MAX_CAS).await?;
        let invalid = |problem: String| io::Error::new(io::ErrorKind::InvalidData, problem);
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(text.as_bytes()) {
            let certificate = certificate.map_err(|error| invalid(error.to_string()))?;
            roots.add(certificate).map_err(|error| invalid(error.to_string()))?;
        }
        if roots.is_empty() {
            return Err(invalid("it has no certificate".to_owned()));
        }
        Ok(Self { roots })
    }

    fn client_config(self) -> Result<ClientConfig, Error> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&rustls::version::TLS13])?
            .with_root_certificates(self.roots)
            .with_no_client_auth();
        // Each connection is checked anew: the authorities may be others by then.
        config.resumption = Resumption::disabled();
        Ok(config)
    }
}

/// Why a certificate does not pass, and what is to be checked.
fn describe(refusal: &CertificateError, issuers: &str) -> String {
    use CertificateError as Refusal;
    match refusal {
        Refusal::UnknownIssuer | Refusal::BadSignature => format!(
            "certificate not trusted: none of {issuers} has issued it (check that it is the operator who answers, and that the \
             file is as the operator publishes it)"
        ),
        Refusal::ExpiredContext { time, not_after } => format!(
            "certificate expired at {}, and here it is {} (check the clock of this node, and the operator's log)",
            calendar(*not_after),
            calendar(*time)
        ),
        Refusal::NotValidYetContext { time, not_before } => format!(
            "certificate not valid before {}, and here it is {} (check the clocks of this node and of the operator's)",
            calendar(*not_before),
            calendar(*time)
        ),
        Refusal::NotValidForNameContext { expected, presented } => format!(
            "certificate is for {} and not for {} (check the URL)",
            presented.iter().map(|name| bare(name)).collect::<Vec<_>>().join(", "),
            expected.to_str()
        ),
        other => format!("certificate not trusted: {other}"),
    }
}

fn calendar(time: UnixTime) -> String {
    let seconds = i64::try_from(time.as_secs()).unwrap_or(i64::MAX);
    Timestamp::from_second(seconds).map_or_else(|_| format!("second {seconds}"), |time| time.to_string())
}

/// A name without its kind, which is noted as `DnsName("name")`.
fn bare(name: &str) -> &str {
    let inner = name.split_once('(').and_then(|(_, inner)| inner.strip_suffix(')')).unwrap_or(name);
    inner.trim_matches('"')
}
