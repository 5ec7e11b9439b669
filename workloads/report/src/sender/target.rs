//! Where posts go, as a user writes it, and on whose behalf.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use http::Uri;

/// The port of a URL without one.
const HTTP_PORT: u16 = 80;

/// Where posts go, and on whose behalf.
#[derive(Debug, Clone)]
pub struct Target {
    /// The operator's endpoint.
    pub url: Url,
    /// The file with the token. It is read for every post: Kubernetes replaces it long before it expires.
    pub token_file: PathBuf,
}

/// A URL of the form `http://HOST[:PORT][/PATH]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Url(Uri);

/// A text that is no [`Url`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidUrl {
    /// TLS is asked for.
    #[error("https is not supported yet: must begin with http://")]
    Https,
    /// Anything else.
    #[error("must be http://HOST:PORT/PATH, as in http://operator:8080/v1/reports")]
    Form,
}

impl Url {
    /// Where to connect to; the host is without brackets.
    pub(super) fn host_and_port(&self) -> (String, u16) {
        let host = self.0.host().unwrap_or_default();
        let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        (host.to_owned(), self.0.port_u16().unwrap_or(HTTP_PORT))
    }

    /// Host and port as they were written.
    pub(super) fn authority(&self) -> &str {
        self.0.authority().map_or("", |authority| authority.as_str())
    }

    /// What is asked for there.
    pub(super) fn path(&self) -> &str {
        self.0.path_and_query().map_or("/", |path| path.as_str())
    }
}

impl FromStr for Url {
    type Err = InvalidUrl;

    fn from_str(text: &str) -> Result<Self, InvalidUrl> {
        let uri: Uri = text.parse().map_err(|_| InvalidUrl::Form)?;
        let authority = uri.authority().map_or("", |authority| authority.as_str());
        match uri.scheme_str() {
            Some("https") => Err(InvalidUrl::Https),
            // Who this is follows from the token alone.
            Some("http") if !authority.is_empty() && !authority.contains('@') => Ok(Self(uri)),
            _ => Err(InvalidUrl::Form),
        }
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
            ("http://[fd00::7]:8080/", "fd00::7", 8080, "[fd00::7]:8080", "/"),
        ] {
            let url: Url = text.parse().unwrap();
            assert_eq!(url.host_and_port(), (host.to_owned(), port));
            assert_eq!((url.authority(), url.path()), (authority, path));
        }
    }

    #[test]
    fn plain_http_alone_will_do() {
        for text in [
            "http://operator:8080/v1/reports",
            "http://10.0.0.7:8080/v1/reports",
            "http://[fd00::7]:8080/v1/reports",
            "http://operator/",
        ] {
            assert_eq!(text.parse::<Url>().unwrap().to_string(), text);
        }
        assert_eq!("https://operator:8443/v1/reports".parse::<Url>(), Err(InvalidUrl::Https));
        for text in [
            "",
            "operator",
            "operator:8080",
            "/v1/reports",
            "ftp://operator/",
            "http://",
            "http:///v1/reports",
            "http://user:secret@operator/",
            "http://two words/",
            "http://a\nb/",
        ] {
            assert_eq!(text.parse::<Url>(), Err(InvalidUrl::Form), "{text}");
        }
    }
}
