//! Addresses that a test can know before anybody listens on them.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

const PORT: u16 = 18_473;

/// An address on loopback where nothing listens and nothing else ever will, so that a server can come to it later, and
/// come back to it. All of 127.0.0.0/8 is this machine; a port that was free a moment ago would be a race.
///
/// The port is none that anything is known by, in case that listens on all addresses, and below those that the system
/// gives to outgoing connections: a client that dials one of these while nobody listens may connect to itself.
pub fn private_address() -> SocketAddr {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    // 15 bits of process id and 8 of a counter: from 127.1.0.0 up.
    let process = std::process::id() & 0x7fff;
    let number = (process << 8 | NEXT.fetch_add(1, Relaxed) & 0xff) + 0x0001_0000;
    SocketAddr::from((Ipv4Addr::from(0x7f00_0000 | number), PORT))
}
