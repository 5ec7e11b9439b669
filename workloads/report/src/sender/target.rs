//! Where posts go, as a user writes it, and on whose behalf.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use http::Uri;

/// The port of a URL without one.
const HTTP_PORT: u16 = 80;
/// The same over TLS.
const HTTPS_PORT: u16 = 443;

/// Where posts go, and on whose behalf.
#[derive(Debug, Clone)]
pub struct Target {
    pub(super) url: Url,
    pub(super) token_file: PathBuf,
    /// By which the operator's certificate is checked, over TLS.
    pub(super) ca_file: Option<PathBuf>,
}

impl Target {
    /// Posts to `url`. Both files are read for every post: Kubernetes replaces the token long before it expires, and the
    /// operator the authorities that issue its certificate long before it uses another one.
    ///
    /// # Errors
    /// Where TLS is asked for and there is nothing to check the operator's certificate by.
    pub fn new(url: Url, token_file: PathBuf, ca_file: Option<PathBuf>) -> Result<Self, MissingCa> {
        if url.is_tls() && ca_file.is_none() {
            return Err(MissingCa(url));
        }
        Ok(Self { url, token_file, ca_file })
    }
}

/// A URL of the form `http[s]://HOST[:PORT][/PATH]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Url(Uri);

/// A text that is no [`Url`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be http[s]://HOST:PORT/PATH, as in https://operator:8443/v1/reports")]
pub struct InvalidUrl;

/// TLS is asked for without a file of authorities: those of the system issue no certificate for an operator.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0} is https, which needs a file with the authorities that issue the operator's certificate")]
pub struct MissingCa(Url);

impl Url {
    /// Where to connect to; the host is without brackets.
    pub(super) fn host_and_port(&self) -> (String, u16) {
        let host = self.0.host().unwrap_or_default();
        let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        let default = if self.is_tls() { HTTPS_PORT } else { HTTP_PORT };
        (host.to_owned(), self.0.port_u16().unwrap_or(default))
    }

    /// Host and port as they were written.
    pub(super) fn authority(&self) -> &str {
        self.0.authority().map_or("", |authority| authority.as_str())
    }

    /// What is asked for there.
    pub(super) fn path(&self) -> &str {
        self.0.path_and_query().map_or("/", |path| path.as_str())
    }

    /// Whether posts are encrypted.
    pub fn is_tls(&self) -> bool {
        self.0.scheme_str() == Some("https")
    }
}

impl FromStr for Url {
    type Err = InvalidUrl;

    fn from_str(text: &str) -> Result<Self, InvalidUrl> {
        let uri: Uri = text.parse().map_err(|_| InvalidUrl)?;
        let authority = uri.authority().map_or("", |authority| authority.as_str());
        // Who this is follows from the token alone.
        let is_valid = matches!(uri.scheme_str(), Some("http" | "https"))
            && !authority.is_empty()
            && !authority.contains('@');
        if is_valid { Ok(Self(uri)) } else { Err(InvalidUrl) }
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_taken_apart_for_the_request() {
        for (text, host, port, authority, path) in [
            ("http://operator:8080/v1/reports?a=b", "operator", 8080, "operator:8080", "/v1/reports?a=b"),
            ("http://operator", "operator", 80, "operator", "/"),
            ("https://operator", "operator", 443, "operator", "/"),
            ("https://[fd00::7]:8443/", "fd00::7", 8443, "[fd00::7]:8443", "/"),
        ] {
            let url: Url = text.parse().unwrap();
            assert_eq!(url.host_and_port(), (host.to_owned(), port));
            assert_eq!((url.authority(), url.path()), (authority, path));
        }
    }

    #[test]
    fn only_http_will_do_plain_or_over_tls() {
        for text in [
            "http://operator:8080/v1/reports",
            "http://10.0.0.7:8080/v1/reports",
            "http://[fd00::7]:8080/v1/reports",
            "http://operator/",
            "https://operator:8443/v1/reports",
        ] {
            let url: Url = text.parse().unwrap();
            assert_eq!((url.to_string().as_str(), url.is_tls()), (text, text.starts_with("https:")));
        }
        for text in [
            "",
            "operator",
            "operator:8080",
            "/v1/reports",
            "ftp://operator/",
            "http://",
            "https://",
            "http:///v1/reports",
            "http://user:secret@operator/",
            "https://user:secret@operator/",
            "http://two words/",
            "http://a\nb/",
        ] {
            assert_eq!(text.parse::<Url>(), Err(InvalidUrl), "{text}");
        }
    }

    #[test]
    fn tls_needs_something_to_check_a_certificate_by() {
        let target = |url: &str, ca: Option<&str>| {
            Target::new(url.parse().unwrap(), "token".into(), ca.map(PathBuf::from)).map(drop)
        };
        let refusal = target("https://operator:8443/", None).unwrap_err().to_string();
        assert_eq!(
            refusal,
            "https://operator:8443/ is https, which needs a file with the authorities that issue the operator's certificate"
        );
        assert!(target("https://operator:8443/", Some("ca.crt")).is_ok());
        assert!(target("http://operator:8080/", None).is_ok());
    }
}
