//! An address and a port as a user writes them, link-local ones with their zone.

use std::net::{IpAddr, Ipv6Addr, SocketAddr, ToSocketAddrs};

/// Why a text is no address to listen on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidAddress {
    /// It has another form.
    #[error("must be an IP address and a port, as in 127.0.0.1:8080 or [::1]:8080")]
    Form,
    /// A link-local address alone does not say on which link.
    #[error("is link-local, and needs its interface, as in [fe80::1%eth0]:8080")]
    NoZone,
    /// The zone is none of this machine's interfaces.
    #[error("must have an interface of this machine behind %")]
    UnknownZone,
    /// Only link-local addresses are those of an interface.
    #[error("must be link-local, fe80::…, to have an interface")]
    ZoneOfOther,
}

/// The address in `text`, as `10.0.0.7:8080`, `[fd00::7]:8080` or `[fe80::7%eth0]:8080`.
///
/// # Errors
/// What is wrong with it.
pub fn parse(text: &str) -> Result<SocketAddr, InvalidAddress> {
    let address = match text.parse() {
        Ok(address) => address,
        Err(_) => zoned(text)?,
    };
    match address {
        SocketAddr::V6(v6) if is_link_local(address.ip()) && v6.scope_id() == 0 => {
            Err(InvalidAddress::NoZone)
        }
        address => Ok(address),
    }
}

/// Whether an address is one of a link alone, and only good together with its interface.
pub fn is_link_local(address: IpAddr) -> bool {
    matches!(address, IpAddr::V6(address) if address.is_unicast_link_local())
}

/// `[ADDRESS%INTERFACE]:PORT`.
fn zoned(text: &str) -> Result<SocketAddr, InvalidAddress> {
    let parts = text.strip_prefix('[').and_then(|text| text.split_once("]:"));
    let (host, port) = parts.ok_or(InvalidAddress::Form)?;
    let (address, _) = host.split_once('%').ok_or(InvalidAddress::Form)?;
    let address: Ipv6Addr = address.parse().map_err(|_| InvalidAddress::Form)?;
    let port: u16 = port.parse().map_err(|_| InvalidAddress::Form)?;
    if !address.is_unicast_link_local() {
        return Err(InvalidAddress::ZoneOfOther);
    }
    // The system's resolver knows interfaces by name, and asks nobody about an address.
    let found = (host, port).to_socket_addrs().ok().and_then(|mut found| found.next());
    found.ok_or(InvalidAddress::UnknownZone)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_with_and_without_a_zone() {
        for (text, shown) in [
            ("10.0.0.7:8080", "10.0.0.7:8080"),
            ("[fd00::7]:8080", "[fd00::7]:8080"),
            ("[::]:0", "[::]:0"),
            ("[fe80::7%5]:8080", "[fe80::7%5]:8080"),
            ("[fe80::7%lo]:8080", "[fe80::7%1]:8080"),
        ] {
            assert_eq!(parse(text).map(|address| address.to_string()), Ok(shown.to_owned()), "{text}");
        }
    }

    /// P18: a zone was "must be an IP address and a port".
    #[test]
    fn every_mistake_is_named() {
        for (text, problem) in [
            ("localhost:8080", InvalidAddress::Form),
            ("[::1]", InvalidAddress::Form),
            ("[fe80::7%lo]:port", InvalidAddress::Form),
            ("[name%lo]:80", InvalidAddress::Form),
            ("[fe80::7]:8080", InvalidAddress::NoZone),
            ("[fe80::7%no-such-link]:8080", InvalidAddress::UnknownZone),
            ("[fd00::7%lo]:8080", InvalidAddress::ZoneOfOther),
        ] {
            assert_eq!(parse(text), Err(problem), "{text}");
        }
    }
}
