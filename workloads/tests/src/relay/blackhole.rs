//! A network that carries signalling and no media, as one that blocks UDP does.

use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream, UdpSocket};

use super::signalling::forward;

/// A way to a server on which no datagram ever arrives, for any number of clients. It is there until the tests end.
#[derive(Debug)]
pub struct Blackhole {
    address: SocketAddr,
    /// Each peer takes this for the other one's. Nobody reads from it.
    _silence: UdpSocket,
}

impl Blackhole {
    /// A way to the server whose signalling listens at `server`.
    ///
    /// # Panics
    /// Where the system refuses it a port: nothing can be tested then.
    pub fn start(server: SocketAddr) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("loopback has a free port");
        let address = listener.local_addr().expect("a bound socket has an address");
        let silence = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("loopback has a free port");
        let media = silence.local_addr().expect("a bound socket has an address");
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                // A server that has ended.
                let Ok(server) = TcpStream::connect(server) else { continue };
                std::thread::spawn(move || carry(&client, &server, media));
            }
        });
        Self { address, _silence: silence }
    }

    /// Where clients are to dial instead of the server.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

fn carry(client: &TcpStream, server: &TcpStream, media: SocketAddr) {
    std::thread::scope(|scope| {
        scope.spawn(|| forward(server, client, media, |_| {}, || {}));
        forward(client, server, media, |_| {}, || {});
    });
}
