//! Where a server listens, as a user writes it.

use std::{fmt, str::FromStr};

use address::is_link_local;

use crate::excerpt::excerpt;

/// A host, by name or address, and a port: `server:8080`, `10.0.0.7:8080`, `[fd00::7]:8080`, `[fe80::7%eth0]:8080`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Endpoint {
    host: String,
    port: u16,
}

/// A text that is no [`Endpoint`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no address: {problem} (such as server:8080, 10.0.0.7:8080 or [fd00::7]:8080)")]
pub struct InvalidEndpoint {
    /// The text, escaped and cut.
    pub text: String,
    /// What is wrong with it.
    pub problem: &'static str,
}

impl Endpoint {
    /// The host's name or address, without brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port, never 0.
    pub fn port(&self) -> u16 {
        self.port
    }
}

impl FromStr for Endpoint {
    type Err = InvalidEndpoint;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let invalid = |problem| InvalidEndpoint { text: excerpt(text.as_bytes()), problem };
        if text.contains("://") {
            return Err(invalid("it is a URL, and only host and port are wanted"));
        }
        if text.starts_with('[') && text.ends_with(']') {
            return Err(invalid("the port is missing"));
        }
        let (host, port) = text.rsplit_once(':').ok_or_else(|| invalid("it needs a host and a port"))?;
        let host = match host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
            // Between brackets a name would be one that is shown without them.
            Some(host) if !host.is_empty() && !host.contains(':') => {
                return Err(invalid("only an IPv6 address has brackets"));
            }
            Some(host) => host,
            None if host.contains(':') => return Err(invalid("an IPv6 address needs brackets")),
            None => host,
        };
        if host.is_empty() || host.contains(|c: char| c.is_whitespace() || c.is_control() || "[]".contains(c))
        {
            return Err(invalid("the host must be a name or an IP address"));
        }
        if host.parse().is_ok_and(is_link_local) {
            return Err(invalid("a link-local address needs its interface, as in [fe80::1%eth0]:8080"));
        }
        // Numbers are read with a sign, too.
        let has_digits_alone = port.bytes().all(|byte| byte.is_ascii_digit());
        match port.parse() {
            Ok(port @ 1..) if has_digits_alone => Ok(Self { host: host.to_owned(), port }),
            _ => Err(invalid("the port must be 1 to 65535")),
        }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.host.contains(':') {
            true => write!(f, "[{}]:{}", self.host, self.port),
            false => write!(f, "{}:{}", self.host, self.port),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_addresses_are_read_and_written_alike() {
        for (text, host) in [
            ("server:8080", "server"),
            ("10.0.0.7:8080", "10.0.0.7"),
            ("[fd00::7]:8080", "fd00::7"),
            ("[fe80::7%eth0]:8080", "fe80::7%eth0"),
        ] {
            let endpoint: Endpoint = text.parse().unwrap();
            assert_eq!((endpoint.host(), endpoint.port()), (host, 8080));
            assert_eq!(endpoint.to_string(), text);
        }
    }

    #[test]
    fn every_mistake_is_named() {
        let host = "the host must be a name or an IP address";
        for (text, expected) in [
            ("server", "it needs a host and a port"),
            ("http://server:8080/", "it is a URL, and only host and port are wanted"),
            ("[::1]", "the port is missing"),
            ("fd00::7:8080", "an IPv6 address needs brackets"),
            (":8080", host),
            ("[]:8080", host),
            ("a b:8080", host),
            ("[[fd:]fd]]:87", host),
            ("[server]:8080", "only an IPv6 address has brackets"),
            ("[10.0.0.7]:8080", "only an IPv6 address has brackets"),
            ("a]:8080", host),
            ("[fe80::1]:8080", "a link-local address needs its interface, as in [fe80::1%eth0]:8080"),
            ("server:0", "the port must be 1 to 65535"),
            ("server:65536", "the port must be 1 to 65535"),
            ("server:+80", "the port must be 1 to 65535"),
            ("server:http", "the port must be 1 to 65535"),
        ] {
            assert_eq!(text.parse::<Endpoint>().unwrap_err().problem, expected, "{text}");
        }
        assert_eq!(
            "server:http".parse::<Endpoint>().unwrap_err().to_string(),
            "`server:http` is no address: the port must be 1 to 65535 \
             (such as server:8080, 10.0.0.7:8080 or [fd00::7]:8080)"
        );
    }
}
