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
                let is_link_local = address.parse::<Ipv6Addr>().map_err(|_| ALLOWED)?.is_unicast_link_local();
                // It would need the name of an interface, which is another one in each pod.
                if is_link_local {
                    return Err(ALLOWED);
                }
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
        let is_number = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit());
        let port = match port {
            Some(port) if !is_number(port) => return Err(ALLOWED),
            Some(port) => port.parse().map(NonZeroU16::get).map_err(|_| ALLOWED)?,
            None => PORT,
        };
        Ok(Self { uri: uri.to_owned(), port })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_relay_has_a_host_and_a_port() {
        // Clients read the same lines: what is taken here has to be taken there.
        for line in include_str!("relay_uris.txt").lines() {
            let (uri, place) = line.split_once(" = ").map_or((line, None), |(uri, place)| (uri, Some(place)));
            let port = place.map(|place| place.rsplit(' ').next().unwrap().parse().unwrap());
            assert_eq!(uri.parse().ok(), port.map(|port| RelayPlace { uri: uri.to_owned(), port }), "{uri}");
        }
        assert!(format!("turn:{}", "a".repeat(300)).parse::<RelayPlace>().is_err());
    }
}
