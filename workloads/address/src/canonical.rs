//! One form for each address.

use std::net::{IpAddr, SocketAddr};

/// The address of a peer as it is compared and shown. A listener of both families sees an IPv4 peer at an IPv6 address,
/// `::ffff:10.0.0.7`: a socket bound to that address for media would not take IPv4 packets in the ordinary way, no
/// candidate may carry it, and nobody knows it under that name.
pub fn canonical(address: SocketAddr) -> SocketAddr {
    match address.ip().to_canonical() {
        IpAddr::V4(ip) => SocketAddr::new(ip.into(), address.port()),
        // An IPv6 address keeps its zone, without which a link-local one is worth nothing.
        IpAddr::V6(_) => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ipv4_peer_of_a_dual_stack_listener_has_an_ipv4_address() {
        for (seen, canonical_form) in [
            ("[::ffff:10.0.0.7]:80", "10.0.0.7:80"),
            ("10.0.0.7:80", "10.0.0.7:80"),
            ("[fd00::7]:80", "[fd00::7]:80"),
            ("[fe80::7%3]:80", "[fe80::7%3]:80"),
        ] {
            assert_eq!(canonical(seen.parse().unwrap()), canonical_form.parse().unwrap());
        }
    }
}
