//! Asking a TURN server for an address, and waiting for it.

use std::io;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use super::RelayServer;
use super::client::Relay;
use super::error::RelayError;
use crate::sockets;

/// The system caps this at net.core.rmem_max, silently.
const BUFFER_BYTES: usize = 2 << 20;
/// A wait ends this often, for a timer of the client's may be due.
const STEP: Duration = Duration::from_millis(20);

/// An address of a TURN server, and the socket that it was asked for from.
#[derive(Debug)]
pub struct Allocation {
    pub(crate) relay: Relay,
    pub(crate) socket: UdpSocket,
    /// The socket's.
    pub(crate) local: SocketAddr,
    /// The server's.
    pub(crate) relayed: SocketAddr,
}

impl Allocation {
    /// Whether a peer at one of these addresses can be sent to; one that names none may be found by its own packets.
    ///
    /// # Errors
    /// Where all of them are of another family.
    pub(crate) fn reaches(&self, peer: &[SocketAddr]) -> Result<(), RelayError> {
        match peer.first() {
            Some(first) if peer.iter().all(|address| address.is_ipv4() != self.relayed.is_ipv4()) => {
                Err(self.relay.of_other_family(*first))
            }
            _ => Ok(()),
        }
    }

    /// Gives the address back, without waiting for an answer.
    pub(crate) fn give_back(mut self) {
        self.relay.close(Instant::now());
        while let Some(datagram) = self.relay.poll_send() {
            // Where it does not arrive, the address is free again when its time is over.
            let _ = self.socket.send_to(&datagram, self.relay.server());
        }
    }
}

/// Asks `server` for an address, from one of `locals` or, where that has none of its family, from where the system sends
/// from. Waits, for `limit` at most.
///
/// # Errors
/// Where it does not answer, or refuses.
pub fn allocate(server: RelayServer, locals: &[IpAddr], limit: Duration) -> Result<Allocation, RelayError> {
    let unsendable = |cause: &io::Error| RelayError::Unsendable {
        name: server.name.clone(),
        address: server.address,
        cause: cause.to_string(),
    };
    let socket = bind(server.address, locals).map_err(|error| unsendable(&error))?;
    let local = socket.local_addr().map_err(|error| unsendable(&error))?;
    let began = Instant::now();
    let mut relay = Relay::new(server.clone(), local, began)?;
    let mut buffer = [0; 2048];
    let mut has_answered = false;
    loop {
        while let Some(datagram) = relay.poll_send() {
            // A refused port of another server's is reported here, once; a socket's full buffer equals a loss.
            let _ = socket.send_to(&datagram, server.address);
        }
        match socket.recv_from(&mut buffer) {
            Ok((length, from)) if from == server.address => {
                has_answered = true;
                relay.received(&buffer[..length], Instant::now());
            }
            Ok(_) => {}
            Err(error) if is_timeout(&error) => relay.advance(Instant::now()),
            // An ICMP error: nobody listens there, now.
            Err(_) => std::thread::sleep(STEP),
        }
        if let Some(error) = relay.failed() {
            return Err(error);
        }
        if let Some(relayed) = relay.relayed() {
            socket.set_nonblocking(true).map_err(|error| unsendable(&error))?;
            return Ok(Allocation { relay, socket, local, relayed });
        }
        if began.elapsed() >= limit {
            let RelayServer { name, address, .. } = server;
            return Err(match has_answered {
                true => RelayError::NoUse { name, address, limit },
                false => RelayError::NoAnswer { name, address, limit },
            });
        }
    }
}

fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut)
}

/// A socket that waits for [`STEP`] at most.
fn bind(server: SocketAddr, locals: &[IpAddr]) -> io::Result<UdpSocket> {
    let of_family = locals.iter().find(|local| local.is_ipv4() == server.is_ipv4());
    let address = match of_family {
        Some(local) => *local,
        None => source(server)?,
    };
    let socket = sockets::bind(SocketAddr::new(address, 0), BUFFER_BYTES, None)?;
    socket.set_nonblocking(false)?;
    socket.set_read_timeout(Some(STEP))?;
    Ok(socket)
}

/// Where the system sends from to get there.
fn source(server: SocketAddr) -> io::Result<IpAddr> {
    let any: IpAddr = if server.is_ipv4() { [0; 4].into() } else { [0_u16; 8].into() };
    let probe = UdpSocket::bind((any, 0))?;
    probe.connect(server)?;
    Ok(probe.local_addr()?.ip())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What it is given back by a server that says the same to everything, or nothing.
    fn refused_by(answer: Option<&'static [u8]>) -> String {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        let address = socket.local_addr().unwrap();
        let server = RelayServer {
            name: "turn:relay.test".into(),
            address,
            username: "demo".into(),
            password: "secret".into(),
        };
        let limit = Duration::from_millis(300);
        let asked = std::thread::spawn(move || allocate(server, &[], limit).unwrap_err().to_string());
        let mut buffer = [0; 2048];
        let (_, from) = socket.recv_from(&mut buffer).unwrap();
        if let Some(answer) = answer {
            socket.send_to(answer, from).unwrap();
        }
        asked.join().unwrap().replace(&address.to_string(), "ADDRESS")
    }

    #[test]
    fn a_server_that_answers_nonsense_is_not_one_that_does_not_answer() {
        assert_eq!(refused_by(None), "the relay turn:relay.test at ADDRESS does not answer within 0 s");
        assert_eq!(
            refused_by(Some(b"HTTP/1.1 400 Bad Request")),
            "the relay turn:relay.test at ADDRESS answers, but not as a TURN server does: nothing in 0 s was of use"
        );
    }
}
