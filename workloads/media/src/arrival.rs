//! Reads datagrams together with the moment at which the system received them.
//!
//! The moment is the kernel's, from SO_TIMESTAMPNS (socket(7)): how long a datagram then waits for this program is the
//! program's lateness and no part of the way. Where there is no such option it is the moment of reading.
//!
//! That stamp is of the wall clock, which may be set at any time. So it counts only where it is possible: nothing that is read
//! now has been there when the socket was last found empty, by the clock that nobody sets.

use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// A datagram's length and sender, and when it was received.
pub(crate) struct Arrival {
    pub(crate) length: usize,
    pub(crate) peer: SocketAddr,
    pub(crate) at: Instant,
    /// For how long it has waited since, as far as that is known.
    pub(crate) waited: Duration,
}

/// Reads datagrams.
pub(crate) struct Receiver {
    /// Room for one datagram's control messages.
    #[cfg(target_os = "linux")]
    control: Vec<u8>,
}

#[cfg(target_os = "linux")]
impl Receiver {
    pub(crate) fn new() -> Self {
        Self { control: nix::cmsg_space!(nix::sys::time::TimeSpec) }
    }

    /// Has the system note when datagrams are received; where it cannot, reading counts.
    pub(crate) fn prepare(socket: &mio::net::UdpSocket) {
        use nix::sys::socket::{setsockopt, sockopt::ReceiveTimestampns};
        if let Err(error) = setsockopt(socket, ReceiveTimestampns, &true) {
            tracing::debug!(%error, "no receive timestamps");
        }
    }

    /// Reads one datagram into `buffer`; an error of the kind `WouldBlock` where there is none. The socket was `empty` at that
    /// moment, and not known to be since.
    pub(crate) fn receive(
        &mut self,
        socket: &mio::net::UdpSocket,
        buffer: &mut [u8],
        empty: Instant,
    ) -> io::Result<Arrival> {
        use nix::sys::socket::{ControlMessageOwned, MsgFlags, SockaddrStorage, recvmsg};
        use std::os::fd::AsRawFd;
        use std::time::SystemTime;

        let mut slices = [io::IoSliceMut::new(buffer)];
        let (descriptor, flags) = (socket.as_raw_fd(), MsgFlags::empty());
        let message = recvmsg::<SockaddrStorage>(descriptor, &mut slices, Some(&mut self.control), flags)?;
        let peer = message.address.as_ref().and_then(address).ok_or(nix::errno::Errno::EAFNOSUPPORT)?;
        let received = message.cmsgs()?.find_map(|control| match control {
            ControlMessageOwned::ScmTimestampns(at) => Some(Duration::from(at)),
            _ => None,
        });
        let (now, wall) = (Instant::now(), SystemTime::now().duration_since(SystemTime::UNIX_EPOCH));
        let longest = now.saturating_duration_since(empty);
        let waited =
            received.zip(wall.ok()).map_or(Duration::ZERO, |(then, wall)| waited(then, wall, longest));
        Ok(Arrival { length: message.bytes, peer, at: now.checked_sub(waited).unwrap_or(now), waited })
    }
}

#[cfg(target_os = "linux")]
fn address(address: &nix::sys::socket::SockaddrStorage) -> Option<SocketAddr> {
    let v4 = || address.as_sockaddr_in().map(|v4| SocketAddr::V4((*v4).into()));
    let v6 = || address.as_sockaddr_in6().map(|v6| SocketAddr::V6((*v6).into()));
    v4().or_else(v6)
}

#[cfg(not(target_os = "linux"))]
impl Receiver {
    pub(crate) fn new() -> Self {
        Self {}
    }

    pub(crate) fn prepare(_: &mio::net::UdpSocket) {}

    pub(crate) fn receive(
        &mut self,
        socket: &mio::net::UdpSocket,
        buffer: &mut [u8],
        _: Instant,
    ) -> io::Result<Arrival> {
        let (length, peer) = socket.recv_from(buffer)?;
        Ok(Arrival { length, peer, at: Instant::now(), waited: Duration::ZERO })
    }
}

/// How long something has waited that came at `then`, by a clock that may have been set since: no longer than `longest`.
#[cfg(any(target_os = "linux", test))]
fn waited(then: Duration, now: Duration, longest: Duration) -> Duration {
    now.checked_sub(then).filter(|waited| *waited <= longest).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_was_set_makes_nobody_late() {
        let (second, hour) = (Duration::from_secs(1), Duration::from_secs(3600));
        let wait = Duration::from_millis(15);
        assert_eq!(waited(hour, hour + wait, wait), wait);
        assert_eq!(waited(hour + second, hour, wait), Duration::ZERO, "set back");
        assert_eq!(waited(hour, hour + second, wait), Duration::ZERO, "set forward, by what might be a wait");
        assert_eq!(waited(second, hour, wait), Duration::ZERO, "set forward by more than anything waits");
    }

    /// A thread that comes late to its sockets finds out how late: the moment of reading told it nothing.
    #[cfg(target_os = "linux")]
    #[test]
    fn what_waits_in_the_receive_buffer_arrived_when_it_came() {
        let socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.set_nonblocking(true).unwrap();
        let local = socket.local_addr().unwrap();
        let socket = mio::net::UdpSocket::from_std(socket);
        let mut receiver = Receiver::new();
        Receiver::prepare(&socket);
        let empty = Instant::now();
        let peer = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
        let mut buffer = [0; 16];
        assert_eq!(
            receiver.receive(&socket, &mut buffer, empty).err().map(|error| error.kind()),
            Some(io::ErrorKind::WouldBlock)
        );
        // The system takes a moment to begin with it when this is the first socket that asks.
        let mut arrival = None;
        for _ in 0..100 {
            peer.send_to(b"report", local).unwrap();
            let sent = Instant::now();
            while sent.elapsed() < Duration::from_millis(20) {
                std::hint::spin_loop();
            }
            let read = receiver.receive(&socket, &mut buffer, empty).unwrap();
            assert_eq!((&buffer[..read.length], read.peer), (&b"report"[..], peer.local_addr().unwrap()));
            let is_known = read.waited >= Duration::from_millis(20);
            arrival = Some((read, sent));
            if is_known {
                break;
            }
        }
        let (read, sent) = arrival.unwrap();
        assert!(read.waited >= Duration::from_millis(20), "{:?}", read.waited);
        assert!(read.at <= sent + Duration::from_millis(5), "{:?} after it was sent", read.at - sent);
        // As it is where the clock was set meanwhile: by its stamp it came before the socket was empty.
        peer.send_to(b"report", local).unwrap();
        let sent = Instant::now();
        while sent.elapsed() < Duration::from_millis(20) {
            std::hint::spin_loop();
        }
        let read = receiver.receive(&socket, &mut buffer, Instant::now()).unwrap();
        assert_eq!(read.waited, Duration::ZERO);
        assert!(read.at >= sent + Duration::from_millis(20));
    }
}
