//! What is known of both ends of the ways that a session's datagrams take: what kind of address it is, and which the peer sees.

use std::collections::VecDeque;
use std::net::SocketAddr;

use report::{CandidatePair, CandidateProtocol, CandidateType, IceCandidate};

use super::route::Route;
use crate::stun::xor_mapped_address;

/// Ways of which it is kept what the peer sees: those of a few networks at both ends.
const MOST_MAPPED: usize = 16;
/// Candidates of the peer whose kind is kept: those of its description, and late ones.
const MOST_REMOTE: usize = 64;

/// The ends of a session's ways.
#[derive(Debug, Default)]
pub(super) struct Ends {
    /// Of ours: those that the peer was told of in the place of our sockets.
    advertised: Vec<SocketAddr>,
    /// Of ours: the one that a TURN server gave us.
    relayed: Option<SocketAddr>,
    /// Of the peer: those that it told us of.
    remote: Vec<(SocketAddr, CandidateType)>,
    /// Our address as the peer sees it, by its answers to our checks.
    mapped: VecDeque<(Route, SocketAddr)>,
}

impl Ends {
    /// The peer was told of these in the place of our sockets.
    pub(super) fn advertise(&mut self, addresses: &[SocketAddr]) {
        self.advertised = addresses.to_vec();
    }

    /// This address of ours is a TURN server's.
    pub(super) fn relayed_at(&mut self, address: SocketAddr) {
        self.relayed = Some(address);
    }

    /// The peer names candidates, in the lines of a description or as one that came later.
    pub(super) fn described(&mut self, sdp: &str) {
        let values = sdp.lines().filter_map(|line| line.trim_start_matches("a=").strip_prefix("candidate:"));
        for (address, kind) in values.filter_map(candidate) {
            if self.remote.len() < MOST_REMOTE && !self.remote.iter().any(|(known, _)| *known == address) {
                self.remote.push((address, kind));
            }
        }
    }

    /// The peer has answered a check of ours that went by `route`; whether that changed anything.
    pub(super) fn answered(&mut self, route: Route, response: &[u8]) -> bool {
        let Some(address) = xor_mapped_address(response) else { return false };
        match self.mapped.iter_mut().find(|(known, _)| *known == route) {
            Some((_, mapped)) => std::mem::replace(mapped, address) != address,
            None => {
                if self.mapped.len() == MOST_MAPPED {
                    self.mapped.pop_front();
                }
                self.mapped.push_back((route, address));
                true
            }
        }
    }

    /// Whether a TURN server is at either end of a way.
    pub(super) fn is_relayed(&self, route: Route) -> bool {
        let CandidatePair { local, remote } = self.pair(route);
        [local, remote].iter().any(|end| end.candidate_type == CandidateType::Relay)
    }

    /// Both ends of a way.
    pub(super) fn pair(&self, route: Route) -> CandidatePair {
        let described = self.remote.iter().find(|(address, _)| *address == route.peer);
        // An address that it has not told us of has come about in between (RFC 8445, section 7.3.1.3).
        let kind = described.map_or(CandidateType::Prflx, |(_, kind)| *kind);
        CandidatePair { local: self.local(route), remote: IceCandidate::new(kind, route.peer) }
    }

    fn local(&self, route: Route) -> IceCandidate {
        if self.relayed == Some(route.local) {
            let relay_protocol = Some(CandidateProtocol::Udp);
            return IceCandidate { relay_protocol, ..IceCandidate::new(CandidateType::Relay, route.local) };
        }
        let mapped = self.mapped.iter().find(|(known, _)| *known == route);
        match mapped.map(|(_, mapped)| *mapped).filter(|mapped| *mapped != route.local) {
            None => IceCandidate::new(CandidateType::Host, route.local),
            Some(mapped) if self.advertised.contains(&mapped) => {
                IceCandidate::new(CandidateType::Host, mapped)
            }
            // RFC 8445, section 7.2.5.3.1.
            Some(mapped) => IceCandidate::new(CandidateType::Prflx, mapped),
        }
    }
}

/// Address and kind of a candidate (RFC 8839, section 5.1).
fn candidate(value: &str) -> Option<(SocketAddr, CandidateType)> {
    let mut words = value.split_ascii_whitespace().skip(4);
    let address = SocketAddr::new(words.next()?.parse().ok()?, words.next()?.parse().ok()?);
    let kind = words.nth(1)?;
    let kind = CandidateType::ALL.into_iter().find(|known| known.as_str().eq_ignore_ascii_case(kind))?;
    Some((address, kind))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stun::{MAGIC_COOKIE, tests::response_with_xor_mapped_address};

    fn address(text: &str) -> SocketAddr {
        text.parse().unwrap()
    }

    fn route() -> Route {
        Route { local: address("10.0.0.7:5000"), peer: address("192.0.2.9:30082") }
    }

    fn ends(pair: &CandidatePair) -> [(CandidateType, String); 2] {
        [pair.local, pair.remote]
            .map(|end| (end.candidate_type, SocketAddr::new(end.address, end.port).to_string()))
    }

    #[test]
    fn an_end_is_what_the_other_one_sees_and_says_how_that_came_about() {
        let mut known = Ends::default();
        let unknown = ends(&known.pair(route()));
        let [host, prflx] = [CandidateType::Host, CandidateType::Prflx];
        assert_eq!(unknown, [(host, "10.0.0.7:5000".to_owned()), (prflx, "192.0.2.9:30082".to_owned())]);

        known.described("v=0\r\na=candidate:1 1 udp 1 192.0.2.9 30082 typ host\r\n");
        known.described("candidate:2 1 udp 1 192.0.2.10 7 typ relay raddr 0.0.0.0 rport 0");
        assert_eq!(ends(&known.pair(route()))[1].0, host);
        let relayed = Route { peer: address("192.0.2.10:7"), ..route() };
        assert_eq!(ends(&known.pair(relayed))[1].0, CandidateType::Relay);

        let sees = |text: &str| response_with_xor_mapped_address(address(text));
        assert!(known.answered(route(), &sees("10.0.0.7:5000")));
        assert_eq!(ends(&known.pair(route()))[0], (host, "10.0.0.7:5000".to_owned()));
        assert!(known.answered(route(), &sees("198.51.100.7:61000")), "a NAT has another mapping now");
        assert!(!known.answered(route(), &sees("198.51.100.7:61000")));
        assert_eq!(ends(&known.pair(route()))[0], (prflx, "198.51.100.7:61000".to_owned()));
        assert_eq!(ends(&known.pair(relayed))[0].0, host, "that is known of the one way alone");

        known.advertise(&[address("198.51.100.7:61000")]);
        assert_eq!(ends(&known.pair(route()))[0], (host, "198.51.100.7:61000".to_owned()));
        known.relayed_at(address("10.0.0.7:5000"));
        let local = known.pair(route()).local;
        assert_eq!(
            (local.candidate_type, local.relay_protocol),
            (CandidateType::Relay, Some(CandidateProtocol::Udp))
        );
    }

    #[test]
    fn whatever_a_peer_sends_only_so_much_of_it_is_kept() {
        let mut known = Ends::default();
        for n in 0..1000_u16 {
            known.described(&format!("candidate:1 1 udp 1 192.0.2.1 {n} typ host"));
            let route = Route { peer: SocketAddr::new([192, 0, 2, 1].into(), n), ..route() };
            known.answered(route, &response_with_xor_mapped_address(address("192.0.2.7:7")));
        }
        assert_eq!((known.remote.len(), known.mapped.len()), (MOST_REMOTE, MOST_MAPPED));
        assert!(
            !known.answered(route(), &[&[1, 1, 0, 0], &MAGIC_COOKIE[..], &[0; 12]].concat()),
            "it says nothing"
        );
        for odd in [
            "",
            "candidate:",
            "candidate:1 1 udp 1 x.local 9 typ host",
            "candidate:1 1 udp 1 192.0.2.1 9 typ x",
        ] {
            Ends::default().described(odd);
        }
    }
}
