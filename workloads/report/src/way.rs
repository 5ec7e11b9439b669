//! Which way media takes to a client, in short: what is compared with the one that is asked for.

use std::net::SocketAddr;

use crate::candidate_pair::{CandidatePair, CandidateType};

/// How a client reaches its server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WayKind {
    /// At an address of the server's own.
    Direct,
    /// At an address of something in between, which the server names to its clients.
    Advertised,
    /// By a TURN server of the client's.
    Relayed,
}

/// The way that media takes to a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Way {
    /// How the client reaches its server.
    pub kind: WayKind,
    /// Whether that is at an address of IPv6.
    pub is_ipv6: bool,
}

/// Added to the code of the kind.
const IPV6: u8 = 4;

impl Way {
    /// Of a pair whose local end is the client's.
    pub fn of(pair: &CandidatePair, is_advertised: impl Fn(SocketAddr) -> bool) -> Self {
        let server = pair.remote.socket_address();
        let kind = if pair.local.candidate_type == CandidateType::Relay {
            WayKind::Relayed
        } else if is_advertised(server) {
            WayKind::Advertised
        } else {
            WayKind::Direct
        };
        Self { kind, is_ipv6: server.is_ipv6() }
    }

    /// As a number, which is 0 where nothing is known.
    pub(crate) fn code(way: Option<Self>) -> u8 {
        let Some(Self { kind, is_ipv6 }) = way else { return 0 };
        let kind = match kind {
            WayKind::Direct => 1,
            WayKind::Advertised => 2,
            WayKind::Relayed => 3,
        };
        if is_ipv6 { kind + IPV6 } else { kind }
    }

    /// Of such a number; `None` also of one that is not known here.
    pub(crate) fn from_code(code: u8) -> Option<Self> {
        let (kind, is_ipv6) = if code > IPV6 { (code - IPV6, true) } else { (code, false) };
        let kind = match kind {
            1 => WayKind::Direct,
            2 => WayKind::Advertised,
            3 => WayKind::Relayed,
            _ => return None,
        };
        Some(Self { kind, is_ipv6 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::candidate_pair::IceCandidate;

    fn way(client: (CandidateType, &str), server: (CandidateType, &str)) -> Way {
        let end = |(kind, address): (CandidateType, &str)| IceCandidate::new(kind, address.parse().unwrap());
        let pair = CandidatePair { local: end(client), remote: end(server) };
        assert_eq!(pair.reversed().reversed(), pair);
        Way::of(&pair, |address| address == "10.96.0.7:8082".parse().unwrap())
    }

    #[test]
    fn a_way_is_known_by_the_servers_address_and_by_the_clients_candidate() {
        use CandidateType::{Host, Prflx, Relay};
        let client = (Host, "10.244.2.10:57076");
        let of = |kind, is_ipv6| Way { kind, is_ipv6 };
        assert_eq!(way(client, (Host, "10.96.0.7:8082")), of(WayKind::Advertised, false));
        assert_eq!(way(client, (Prflx, "10.244.1.7:8082")), of(WayKind::Direct, false));
        assert_eq!(way(client, (Host, "10.96.0.7:8083")), of(WayKind::Direct, false), "another port");
        assert_eq!(way((Relay, "192.0.2.7:50000"), (Host, "10.96.0.7:8082")), of(WayKind::Relayed, false));
        assert_eq!(way((Host, "[2001:db8::9]:5"), (Host, "[2001:db8::1]:8082")), of(WayKind::Direct, true));
    }

    #[test]
    fn every_way_has_a_number_of_its_own() {
        let mut codes = std::collections::BTreeSet::from([0]);
        for kind in [WayKind::Direct, WayKind::Advertised, WayKind::Relayed] {
            for is_ipv6 in [false, true] {
                let way = Some(Way { kind, is_ipv6 });
                assert!(codes.insert(Way::code(way)), "{way:?}");
                assert_eq!(Way::from_code(Way::code(way)), way);
            }
        }
        for unknown in [0, 4, 8, 255] {
            assert_eq!(Way::from_code(unknown), None, "{unknown}");
        }
    }
}
