//! Addresses that a test can know before anybody listens on them.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// An address on loopback where nothing listens and nothing else ever will, so that a server can come to it later, and
/// come back to it. All of 127.0.0.0/8 is this machine; a port that was free a moment ago would be a race.
///
/// The port is below those that the system gives to outgoing connections: a client that dials one of these while
/// nobody listens may connect to itself.
pub fn private_address() -> SocketAddr {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    // 22 bits of process id, which is all of it on Linux, then cut to 15; with 8 bits of counter 127.1.0.0 and up.
    let process = std::process::id() & 0x7fff;
    let number = (process << 8 | NEXT.fetch_add(1, Relaxed) & 0xff) + 0x0001_0000;
    SocketAddr::from((Ipv4Addr::from(0x7f00_0000 | number), 8080))
}
