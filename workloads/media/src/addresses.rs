//! Which local addresses media binds and offers as ICE host candidates.

use std::io;
use std::net::{IpAddr, SocketAddr};

/// Why there is none.
pub(crate) const NONE: &str = "no address for media: candidates cannot carry the link-local one of signalling, and this machine has no other";

/// Of each family, so many addresses come along on loopback. A peer on this machine reaches any of them: the second is
/// there for the case that something is wrong with the first one's interface.
const OTHERS_PER_FAMILY: usize = 2;

/// Where the media of a session goes to and comes from on this side.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MediaAddresses {
    /// What sockets are bound to.
    pub local: Vec<IpAddr>,
    /// Where peers reach them by something in between, as a Service or a node's port, and nowhere else; where that is empty,
    /// at the sockets themselves.
    pub advertised: Vec<SocketAddr>,
}

impl MediaAddresses {
    /// As [`media_addresses`], for peers that reach this machine at `advertised` alone. What comes in for another family
    /// than that of signalling needs a socket of its own.
    pub fn advertised_at(signaling: IpAddr, chosen: &[IpAddr], advertised: Vec<SocketAddr>) -> Self {
        Self::select(signaling, chosen, advertised, || {
            Ok(if_addrs::get_if_addrs()?.iter().map(if_addrs::Interface::ip).collect())
        })
    }

    fn select(
        signaling: IpAddr,
        chosen: &[IpAddr],
        advertised: Vec<SocketAddr>,
        list: impl Fn() -> io::Result<Vec<IpAddr>>,
    ) -> Self {
        let mut local = select(signaling, chosen, &list);
        for is_v4 in [true, false] {
            let is_advertised = advertised.iter().any(|address| address.is_ipv4() == is_v4);
            if is_advertised && chosen.is_empty() && !local.iter().any(|address| address.is_ipv4() == is_v4) {
                let others = list().unwrap_or_default();
                local.extend(offerable(&others, is_v4));
            }
        }
        Self { local, advertised }
    }
}

impl From<Vec<IpAddr>> for MediaAddresses {
    fn from(local: Vec<IpAddr>) -> Self {
        Self { local, advertised: Vec::new() }
    }
}

/// The local addresses for the media of a session whose signalling connection ended at `signaling` on this machine.
///
/// That address is the first, and it is one the peer demonstrably reaches, so it is the only one needed: in a pod, or on
/// a machine with several interfaces, nothing has to be configured. On loopback some of the machine's other addresses
/// come along, because aiortc peers never offer loopback themselves: few, as each is paired with all of the peer's.
/// Where they cannot be listed (no netlink, no descriptor left), it is without them. A link-local address of IPv6 has a zone,
/// which candidates cannot carry (RFC 8839, section 5.1), so that there are those others in its place, or none.
/// `chosen`, where not empty, replaces all of that.
pub fn media_addresses(signaling: IpAddr, chosen: &[IpAddr]) -> Vec<IpAddr> {
    select(signaling, chosen, || Ok(if_addrs::get_if_addrs()?.iter().map(if_addrs::Interface::ip).collect()))
}

fn select(
    signaling: IpAddr,
    chosen: &[IpAddr],
    list: impl FnOnce() -> io::Result<Vec<IpAddr>>,
) -> Vec<IpAddr> {
    if !chosen.is_empty() {
        return chosen.to_vec();
    }
    // A dual-stack listener reports IPv4 peers as ::ffff:a.b.c.d, which no candidate may carry.
    let signaling = signaling.to_canonical();
    let is_link_local = matches!(signaling, IpAddr::V6(address) if address.is_unicast_link_local());
    let mut addresses = if is_link_local { Vec::new() } else { vec![signaling] };
    if signaling.is_loopback() || is_link_local {
        let others = list().unwrap_or_else(|error| {
            tracing::warn!(%error, "cannot list local addresses, media is offered on {addresses:?} only");
            Vec::new()
        });
        for is_v4 in [signaling.is_ipv4(), !signaling.is_ipv4()] {
            addresses.extend(offerable(&others, is_v4));
        }
    }
    addresses
}

/// The first addresses of a family that candidates can carry.
fn offerable(addresses: &[IpAddr], is_v4: bool) -> impl Iterator<Item = IpAddr> {
    let of_family = addresses.iter().copied().filter(move |address| address.is_ipv4() == is_v4);
    of_family.filter(|address| is_offerable(*address)).take(OTHERS_PER_FAMILY)
}

/// Link-local IPv6 needs a scope that candidates do not carry.
fn is_offerable(address: IpAddr) -> bool {
    let link_local = match address {
        IpAddr::V4(address) => address.is_link_local(),
        IpAddr::V6(address) => address.is_unicast_link_local(),
    };
    !address.is_loopback() && !link_local
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOOPBACK: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    fn parse(address: &str) -> IpAddr {
        address.parse().unwrap()
    }

    #[test]
    fn a_routable_signalling_address_is_all_that_media_needs() {
        let pod = parse("10.244.1.7");
        assert_eq!(media_addresses(pod, &[]), [pod]);
        assert_eq!(media_addresses(parse("::ffff:10.244.1.7"), &[]), [pod]);
    }

    #[test]
    fn loopback_comes_first_and_brings_no_second_loopback() {
        let addresses = media_addresses(LOOPBACK, &[]);
        assert_eq!(addresses[0], LOOPBACK);
        assert!(addresses[1..].iter().all(|address| is_offerable(*address)), "{addresses:?}");
    }

    #[test]
    fn chosen_addresses_replace_all_others() {
        let chosen = [parse("192.0.2.1")];
        assert_eq!(media_addresses(LOOPBACK, &chosen), chosen);
    }

    /// L2: 60 interfaces with both families were 121 candidates.
    #[test]
    fn of_many_interfaces_few_come_along_and_of_both_families() {
        let interfaces = |n: u8| [parse("127.0.0.1"), parse(&format!("10.0.{n}.1")), parse("fe80::1")];
        let mut listed: Vec<IpAddr> = (0..60).flat_map(interfaces).collect();
        listed.extend((0..60).map(|n| parse(&format!("fd00::{n}"))));
        let addresses = select(LOOPBACK, &[], || Ok(listed.clone()));
        let expected = ["127.0.0.1", "10.0.0.1", "10.0.1.1", "fd00::", "fd00::1"];
        assert_eq!(addresses, expected.map(parse));
        let addresses = select(parse("::1"), &[], || Ok(listed));
        let expected = ["::1", "fd00::", "fd00::1", "10.0.0.1", "10.0.1.1"];
        assert_eq!(addresses, expected.map(parse));
    }

    /// P18: a session over it failed on an address that cannot be bound without its zone.
    #[test]
    fn signalling_over_a_link_local_address_leaves_media_to_the_other_addresses() {
        let listed = || Ok(["fe80::7", "127.0.0.1", "fd00::7", "10.0.0.7"].map(parse).to_vec());
        assert_eq!(select(parse("fe80::7"), &[], listed), ["fd00::7", "10.0.0.7"].map(parse));
        let none = select(parse("fe80::7"), &[], || Ok(vec![parse("fe80::7")]));
        assert!(none.is_empty(), "{none:?}");
    }

    #[test]
    fn what_is_advertised_of_another_family_than_signalling_has_a_socket() {
        let listed = || Ok(["10.0.0.7", "fd00::7", "fe80::7"].map(parse).to_vec());
        let at = |advertised: &str, chosen: &[IpAddr]| {
            let advertised = vec![advertised.parse().unwrap()];
            MediaAddresses::select(parse("10.0.0.7"), chosen, advertised, listed).local
        };
        assert_eq!(at("192.0.2.1:30000", &[]), [parse("10.0.0.7")]);
        assert_eq!(at("[2001:db8::1]:30000", &[]), ["10.0.0.7", "fd00::7"].map(parse));
        assert_eq!(at("[2001:db8::1]:30000", &[parse("10.0.0.9")]), [parse("10.0.0.9")], "as chosen");
    }

    /// L6: it was "cannot list local addresses", and no session.
    #[test]
    fn where_addresses_cannot_be_listed_the_one_of_signalling_will_do() {
        let refused = || Err(io::Error::from(io::ErrorKind::PermissionDenied));
        assert_eq!(select(LOOPBACK, &[], refused), [LOOPBACK]);
    }
}
