//! Where a TURN server is.

use std::net::Ipv6Addr;
use std::num::NonZeroU16;
use std::str::FromStr;

use crate::path::MAX_RELAY_URI;

/// What a relay is asked at where its URI names no port (RFC 7065, section 3.2).
const PORT: u16 = 3478;

/// A TURN server, as clients reach it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelayPlace {
    /// As it is written.
    pub uri: String,
    /// Where it takes datagrams.
    pub port: u16,
}

impl FromStr for RelayPlace {
    type Err = &'static str;

    /// As clients take it with `--relay`: they would not start with anything else.
    fn from_str(uri: &str) -> Result<Self, Self::Err> {
        const ALLOWED: &str = "written as turn:relay.example.org:3478, turn:192.0.2.1 or turn:[2001:db8::1]";
        let (scheme, rest) = uri.split_once(':').ok_or(ALLOWED)?;
        let place = rest.strip_suffix("?transport=udp").unwrap_or(rest);
        let (host, port) = match place.strip_prefix('[') {
            Some(inner) => {
                let (address, port) = inner.split_once(']').ok_or(ALLOWED)?;
                address.parse::<Ipv6Addr>().map_err(|_| ALLOWED)?;
                (address, (!port.is_empty()).then(|| port.strip_prefix(':').unwrap_or_default()))
            }
            None => match place.split_once(':') {
                Some((host, port)) => (host, Some(port)),
                None => (place, None),
            },
        };
        let is_strange = |c: char| c.is_whitespace() || c.is_control() || "/?@[]".contains(c);
        let is_sound = uri.len() <= MAX_RELAY_URI && scheme.eq_ignore_ascii_case("turn");
        if !is_sound || host.is_empty() || host.contains(is_strange) {
            return Err(ALLOWED);
        }
        let port = port.map_or(Ok(PORT), |port| port.parse().map(NonZeroU16::get)).map_err(|_| ALLOWED)?;
        Ok(Self { uri: uri.to_owned(), port })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_relay_has_a_host_and_a_port() {
        for (uri, port) in [
            ("turn:relay.test", 3478),
            ("turn:relay.test:53", 53),
            ("TURN:192.0.2.1?transport=udp", 3478),
            ("turn:[2001:db8::1]", 3478),
            ("turn:[2001:db8::1]:53?transport=udp", 53),
        ] {
            assert_eq!(uri.parse(), Ok(RelayPlace { uri: uri.to_owned(), port }));
        }
        for uri in [
            "relay.test",
            "stun:relay.test",
            "turns:relay.test",
            "turn:relay.test?transport=tcp",
            "turn:relay.test:0",
            "turn:relay.test:65536",
            "turn:relay.test:",
            "turn:[2001:db8::1]:",
            "turn:[relay]",
            "turn:",
            "turn:2001:db8::1",
            "turn:user@relay.test",
            &format!("turn:{}", "a".repeat(300)),
        ] {
            assert!(uri.parse::<RelayPlace>().is_err(), "{uri}");
        }
    }
}
