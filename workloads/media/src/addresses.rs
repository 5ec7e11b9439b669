//! Which local addresses media binds and offers as ICE host candidates.

use std::io;
use std::net::IpAddr;

/// The local addresses for the media of a session whose signalling connection ended at `signaling` on this machine.
///
/// That address is one the peer demonstrably reaches, so it is the only one needed: in a pod, or on a machine with
/// several interfaces, nothing has to be configured. On loopback the machine's other addresses come along, because
/// aiortc peers never offer loopback themselves. `chosen`, where not empty, replaces all of that.
///
/// # Errors
/// Where the machine's interfaces cannot be listed.
pub fn media_addresses(signaling: IpAddr, chosen: &[IpAddr]) -> io::Result<Vec<IpAddr>> {
    if !chosen.is_empty() {
        return Ok(chosen.to_vec());
    }
    // A dual-stack listener reports IPv4 peers as ::ffff:a.b.c.d, which no candidate may carry.
    let signaling = signaling.to_canonical();
    let mut addresses = vec![signaling];
    if signaling.is_loopback() {
        let interfaces = if_addrs::get_if_addrs()?;
        addresses
            .extend(interfaces.iter().map(if_addrs::Interface::ip).filter(|address| is_offerable(*address)));
    }
    Ok(addresses)
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

    #[test]
    fn a_routable_signalling_address_is_all_that_media_needs() {
        let pod: IpAddr = "10.244.1.7".parse().unwrap();
        assert_eq!(media_addresses(pod, &[]).unwrap(), [pod]);
        let mapped = "::ffff:10.244.1.7".parse().unwrap();
        assert_eq!(media_addresses(mapped, &[]).unwrap(), [pod]);
    }

    #[test]
    fn loopback_comes_first_and_brings_no_second_loopback() {
        let loopback: IpAddr = "127.0.0.1".parse().unwrap();
        let addresses = media_addresses(loopback, &[]).unwrap();
        assert_eq!(addresses[0], loopback);
        assert!(addresses[1..].iter().all(|address| is_offerable(*address)), "{addresses:?}");
    }

    #[test]
    fn chosen_addresses_replace_all_others() {
        let chosen = ["192.0.2.1".parse().unwrap()];
        assert_eq!(media_addresses("127.0.0.1".parse().unwrap(), &chosen).unwrap(), chosen);
    }
}
