//! The UDP sockets of a shard are bound here, one for each local address.

use std::io;
use std::net::{IpAddr, SocketAddr, UdpSocket};

use super::ports::MediaPorts;
use crate::sockets;

/// Reports of a whole sweep arrive at once: the default of 208 KiB lost 15 % of them at 500 sessions. The system caps
/// this at net.core.rmem_max, silently.
const BUFFER_BYTES: usize = 8 << 20;

/// A non-blocking socket for shard `number` on `address`: on the first of `ports` that is free, or on one that the system gives.
pub(super) fn bind(address: IpAddr, ports: Option<MediaPorts>, number: usize) -> io::Result<UdpSocket> {
    let Some(ports) = ports else { return bind_port(address, 0) };
    let mut refused = io::Error::from(io::ErrorKind::AddrInUse);
    for port in ports.of(number) {
        match bind_port(address, port) {
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => refused = error,
            outcome => return outcome,
        }
    }
    Err(refused)
}

fn bind_port(address: IpAddr, port: u16) -> io::Result<UdpSocket> {
    sockets::bind(SocketAddr::new(address, port), BUFFER_BYTES, Some(BUFFER_BYTES))
}
