//! Sends a datagram that nobody on the way may cut into fragments.
//!
//! By default Linux sets DF on what it takes to be small enough, and cuts the rest (ip(7), IP_MTU_DISCOVER). To learn what the
//! way carries, DF has to be on the datagram whatever the system takes it for; and media is to be sent as ever. So it is asked
//! for this one datagram. What is larger than the interface takes is refused at once.

use std::net::SocketAddr;

use crate::path_mtu::Known;

/// What became of a datagram.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Whole {
    Sent,
    /// It is larger than the interface takes, or than the way is known to carry.
    TooLarge,
    /// The system did not take it, or cannot send it so, which equals a loss on the way.
    NotSent,
}

/// Sends it; what is sent after that is treated as what was sent before.
#[cfg(target_os = "linux")]
pub(crate) fn send_whole(socket: &mio::net::UdpSocket, peer: SocketAddr, data: &[u8], known: Known) -> Whole {
    use rustix::net::sockopt::{
        Ipv4PathMtuDiscovery, Ipv6PathMtuDiscovery, ip_mtu_discover, ipv6_mtu_discover, set_ip_mtu_discover,
        set_ipv6_mtu_discover,
    };
    let (v4, v6) = match known {
        Known::Counts => (Ipv4PathMtuDiscovery::DO, Ipv6PathMtuDiscovery::DO),
        Known::IsIgnored => (Ipv4PathMtuDiscovery::PROBE, Ipv6PathMtuDiscovery::PROBE),
    };
    let sent = match peer {
        SocketAddr::V4(_) => with(
            ip_mtu_discover(socket),
            v4,
            |value| set_ip_mtu_discover(socket, value),
            || socket.send_to(data, peer),
        ),
        SocketAddr::V6(_) => with(
            ipv6_mtu_discover(socket),
            v6,
            |value| set_ipv6_mtu_discover(socket, value),
            || socket.send_to(data, peer),
        ),
    };
    match sent {
        Ok(_) => Whole::Sent,
        Err(error) if error.raw_os_error() == Some(rustix::io::Errno::MSGSIZE.raw_os_error()) => {
            Whole::TooLarge
        }
        Err(_) => Whole::NotSent,
    }
}

/// Does it with an option set to `during`, that was set to `before`.
#[cfg(target_os = "linux")]
fn with<T: Copy>(
    before: rustix::io::Result<T>,
    during: T,
    set: impl Fn(T) -> rustix::io::Result<()>,
    send: impl FnOnce() -> std::io::Result<usize>,
) -> std::io::Result<usize> {
    let before = before?;
    set(during)?;
    let sent = send();
    if let Err(error) = set(before) {
        tracing::warn!(%error, "a media socket goes on without fragments");
    }
    sent
}

/// Elsewhere nothing is known of the way.
#[cfg(not(target_os = "linux"))]
pub(crate) fn send_whole(_: &mio::net::UdpSocket, _: SocketAddr, _: &[u8], _: Known) -> Whole {
    Whole::NotSent
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::net::UdpSocket;

    use rustix::net::sockopt::{ip_mtu_discover, ipv6_mtu_discover};

    use super::*;

    #[test]
    fn what_is_sent_afterwards_is_sent_as_before() {
        for address in ["127.0.0.1:0", "[::1]:0"] {
            let (socket, peer) = (UdpSocket::bind(address).unwrap(), UdpSocket::bind(address).unwrap());
            let socket = mio::net::UdpSocket::from_std(socket);
            let to = peer.local_addr().unwrap();
            let options = || (ip_mtu_discover(&socket).ok(), ipv6_mtu_discover(&socket).ok());
            let before = options();
            for known in [Known::Counts, Known::IsIgnored] {
                assert_eq!(send_whole(&socket, to, &[7; 9000], known), Whole::Sent, "{address}");
                assert_eq!(peer.recv_from(&mut [0; 9001]).unwrap().0, 9000);
                assert_eq!(options(), before);
                // No interface takes more.
                assert_eq!(send_whole(&socket, to, &[7; 65_536], known), Whole::TooLarge, "{address}");
                assert_eq!(options(), before);
            }
        }
    }
}
