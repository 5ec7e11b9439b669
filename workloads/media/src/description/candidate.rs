//! One candidate line of a peer (RFC 8839, section 5.1).

use std::fmt;
use std::net::{IpAddr, SocketAddr};

/// The component that carries all media here: RTCP is multiplexed (RFC 5761).
const COMPONENT: &str = "1";
const KINDS: [&str; 4] = ["host", "srflx", "prflx", "relay"];

/// A candidate that checks can be sent to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Candidate {
    foundation: String,
    priority: u32,
    pub(super) address: SocketAddr,
    kind: &'static str,
}

/// Why a candidate line cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Unusable {
    /// Another component: RTCP of its own.
    Component,
    /// TCP (RFC 6544).
    Tcp,
    /// Another transport.
    Transport,
    /// A name: multicast DNS, mostly. The peer's own checks show its address.
    HostName,
    /// No address that a datagram can be sent to: with a zone, in brackets, a group's, or none.
    Address,
    /// A port that is none.
    Port,
    /// A priority that is none.
    Priority,
    /// A type that is unknown.
    Kind,
    /// Too short to be a candidate.
    TooShort,
}

impl Candidate {
    /// Reads the value of an attribute `candidate`. What may follow the type is not needed.
    pub(super) fn read(value: &str) -> Result<Self, Unusable> {
        let words: Vec<&str> = value.split_ascii_whitespace().take(8).collect();
        let [foundation, component, transport, priority, address, port, "typ", kind] = words[..] else {
            return Err(Unusable::TooShort);
        };
        if transport.eq_ignore_ascii_case("tcp") {
            return Err(Unusable::Tcp);
        }
        if !transport.eq_ignore_ascii_case("udp") {
            return Err(Unusable::Transport);
        }
        if component != COMPONENT {
            return Err(Unusable::Component);
        }
        let kind = KINDS.into_iter().find(|known| known.eq_ignore_ascii_case(kind)).ok_or(Unusable::Kind)?;
        let priority = priority.parse().map_err(|_| Unusable::Priority)?;
        let port = port.parse().ok().filter(|port| *port != 0).ok_or(Unusable::Port)?;
        let address = SocketAddr::new(read_address(address)?, port);
        Ok(Self { foundation: foundation.to_owned(), priority, address, kind })
    }
}

impl Candidate {
    /// A host candidate (RFC 8445, section 5.1.2.1), the `position`th of ours: earlier ones are preferred.
    pub(super) fn host(position: u16, address: SocketAddr) -> Self {
        let priority = (126 << 24) | (u32::from(u16::MAX - position) << 8) | 255;
        Self { foundation: (position + 1).to_string(), priority, address, kind: "host" }
    }
}

fn read_address(text: &str) -> Result<IpAddr, Unusable> {
    let Ok(address) = text.parse::<IpAddr>() else {
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
        let has_letter = text.bytes().any(|byte| byte.is_ascii_alphabetic());
        return Err(if has_letter && text.bytes().all(is_name) {
            Unusable::HostName
        } else {
            Unusable::Address
        });
    };
    let address = address.to_canonical();
    let is_broadcast = matches!(address, IpAddr::V4(address) if address.is_broadcast());
    if address.is_unspecified() || address.is_multicast() || is_broadcast {
        return Err(Unusable::Address);
    }
    Ok(address)
}

/// As the value of an attribute, in the plainest spelling.
impl fmt::Display for Candidate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { foundation, priority, address, kind } = self;
        write!(
            formatter,
            "{foundation} {COMPONENT} udp {priority} {} {} typ {kind}",
            address.ip(),
            address.port()
        )
    }
}

impl fmt::Display for Unusable {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Component => "for another component",
            Self::Tcp => "for TCP",
            Self::Transport => "for another transport",
            Self::HostName => "with a host name",
            Self::Address => "with no usable address",
            Self::Port => "with no usable port",
            Self::Priority => "with no usable priority",
            Self::Kind => "of another type",
            Self::TooShort => "cut short",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_used_is_written_plainly() {
        for (given, plain) in [
            ("1 1 udp 2130706431 192.0.2.1 5000 typ host", "1 1 udp 2130706431 192.0.2.1 5000 typ host"),
            ("a/+ 1 UDP 1 2001:db8::1 9 typ HOST ufrag x", "a/+ 1 udp 1 2001:db8::1 9 typ host"),
            ("f 1 Udp 7 ::ffff:192.0.2.1 9 typ host generation 0", "f 1 udp 7 192.0.2.1 9 typ host"),
            (
                "842163049 1 udp 1677729535 192.0.2.7 61665 typ srflx raddr 0.0.0.0 rport 0",
                "842163049 1 udp 1677729535 192.0.2.7 61665 typ srflx",
            ),
        ] {
            assert_eq!(Candidate::read(given).unwrap().to_string(), plain);
        }
    }

    /// P10.
    #[test]
    fn what_cannot_be_used_is_said_why() {
        let host = "1 1 udp 1 192.0.2.1 5000 typ host";
        for (from, to, why) in [
            ("192.0.2.1", "fe80::1%eth0", Unusable::Address),
            ("192.0.2.1", "[2001:db8::1]", Unusable::Address),
            ("192.0.2.1", "0.0.0.0", Unusable::Address),
            ("192.0.2.1", "224.0.0.1", Unusable::Address),
            ("192.0.2.1", "255.255.255.255", Unusable::Address),
            ("192.0.2.1", "999.0.2.1", Unusable::Address),
            ("192.0.2.1", "5f1c1d3c-9f5b-4a55-8a1c-6f7a4e0d3b2a.local", Unusable::HostName),
            ("192.0.2.1", "relay.example.org", Unusable::HostName),
            ("udp", "tcp", Unusable::Tcp),
            ("udp", "TCP", Unusable::Tcp),
            ("udp", "sctp", Unusable::Transport),
            ("1 udp", "2 udp", Unusable::Component),
            ("udp 1 ", "udp 4294967296 ", Unusable::Priority),
            ("udp 1 ", "udp -1 ", Unusable::Priority),
            ("5000", "70000", Unusable::Port),
            ("5000", "0", Unusable::Port),
            ("host", "satellite", Unusable::Kind),
            (" typ host", "", Unusable::TooShort),
            (" typ host", " typ", Unusable::TooShort),
            (host, "", Unusable::TooShort),
        ] {
            assert_eq!(Candidate::read(&host.replacen(from, to, 1)), Err(why), "{from} -> {to}");
        }
    }
}
