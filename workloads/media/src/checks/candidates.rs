//! How many candidates of a peer are worth checking.

use std::collections::HashSet;
use std::net::{IpAddr, SocketAddr};

/// Candidates of one family that are kept, by their priority. A peer with more of them checks by itself from wherever
/// it reaches us, and is found by that.
const MOST_PER_FAMILY: usize = 8;

/// What counts of a candidate line (RFC 8839, section 5.1).
struct Candidate {
    address: SocketAddr,
    priority: u64,
}

/// The description with few candidates: those that can be checked from `locals`, of each family the first ones by
/// priority, and of each address one.
pub(crate) fn limit_candidates(sdp: &str, locals: impl IntoIterator<Item = IpAddr>) -> String {
    let (mut has_v4, mut has_v6) = (false, false);
    for local in locals {
        *(if local.is_ipv4() { &mut has_v4 } else { &mut has_v6 }) = true;
    }
    let mut seen = HashSet::new();
    // Of lines that differ for one address the first counts: the library would check each.
    let mut candidates: Vec<(Candidate, &str)> = sdp
        .lines()
        .filter_map(value)
        .filter_map(|value| Some((usable(value)?, value)))
        .filter(|(candidate, _)| seen.insert(candidate.address))
        .collect();
    candidates.sort_by_key(|(candidate, _)| std::cmp::Reverse(candidate.priority));
    let of_family = |is_v4: bool, most: usize| {
        candidates.iter().filter(move |(candidate, _)| candidate.address.is_ipv4() == is_v4).take(most)
    };
    let most = |has: bool| if has { MOST_PER_FAMILY } else { 0 };
    let kept: HashSet<&str> = of_family(true, most(has_v4))
        .chain(of_family(false, most(has_v6)))
        .map(|(_, value)| *value)
        .collect();
    sdp.split_inclusive('\n').filter(|line| value(line).is_none_or(|value| kept.contains(value))).collect()
}

/// What a line says of a candidate, if it does. White space is skipped where `rtc` skips it, so that nothing is hidden
/// by it.
fn value(line: &str) -> Option<&str> {
    let attribute = line.trim_start_matches('\r').strip_prefix("a=")?;
    attribute.trim().strip_prefix("candidate:")
}

/// A candidate of UDP to which something can be sent.
fn usable(value: &str) -> Option<Candidate> {
    let mut words = value.split_ascii_whitespace().skip(1);
    let component = words.next()?;
    let is_udp = words.next()?.eq_ignore_ascii_case("udp");
    let priority = words.next()?.parse().ok()?;
    let ip: IpAddr = words.next()?.parse().ok()?;
    let port: u16 = words.next()?.parse().ok()?;
    let is_reachable = !ip.is_unspecified() && !ip.is_multicast() && port != 0;
    let is_broadcast = matches!(ip, IpAddr::V4(ip) if ip.is_broadcast());
    let usable = component == "1" && is_udp && is_reachable && !is_broadcast;
    usable.then_some(Candidate { address: SocketAddr::new(ip, port), priority })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const V4: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);
    const V6: IpAddr = IpAddr::V6(std::net::Ipv6Addr::LOCALHOST);

    fn line(priority: usize, address: &str, port: usize) -> String {
        format!("a=candidate:1 1 udp {priority} {address} {port} typ host\r\n")
    }

    fn candidates(sdp: &str) -> Vec<&str> {
        sdp.lines().filter(|line| line.starts_with("a=candidate:")).collect()
    }

    /// L1: 900 candidates in one answer.
    #[test]
    fn of_many_candidates_the_first_by_priority_are_left() {
        let many: String = (0..900).map(|n| line(n, &format!("127.1.{}.{}", n / 256, n % 256), 9)).collect();
        let sdp = format!("v=0\r\nm=video 9 UDP/TLS/RTP/SAVPF 97\r\n{many}a=mid:0\r\n");
        let limited = limit_candidates(&sdp, [V4]);
        assert_eq!(candidates(&limited).len(), 8);
        for n in 892..900 {
            assert!(limited.contains(&format!(" {n} 127.1.")), "{limited}");
        }
        assert!(limited.starts_with("v=0\r\nm=video") && limited.ends_with("a=mid:0\r\n"));
    }

    /// L2: a server of one family is not left with the candidates of the other.
    #[test]
    fn each_family_that_is_local_has_its_own() {
        let v6: String = (0..60).map(|n| line(1000 + n, &format!("fd00::{n:x}"), 9)).collect();
        let v4: String = (0..60).map(|n| line(n, &format!("10.0.0.{n}"), 9)).collect();
        let sdp = v6 + &v4;
        let count = |sdp: &str, is: char| candidates(sdp).iter().filter(|line| line.contains(is)).count();
        let both = limit_candidates(&sdp, [V6, V4]);
        assert_eq!((count(&both, '.'), candidates(&both).len()), (8, 16));
        let one = limit_candidates(&sdp, [V4]);
        assert_eq!((count(&one, '.'), candidates(&one).len()), (8, 8));
    }

    #[test]
    fn what_cannot_be_checked_and_what_is_there_twice_takes_no_place() {
        let odd = [
            line(9, "0.0.0.0", 9),
            line(9, "224.0.0.1", 9),
            line(9, "255.255.255.255", 9),
            line(9, "10.0.0.1", 0),
            line(9, "10.0.0.1", 70000),
            line(9, "abc.local", 9),
            line(9, "10.0.0.1", 9).replace(" udp ", " tcp "),
            line(9, "10.0.0.1", 9).replace(":1 1 ", ":1 2 "),
            "a=candidate:\r\n".to_owned(),
        ];
        let good = line(1, "10.0.0.7", 9);
        let again = good.replace("host", "srflx raddr 10.0.0.8 rport 1");
        let sdp = format!("{}{good}{again}m=application\r\n{good}", odd.concat());
        assert_eq!(limit_candidates(&sdp, [V4]), format!("{good}m=application\r\n{good}"));
    }

    #[test]
    fn white_space_hides_no_candidate() {
        for hidden in ["\ra=candidate:", "a= candidate:", "a=\tcandidate:"] {
            let many: String = (0..20).map(|n| line(n, "10.0.0.1", n + 1)).collect();
            let sdp = many.replace("a=candidate:", hidden);
            assert_eq!(limit_candidates(&sdp, [V4]).matches("candidate:").count(), 8, "{hidden:?}");
        }
    }

    proptest! {
        #[test]
        fn nothing_that_a_peer_writes_panics(sdp in "(a=candidate:|[ -~]|é|\r|\n){0,200}") {
            limit_candidates(&sdp, [V4, V6]);
        }
    }
}
